import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mytutor.losses import softmax_cross_entropy, squared_error
from mytutor.network import gradient_check

RNG = np.random.default_rng(0)
LOGITS, LABELS = RNG.normal(size=(6, 4)), RNG.integers(0, 4, size=6)


def test_softmax_cross_entropy_equals_torch():
    logits = torch.tensor(LOGITS, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS))
    loss.backward()
    value, gradient = softmax_cross_entropy(LOGITS, LABELS)
    assert value == pytest.approx(loss.item(), rel=1e-13)
    np.testing.assert_allclose(gradient, logits.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_squared_error_equals_torch():
    prediction = torch.tensor(LOGITS, requires_grad=True)
    target = torch.tensor(LOGITS[::-1].copy())
    loss = torch.nn.functional.mse_loss(prediction, target)
    loss.backward()
    value, gradient = squared_error(LOGITS, LOGITS[::-1])
    assert value == pytest.approx(loss.item(), rel=1e-13)
    np.testing.assert_allclose(gradient, prediction.grad.numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("loss", "target"), [(squared_error, LOGITS + 1), (softmax_cross_entropy, LABELS)]
)
def test_gradients_pass_the_gradient_check(loss, target):
    _, gradient = loss(LOGITS, target)
    assert gradient_check(lambda z: float(loss(z, target)[0]), gradient, LOGITS) < 1e-7


@pytest.mark.parametrize(
    ("loss", "target"), [(squared_error, LOGITS + 1), (softmax_cross_entropy, LABELS)]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tensors_give_what_arrays_give_and_keep_their_dtype(loss, target, dtype):
    prediction = LOGITS.astype(dtype)
    target = target.astype(dtype) if target.dtype.kind == "f" else target
    value, gradient = loss(prediction, target)
    tensor_value, tensor_gradient = loss(torch.tensor(prediction), torch.tensor(target))
    assert gradient.dtype == dtype
    np.testing.assert_allclose(value, tensor_value.numpy(), rtol=1e-6)
    np.testing.assert_allclose(gradient, tensor_gradient.numpy(), rtol=2e-5, atol=1e-7)


@given(shift=st.floats(-1e6, 1e6))
def test_softmax_does_not_overflow_and_ignores_a_common_shift(shift):
    value, _ = softmax_cross_entropy(LOGITS + shift, LABELS)
    assert value == pytest.approx(softmax_cross_entropy(LOGITS, LABELS)[0], rel=1e-6)
    huge, gradient = softmax_cross_entropy(np.array([[1e4, 0.0]]), np.array([1]))
    assert huge == 1e4
    np.testing.assert_array_equal(gradient, [[1.0, -1.0]])


@pytest.mark.parametrize(
    ("loss", "prediction", "target", "error", "words"),
    [
        (squared_error, LOGITS, LOGITS[0], ValueError, "shape (6, 4) and target (4,)"),
        (squared_error, np.ones((0, 2)), np.ones((0, 2)), ValueError, "at least one element"),
        (softmax_cross_entropy, LOGITS, LABELS[:3], ValueError, "(6, 4) and (3,)"),
        (softmax_cross_entropy, LOGITS[0], LABELS, ValueError, "(4,) and (6,)"),
        (softmax_cross_entropy, LOGITS, LABELS + 1.0, TypeError, "labels are float64"),
        (softmax_cross_entropy, LOGITS, LABELS * 0 + 4, ValueError, "expected 0 to 3"),
        (softmax_cross_entropy, LOGITS, LABELS * 0 - 1, ValueError, "run from -1 to -1"),
        (
            softmax_cross_entropy,
            np.ones((0, 2)),
            np.ones(0, int),
            ValueError,
            "at least one element",
        ),
    ],
)
def test_input_that_does_not_fit_is_refused(loss, prediction, target, error, words):
    with pytest.raises(error, match=re.escape(words)):
        loss(prediction, target)
