import inspect
import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mytutor import clipping, trace
from mytutor.clipping import clip_by_global_norm, clip_by_norm, clip_by_value

FUNCTIONS = trace.functions_of(clipping)
RNG = np.random.default_rng(0)
GRADS = [RNG.normal(size=(4, 3)), RNG.normal(size=3), RNG.normal(size=(2, 1, 2))]


def torchs(clip, limit, dtype=np.float64):
    """What torch makes of the gradients, and what it returns."""
    params = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in GRADS]
    for p, g in zip(params, GRADS, strict=True):
        p.data, p.grad = p.data.to(torch.tensor(g.astype(dtype))), torch.tensor(g.astype(dtype))
    norm = clip(params, limit)
    return [p.grad.numpy() for p in params], norm


@pytest.mark.parametrize("limit", [0.1, 1.0, 3.0, 100.0])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_global_norm_is_torchs_with_its_epsilon(limit, dtype, tolerance):
    expected, norm = torchs(torch.nn.utils.clip_grad_norm_, limit, dtype)
    grads = [g.astype(dtype) for g in GRADS]
    ours, our_norm = clip_by_global_norm(grads, limit, eps=1e-6)
    assert our_norm == pytest.approx(norm.item(), rel=tolerance)
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, strict=True)


@pytest.mark.parametrize("limit", [0.1, 1.0, 100.0])
def test_value_is_torchs(limit):
    expected, _ = torchs(torch.nn.utils.clip_grad_value_, limit)
    for g, right in zip(GRADS, expected, strict=True):
        np.testing.assert_array_equal(clip_by_value(g, limit), right)


@given(
    limit=st.floats(1e-6, 1e6),
    scales=st.lists(st.floats(1e-9, 1e9), min_size=3, max_size=3),
)
def test_the_norm_is_limited_exactly_and_the_direction_stays(limit, scales):
    grads = [g * scale for g, scale in zip(GRADS, scales, strict=True)]
    whole = np.concatenate([g.ravel() for g in grads])
    clipped, norm = clip_by_global_norm(grads, limit)
    after = np.concatenate([g.ravel() for g in clipped])
    assert norm == pytest.approx(np.linalg.norm(whole), rel=1e-13)
    assert np.linalg.norm(after) == pytest.approx(min(norm, limit), rel=1e-13)
    np.testing.assert_allclose(after / np.linalg.norm(after), whole / norm, rtol=1e-12)
    if norm <= limit:
        np.testing.assert_array_equal(after, whole)


def test_a_norm_for_each_is_another_thing_than_one_for_all():
    """Keras: clipnorm treats every array alone, global_clipnorm all together."""
    grads = [np.array([3.0, 4.0]), np.array([0.5])]
    np.testing.assert_allclose(
        [*clip_by_norm(grads[0], 1.0), *clip_by_norm(grads[1], 1.0)], [0.6, 0.8, 0.5], rtol=1e-15
    )
    together, norm = clip_by_global_norm(grads, 1.0)
    assert norm == pytest.approx(math.sqrt(25.25))
    np.testing.assert_allclose(np.concatenate(together) * norm, [3, 4, 0.5], rtol=1e-15)


def test_a_norm_whose_square_overflows_is_clipped_all_the_same():
    for dtype, huge in [(np.float32, 1e30), (np.float64, 1e300)]:
        g = np.array([3 * huge, 4 * huge], dtype)
        np.testing.assert_allclose(clip_by_norm(g, 1.0), [0.6, 0.8], rtol=1e-6)
        tiny = np.array([3 / huge, 4 / huge], dtype)
        assert clip_by_global_norm([tiny], 1.0)[1] == pytest.approx(5 / huge, rel=1e-6)


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_a_zero_gradient_stays_zero(make):
    zero = make([0.0, 0.0])
    grads, norm = clip_by_global_norm([zero, zero], 1.0)
    assert norm == 0.0
    for g in (*grads, clip_by_norm(zero, 1.0), clip_by_value(zero, 1.0)):
        np.testing.assert_array_equal(g, [0, 0])


@pytest.mark.parametrize("make", [np.array, torch.DoubleTensor])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_not_made_finite(make, bad):
    grads = [make([1.0, 2.0]), make([bad, 3.0])]
    clipped, norm = clip_by_global_norm(grads, 0.1)
    np.testing.assert_array_equal(norm, abs(bad))
    for after, before in zip(clipped, grads, strict=True):
        np.testing.assert_array_equal(after, before)
    np.testing.assert_array_equal(clip_by_norm(grads[1], 0.1), grads[1])
    limited = math.nan if math.isnan(bad) else math.copysign(0.1, bad)
    np.testing.assert_array_equal(clip_by_value(grads[1], 0.1), [limited, 0.1])


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_tensors_give_what_arrays_give_and_no_input_is_written_into(dtype, device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    arrays = [g.astype(dtype) for g in GRADS]
    tensors = [torch.tensor(g, device=device) for g in arrays]
    ours = [*clip_by_global_norm(arrays, 0.5)[0]]
    theirs = [*clip_by_global_norm(tensors, 0.5)[0]]
    for g, tensor in zip(arrays, tensors, strict=True):
        ours += [clip_by_value(g, 0.5), clip_by_norm(g, 0.5)]
        theirs += [clip_by_value(tensor, 0.5), clip_by_norm(tensor, 0.5)]
    for a, b in zip(ours, theirs, strict=True):
        assert b.device.type == device
        np.testing.assert_allclose(a, b.cpu().numpy(), rtol=1e-6, strict=True)
    for g, tensor, kept in zip(arrays, tensors, GRADS, strict=True):
        np.testing.assert_array_equal(g, kept.astype(dtype))
        np.testing.assert_array_equal(tensor.cpu().numpy(), g)


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan, math.inf])
def test_a_limit_that_limits_nothing_is_refused(limit):
    for call in (clip_by_value, clip_by_norm):
        with pytest.raises(ValueError, match=f"limit is {limit}; expected a positive finite"):
            call(GRADS[0], limit)
    with pytest.raises(ValueError, match=f"limit is {limit}"):
        clip_by_global_norm(GRADS, limit)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: clip_by_value(np.ones(2, int), 1.0), TypeError, "g is int64; expected an array"),
        (lambda: clip_by_value([1.0], 1.0), TypeError, "g is list; expected an array of floating"),
        (lambda: clip_by_value(np.ones(0), 1.0), ValueError, "g has shape (0,); expected at least"),
        (lambda: clip_by_norm(np.ones(2, int), 1.0), TypeError, "g is int64"),
        (lambda: clip_by_norm(np.ones(0), 1.0), ValueError, "has shape (0,)"),
        (lambda: clip_by_norm(np.ones(2), 1.0, eps=-1), ValueError, "eps is -1; expected a finite"),
        (lambda: clip_by_global_norm([], 1.0), ValueError, "grads is empty; expected at least one"),
        (lambda: clip_by_global_norm(np.ones(3), 1.0), TypeError, "grads is of type ndarray; exp"),
        (lambda: clip_by_global_norm([np.ones(2), 3.0], 1.0), TypeError, "grads[1] is float"),
    ],
)
def test_input_that_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=re.escape(words)):
        call()


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_docstring_begins_with_one_sentence_and_names_its_source(function):
    summary, *rest = inspect.getdoc(function).split("\n\n")
    assert summary.endswith(".")
    assert any(re.search(r"Source: .*\((1[89]|20)\d\d\)", part, re.DOTALL) for part in rest)


def test_tensors_that_require_a_gradient_are_clipped_without_a_warning():
    g = torch.tensor([3.0, 4.0], requires_grad=True)
    clipped, norm = clip_by_global_norm([g], 1.0)
    assert norm == pytest.approx(5.0)
    torch.testing.assert_close(clipped[0].detach(), torch.tensor([0.6, 0.8]))
