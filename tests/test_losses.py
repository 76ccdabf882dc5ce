"""The exam that every loss sits by existing: a function of ``mytutor.losses``."""

import inspect
import math
import re
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import hinge_loss, log_loss

from mytutor import losses, trace
from mytutor.network import gradient_check

LOSSES = trace.functions_of(losses)

RNG = np.random.default_rng(0)
REAL, LABELS = 2 * RNG.normal(size=(6, 4)), RNG.integers(0, 4, size=6)
OTHER = RNG.normal(size=(6, 4))
SIGNS = np.sign(OTHER)
CHANCES, CHANCES_TOO = RNG.uniform(0.01, 0.99, size=(2, 6, 4))
ROWS, ROWS_TOO = 0.05 + 0.8 * RNG.dirichlet(np.ones(4), size=(2, 6))
# Probabilities that are exactly 0 and 1 among the targets.
CERTAIN = np.vstack([np.eye(4), ROWS[:2]])

# Settings, prediction and target. A loss of any real numbers needs no example.
EXAMPLES = {
    "squared_error": [({}, REAL, OTHER), ({"factor": 0.5}, REAL[0], OTHER[0])],
    "huber": [({}, REAL, OTHER), ({"delta": 0.3}, REAL, OTHER)],
    "binary_cross_entropy": [
        ({}, CHANCES, CHANCES_TOO),
        ({"eps": 1e-3}, CHANCES[0], (SIGNS[0] + 1) / 2),
    ],
    "binary_cross_entropy_with_logits": [({}, REAL, CHANCES), ({}, REAL[0], (SIGNS[0] + 1) / 2)],
    "softmax_cross_entropy": [({}, REAL, LABELS)],
    "smoothed_cross_entropy": [({}, REAL, LABELS), ({"smoothing": 0.5}, REAL, LABELS)],
    "soft_cross_entropy": [({}, REAL, ROWS), ({}, REAL, CERTAIN)],
    "categorical_cross_entropy": [({}, ROWS_TOO, ROWS), ({}, ROWS_TOO, CERTAIN)],
    "kl_divergence": [({}, np.log(ROWS_TOO), ROWS), ({}, np.log(ROWS_TOO), CERTAIN)],
    "hinge": [({}, REAL, SIGNS), ({"margin": 0.5}, REAL[0], SIGNS[0])],
    "multiclass_hinge": [({}, REAL, LABELS), ({"margin": 2.0}, REAL, LABELS)],
    "crammer_singer_hinge": [({}, REAL, LABELS), ({"margin": 2.0}, REAL, LABELS)],
}

# Somebody else's implementation, where there is one.
TORCH = {
    "squared_error": lambda p, t, factor=1.0: factor * F.mse_loss(p, t),
    "absolute_error": F.l1_loss,
    "huber": lambda p, t, delta=1.0: F.huber_loss(p, t, delta=delta),
    "binary_cross_entropy": lambda p, t, eps=0.0: F.binary_cross_entropy(p, t),
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
    "softmax_cross_entropy": F.cross_entropy,
    "smoothed_cross_entropy": lambda p, t, smoothing=0.1: F.cross_entropy(
        p, t, label_smoothing=smoothing
    ),
    "soft_cross_entropy": F.cross_entropy,
    "kl_divergence": lambda p, t: F.kl_div(p, t, reduction="batchmean"),
    "multiclass_hinge": lambda p, t, margin=1.0: 4 * F.multi_margin_loss(p, t, margin=margin),
}


def examples(name):
    return EXAMPLES.get(name, [({}, REAL, OTHER)])


CASES = [(name, *example) for name in LOSSES for example in examples(name)]
every_loss = pytest.mark.parametrize("name", LOSSES)
every_example = pytest.mark.parametrize(
    ("name", "settings", "prediction", "target"),
    CASES,
    ids=["-".join([name, *settings, f"{p.ndim}d"]) for name, settings, p, _ in CASES],
)
dtypes = pytest.mark.parametrize(
    ("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)], ids=["float64", "float32"]
)


def cast(values, dtype):
    return values.astype(dtype) if values.dtype.kind == "f" else values


def test_the_exam_knows_no_loss_that_is_gone():
    assert set(EXAMPLES) | set(TORCH) | set(losses.__all__) <= set(LOSSES)


@every_example
def test_gradient_passes_the_gradient_check(name, settings, prediction, target):
    loss = partial(LOSSES[name], **settings)
    _, gradient = loss(prediction, target)
    assert gradient_check(lambda z: float(loss(z, target)[0]), gradient, prediction) < 1e-7


@every_example
@dtypes
def test_value_and_gradient_equal_torchs(name, settings, prediction, target, dtype, tolerance):
    if name not in TORCH:
        pytest.skip(f"torch has no twin of {name} listed here")
    prediction, target = cast(prediction, dtype), cast(target, dtype)
    tensor = torch.tensor(prediction, requires_grad=True)
    theirs = TORCH[name](tensor, torch.tensor(target), **settings)
    theirs.backward()
    value, gradient = LOSSES[name](prediction, target, **settings)
    assert value.dtype == gradient.dtype == dtype
    assert float(value) == pytest.approx(theirs.item(), rel=tolerance)
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=tolerance, atol=tolerance)


@every_example
@dtypes
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_tensors_give_what_arrays_give(
    name, settings, prediction, target, dtype, tolerance, device
):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    prediction, target = cast(prediction, dtype), cast(target, dtype)
    value, gradient = LOSSES[name](prediction, target, **settings)
    tensors = [torch.tensor(array, device=device) for array in (prediction, target)]
    tensor_value, tensor_gradient = LOSSES[name](*tensors, **settings)
    assert tensor_gradient.device.type == device
    assert float(tensor_value) == pytest.approx(float(value), rel=tolerance)
    np.testing.assert_allclose(
        gradient, tensor_gradient.cpu().numpy(), rtol=tolerance, atol=tolerance, strict=True
    )


@every_example
def test_writes_into_none_of_its_inputs_and_takes_the_mean_over_the_batch(
    name, settings, prediction, target
):
    loss, kept = partial(LOSSES[name], **settings), (prediction.copy(), target.copy())
    value, gradient = loss(prediction, target)
    np.testing.assert_array_equal(prediction, kept[0])
    np.testing.assert_array_equal(target, kept[1])
    twice, halved = loss(np.concatenate([prediction] * 2), np.concatenate([target] * 2))
    assert twice == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(halved, np.concatenate([gradient] * 2) / 2, rtol=1e-13)


@every_example
@pytest.mark.parametrize("make", [np.asarray, torch.tensor])
def test_nan_in_a_prediction_shows_in_value_and_gradient(name, settings, prediction, target, make):
    prediction = prediction.copy()
    prediction[0] = math.nan
    value, gradient = LOSSES[name](make(prediction), make(target), **settings)
    assert math.isnan(value)
    # Where the gradient doesn't depend on the prediction, it can't show.
    if name != "kl_divergence":
        assert bool((gradient != gradient).any())


@every_loss
def test_what_is_no_array_of_floats_is_refused(name):
    settings, prediction, target = examples(name)[0]
    loss = partial(LOSSES[name], **settings)
    first = next(iter(inspect.signature(LOSSES[name]).parameters))
    for wrong, found in [(prediction.astype(int), "int64"), (prediction.tolist(), "list")]:
        with pytest.raises(TypeError, match=f"{first} is {found}; expected an array of floating"):
            loss(wrong, target)
    with pytest.raises(ValueError, match="expected at least one element"):
        loss(prediction[:0], target[:0])
    with pytest.raises(ValueError, match="expected"):
        loss(prediction, target[:1])
    if target.dtype.kind == "f":
        with pytest.raises(TypeError, match=f"target is float32; expected float64.*{first}"):
            loss(prediction, target.astype(np.float32))
        with pytest.raises(TypeError, match="target is int64"):
            loss(prediction, target.astype(int))
        with pytest.raises(ValueError, match="target has a NaN or infinite element"):
            loss(prediction, target * math.nan)
    else:
        with pytest.raises(TypeError, match="labels are float64; expected integers from 0"):
            loss(prediction, target + 1.0)
        with pytest.raises(ValueError, match="run from 4 to 4; expected 0 to 3, one for each of"):
            loss(prediction, target * 0 + 4)
        with pytest.raises(ValueError, match="run from -1 to -1"):
            loss(prediction, target * 0 - 1)


@pytest.mark.parametrize("function", LOSSES.values(), ids=LOSSES)
def test_docstring_begins_with_one_sentence_and_names_its_source(function):
    summary, *rest = inspect.getdoc(function).split("\n\n")
    assert summary.endswith(".")
    assert any(re.search(r"Source: .*\((1[89]|20)\d\d\)", part, re.DOTALL) for part in rest)


# -- what distinguishes one loss from the others ---------------------------------------------------


@given(shift=st.floats(-1e6, 1e6))
def test_softmax_does_not_overflow_and_ignores_a_common_shift(shift):
    value, _ = losses.softmax_cross_entropy(REAL + shift, LABELS)
    assert value == pytest.approx(losses.softmax_cross_entropy(REAL, LABELS)[0], rel=1e-6)
    huge, gradient = losses.softmax_cross_entropy(np.array([[1e4, 0.0]]), np.array([1]))
    assert huge == 1e4
    np.testing.assert_array_equal(gradient, [[1.0, -1.0]])


def test_binary_cross_entropy_on_logits_neither_overflows_nor_saturates():
    logits, target = np.array([1e4, -1e4, -60.0]), np.array([0.0, 1.0, 0.0])
    value, gradient = losses.binary_cross_entropy_with_logits(logits, target)
    assert value == pytest.approx(2e4 / 3, rel=1e-15)
    np.testing.assert_allclose(3 * gradient, [1, -1, np.exp(-60.0)], rtol=1e-14)


def test_a_certain_wrong_probability_costs_what_it_costs_in_keras_and_teaches_nothing():
    wrong, right = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    value, gradient = losses.binary_cross_entropy(wrong, right)
    assert value == pytest.approx(-math.log(1e-7), rel=1e-8)
    np.testing.assert_array_equal(gradient, [0.0, 0.0])
    torchs = F.binary_cross_entropy(torch.tensor(wrong), torch.tensor(right))
    assert torchs.item() == 100.0


def test_one_hot_targets_and_no_smoothing_are_the_integer_labels():
    value, gradient = losses.softmax_cross_entropy(REAL, LABELS)
    for loss, target in [
        (losses.soft_cross_entropy, np.eye(4)[LABELS]),
        (partial(losses.smoothed_cross_entropy, smoothing=0.0), LABELS),
    ]:
        same, same_gradient = loss(REAL, target)
        assert same == pytest.approx(value, rel=1e-14)
        np.testing.assert_allclose(same_gradient, gradient, rtol=1e-13)


def test_an_impossible_class_costs_nothing_where_it_never_occurs():
    logits = np.array([[0.0, -math.inf, 0.0]])
    value, gradient = losses.soft_cross_entropy(logits, np.array([[0.5, 0.0, 0.5]]))
    assert value == pytest.approx(math.log(2))
    np.testing.assert_array_equal(gradient, [[0, 0, 0]])


def test_categorical_cross_entropy_is_that_of_the_logits_behind_the_probabilities():
    value, _ = losses.categorical_cross_entropy(ROWS_TOO, ROWS)
    assert value == pytest.approx(losses.soft_cross_entropy(np.log(ROWS_TOO), ROWS)[0], rel=1e-13)
    ours, _ = losses.categorical_cross_entropy(ROWS_TOO, np.eye(4)[LABELS])
    assert ours == pytest.approx(log_loss(LABELS, ROWS_TOO, labels=range(4)), rel=1e-13)
    # Unlike Keras, no row is divided by its sum: half of every probability costs log 2 more.
    halved, _ = losses.categorical_cross_entropy(ROWS_TOO / 2, ROWS)
    assert halved == pytest.approx(value + math.log(2), rel=1e-13)


def test_cross_entropy_is_divergence_plus_the_entropy_of_the_target():
    divergence, _ = losses.kl_divergence(np.log(ROWS_TOO), ROWS)
    entropy = -(ROWS * np.log(ROWS)).sum() / len(ROWS)
    cross, _ = losses.categorical_cross_entropy(ROWS_TOO, ROWS)
    assert cross == pytest.approx(divergence + entropy, rel=1e-13)
    assert losses.kl_divergence(np.log(ROWS), ROWS)[0] == pytest.approx(0, abs=1e-15)


def test_torchs_mean_divides_the_divergence_by_the_classes_too():
    with pytest.warns(UserWarning, match="batchmean"):
        theirs = F.kl_div(torch.tensor(np.log(ROWS_TOO)), torch.tensor(ROWS), reduction="mean")
    ours, _ = losses.kl_divergence(np.log(ROWS_TOO), ROWS)
    assert ours / 4 == pytest.approx(theirs.item(), rel=1e-13)


def test_smooth_l1_is_huber_over_its_delta():
    theirs = F.smooth_l1_loss(torch.tensor(REAL), torch.tensor(OTHER), beta=0.3)
    ours, _ = losses.huber(REAL, OTHER, delta=0.3)
    assert ours / 0.3 == pytest.approx(theirs.item(), rel=1e-13)


def test_hinges_are_scikit_learns():
    ours, _ = losses.hinge(REAL[:, 0], SIGNS[:, 0])
    assert ours == pytest.approx(hinge_loss(SIGNS[:, 0], REAL[:, 0]), rel=1e-14)
    ours, _ = losses.crammer_singer_hinge(REAL, LABELS)
    assert ours == pytest.approx(hinge_loss(LABELS, REAL, labels=range(4)), rel=1e-14)


def test_of_two_classes_both_hinges_are_one():
    for labels in (np.array([0, 1, 1, 0, 1, 0]), np.zeros(6, int)):
        one = losses.multiclass_hinge(REAL[:, :2], labels)
        other = losses.crammer_singer_hinge(REAL[:, :2], labels)
        assert one[0] == pytest.approx(other[0], rel=1e-14)
        np.testing.assert_array_equal(one[1], other[1])


def test_kinks_have_gradient_zero():
    np.testing.assert_array_equal(losses.absolute_error(np.zeros(2), np.zeros(2))[1], [0, 0])
    np.testing.assert_array_equal(losses.hinge(np.ones(2), np.ones(2))[1], [0, 0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: losses.squared_error(REAL, OTHER[0]),
            "shape (6, 4) and target (4,); expected the",
        ),
        (lambda: losses.squared_error(REAL, OTHER, factor=-1), "factor is -1; expected a positive"),
        (lambda: losses.huber(REAL, OTHER, delta=0.0), "delta is 0.0; expected a positive"),
        (lambda: losses.huber(REAL, OTHER, delta=math.nan), "delta is nan"),
        (lambda: losses.binary_cross_entropy(REAL, CHANCES), "with_logits takes logits"),
        (lambda: losses.binary_cross_entropy(CHANCES, SIGNS), "target runs from -1 to 1; expected"),
        (lambda: losses.binary_cross_entropy(CHANCES, CHANCES, eps=0.0), "eps is 0.0; expected"),
        (lambda: losses.binary_cross_entropy(CHANCES, CHANCES, eps=0.5), "eps is 0.5; expected"),
        (
            lambda: losses.binary_cross_entropy(
                *[CHANCES.astype(np.float32)] * 2,
                eps=1e-9,
            ),
            "eps is 1e-09; expected a number between 0 and 0.5 that 1 - eps shows in float32",
        ),
        (lambda: losses.binary_cross_entropy_with_logits(REAL, SIGNS), "write labels as 0 and 1"),
        (lambda: losses.softmax_cross_entropy(REAL, LABELS[:3]), "shapes (6, 4) and (3,); expecte"),
        (lambda: losses.softmax_cross_entropy(REAL[0], LABELS), "shapes (4,) and (6,); expected ("),
        (lambda: losses.softmax_cross_entropy(REAL, list(LABELS)), "shapes (6, 4) and (); expecte"),
        (lambda: losses.smoothed_cross_entropy(REAL, LABELS, smoothing=1.5), "smoothing is 1.5"),
        (lambda: losses.soft_cross_entropy(REAL[0], ROWS[0]), "shape (4,); expected (batch, class"),
        (lambda: losses.soft_cross_entropy(REAL, ROWS / 2), "sums to a number 0.5 away from 1"),
        (lambda: losses.soft_cross_entropy(REAL, OTHER), "expected probabilities between 0 and 1"),
        (lambda: losses.categorical_cross_entropy(REAL, ROWS), "soft_cross_entropy takes logits"),
        (lambda: losses.kl_divergence(ROWS_TOO, ROWS), "expected logarithms of probabilities"),
        (lambda: losses.hinge(REAL, (SIGNS + 1) / 2), "from 0 to 1; expected only -1 and +1"),
        (lambda: losses.hinge(REAL, SIGNS, margin=0), "margin is 0"),
        (lambda: losses.multiclass_hinge(REAL, LABELS, margin=-1), "margin is -1"),
        (
            lambda: losses.crammer_singer_hinge(REAL[:, :1], LABELS * 0),
            "scores have shape (6, 1); expected at least 2 classes",
        ),
    ],
)
def test_input_that_does_not_fit_is_refused(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()
