import math
import re

import numpy as np
import pytest
import torch
from torch.nn.init import _calculate_fan_in_and_fan_out, calculate_gain

from mytutor.fans import (
    GAINS,
    checked_shape,
    fan_average,
    fan_in,
    fan_out,
    he_std,
    leaky_relu_gain,
    log_frequencies,
    log_odds,
    moment_gain,
    xavier_bound,
)


@pytest.mark.parametrize("shape", [(7, 4), (6, 5, 3), (6, 5, 3, 4), (2, 3, 4, 5, 6)])
def test_fans_are_torchs_with_dense_layers_transposed(shape):
    layout = shape[::-1] if len(shape) == 2 else shape
    theirs = _calculate_fan_in_and_fan_out(torch.empty(layout))
    assert (fan_in(shape), fan_out(shape)) == theirs
    assert fan_average(shape) == sum(theirs) / 2


@pytest.mark.parametrize("fan", [fan_in, fan_out, fan_average])
@pytest.mark.parametrize(
    ("shape", "error", "words"),
    [
        ((3,), ValueError, "shape is (3,); expected (in, out)"),
        ((), ValueError, "shape is (); expected (in, out)"),
        ((0, 3), ValueError, "shape is (0, 3); expected sizes of at least 1"),
        ((3, 2, 0), ValueError, "shape is (3, 2, 0)"),
        ((3.0, 2), TypeError, "shape is (3.0, 2); expected whole numbers"),
        (5, TypeError, "shape is 5; expected a tuple"),
    ],
)
def test_a_shape_without_fans_is_refused(fan, shape, error, words):
    with pytest.raises(error, match=re.escape(words)):
        fan(shape)


def test_a_checked_shape_is_a_tuple_of_plain_integers():
    shape = checked_shape([np.int64(3), 4])
    assert shape == (3, 4)
    assert all(type(size) is int for size in shape)


@pytest.mark.parametrize("name", GAINS)
def test_gains_are_torchs(name):
    assert GAINS[name] == calculate_gain(name)


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.2, 1.0, -1.0, math.sqrt(5)])
def test_the_gain_of_a_leaky_relu_is_torchs(slope):
    assert leaky_relu_gain(slope) == pytest.approx(calculate_gain("leaky_relu", slope), rel=1e-15)


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.3])
def test_the_gain_by_moments_of_a_leaky_relu_is_he_s(slope):
    measured = moment_gain(lambda z: np.where(z > 0, z, slope * z))
    assert measured == pytest.approx(leaky_relu_gain(slope), rel=1e-6)


def test_the_gain_by_moments_keeps_a_deep_signal_where_it_is():
    rng = np.random.default_rng(0)
    for activation in (np.tanh, lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0)))):
        gain = moment_gain(activation)
        x = rng.normal(size=(500, 400))
        for _ in range(10):
            x = activation(x) @ rng.normal(0, gain / 20, (400, 400))
        assert float((x**2).mean()) == pytest.approx(1, abs=0.2)
    # SELU was made to need none.
    selu = torch.nn.functional.selu
    assert moment_gain(lambda z: selu(torch.tensor(z)).numpy()) == pytest.approx(1, abs=1e-6)


def test_what_has_no_gain_is_refused():
    with pytest.raises(ValueError, match=r"second moment after the activation is 0\.0"):
        moment_gain(lambda z: 0 * z)
    with pytest.raises(ValueError, match="second moment after the activation is nan"):
        moment_gain(lambda z: z * np.nan)
    with pytest.raises(ValueError, match="slope is nan"):
        leaky_relu_gain(math.nan)


@pytest.mark.parametrize("p", [1e-12, 0.01, 0.5, 0.99])
def test_log_odds_start_a_sigmoid_at_the_probability(p):
    assert float(torch.sigmoid(torch.tensor(log_odds(p), dtype=torch.float64))) == pytest.approx(p)
    assert type(log_odds(p)) is float
    assert log_odds([p, 0.5]).shape == (2,)


def test_log_frequencies_start_a_softmax_at_the_frequencies():
    counts = np.array([700, 200, 90, 10])
    bias = torch.tensor(log_frequencies(counts))
    np.testing.assert_allclose(torch.softmax(bias, 0).numpy(), counts / 1000, rtol=1e-14)


@pytest.mark.parametrize("p", [0, 1, -0.1, 1.5, math.nan, [0.5, 1.0]])
def test_a_probability_outside_the_open_interval_is_refused(p):
    with pytest.raises(ValueError, match="expected probabilities above 0 and below 1"):
        log_odds(p)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([3, 0], "no finite bias"),
        ([3, -1], "expected positive numbers"),
        ([3, math.nan], "expected positive numbers"),
        ([3], "counts has shape (1,)"),
        ([[3, 4]], "counts has shape (1, 2)"),
        (5, "counts has shape ()"),
    ],
)
def test_counts_without_frequencies_are_refused(counts, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        log_frequencies(counts)


@pytest.mark.parametrize("gain", [1.0, 5 / 3])
def test_xaviers_bound_is_torchs(gain):
    torch.manual_seed(0)
    drawn = torch.nn.init.xavier_uniform_(torch.empty(300, 500), gain=gain)
    bound = xavier_bound(500, 300, gain=gain)
    assert 0.999 * bound < drawn.abs().max().item() < bound * (1 + 1e-6)


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.5])
def test_hes_standard_deviation_is_torchs(slope):
    assert he_std(100, slope=slope) == pytest.approx(calculate_gain("leaky_relu", slope) / 10)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: xavier_bound(0, 3), ValueError, "fan_in is 0; expected a positive number"),
        (lambda: xavier_bound(3, -1), ValueError, "fan_out is -1; expected a positive number"),
        (lambda: xavier_bound(3, 3, gain=0.0), ValueError, "gain is 0.0; expected a positive"),
        (lambda: xavier_bound((3, 4), 3), TypeError, "fan_in is (3, 4); expected a number"),
        (lambda: he_std(math.inf), ValueError, "fan_in is inf; expected a positive number"),
        (lambda: he_std(3, slope=math.nan), ValueError, "slope is nan; expected a finite number"),
    ],
)
def test_a_fan_or_gain_that_is_none_is_named(call, error, words):
    with pytest.raises(error, match=re.escape(words)):
        call()
