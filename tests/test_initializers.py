"""The exam that every initializer sits by existing: it is a function of its module."""

import inspect
import math
import re

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from mytutor import initializers, trace
from mytutor.fans import fan_average, fan_in, fan_out, log_frequencies
from mytutor.initializers import (
    rescaled_truncated_normal,
    rescaled_uniform,
    truncated_normal,
    variance_scaling,
)

INITIALIZERS = trace.functions_of(initializers)
BIASES = {"zeros", "constant", "uniform", "normal"}
DENSE, CONVOLUTION = (400, 300), (24, 20, 7, 5)

every_initializer = pytest.mark.parametrize("initializer", INITIALIZERS.values(), ids=INITIALIZERS)


def rng(seed=0):
    return np.random.default_rng(seed)


@every_initializer
def test_signature_is_rng_shape_and_hyperparameters_with_defaults(initializer):
    parameters = list(inspect.signature(initializer).parameters.values())
    assert [p.name for p in parameters[:2]] == ["rng", "shape"]
    for parameter in parameters[2:]:
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert parameter.default is not parameter.empty, f"{parameter.name} has no default"
        assert not isinstance(parameter.default, bool), "another formula is another function"


@every_initializer
@pytest.mark.parametrize("shape", [(30, 20), (20, 30), (1, 1), (6, 5, 3, 3), (4, 2, 5), [8, 3]])
def test_gives_float64_of_the_shape(initializer, shape):
    weights = initializer(rng(), shape)
    assert weights.shape == tuple(shape)
    assert weights.dtype == np.float64
    assert np.isfinite(weights).all()
    assert weights.flags.writeable
    assert weights.flags.c_contiguous


@every_initializer
def test_the_seed_decides_and_the_global_generator_is_left_alone(initializer):
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    weights, same, other = (initializer(rng(seed), (30, 20)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(weights, same)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    if len(np.unique(weights)) > 2:
        assert (weights != other).any()


@every_initializer
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3, -1), (4, 3, 0, 3)])
def test_a_size_below_one_is_refused(initializer, shape):
    """fan_in(shape) refuses it, and checked_shape(shape) where no fan is needed."""
    with pytest.raises(ValueError, match=re.escape(f"shape is {shape}")):
        initializer(rng(), shape)


@every_initializer
@pytest.mark.parametrize("shape", [7, (3, 2.5), "ab", (True, 2), None])
def test_a_shape_of_anything_but_whole_numbers_is_refused(initializer, shape):
    with pytest.raises(TypeError, match=r"shape is .*expected"):
        initializer(rng(), shape)


@every_initializer
def test_one_axis_is_a_bias_and_has_no_fan(initializer):
    if "fan" not in inspect.signature(initializer).parameters:
        return
    with pytest.raises(ValueError, match=re.escape("shape is (3,)")):
        initializer(rng(), (3,))


@every_initializer
def test_docstring_begins_with_one_sentence_and_names_its_source(initializer):
    summary, *rest = inspect.getdoc(initializer).split("\n\n")
    assert summary.endswith(".")
    assert any(re.search(r"\((1[89]|20)\d\d\)", part) for part in rest), "no paper with its year"


@pytest.mark.parametrize("name", [name for name in initializers.__all__ if name in INITIALIZERS])
def test_a_hyperparameter_that_is_not_a_number_is_refused(name):
    initializer = INITIALIZERS[name]
    for hyperparameter, parameter in inspect.signature(initializer).parameters.items():
        if isinstance(parameter.default, float):
            with pytest.raises(ValueError, match="nan"):
                initializer(rng(), (4, 3), **{hyperparameter: math.nan})


# Somebody else's implementation, on the transposed matrix, and the arguments that make them equal.
NN = torch.nn.init
TORCH = {
    "uniform": ({"low": -0.2, "high": 0.1}, lambda w: NN.uniform_(w, -0.2, 0.1)),
    "normal": ({"mean": 0.3, "std": 0.2}, lambda w: NN.normal_(w, 0.3, 0.2)),
    "truncated_normal": (
        {"mean": 0.1, "std": 0.5, "low": -1.2, "high": 1.8},
        lambda w: NN.trunc_normal_(w, 0.1, 0.5, -0.5, 1.0),
    ),
    "xavier_normal": ({"gain": 1.3}, lambda w: NN.xavier_normal_(w, gain=1.3)),
    "xavier_uniform": ({"gain": 1.3}, lambda w: NN.xavier_uniform_(w, gain=1.3)),
    "he_normal": ({}, lambda w: NN.kaiming_normal_(w, nonlinearity="relu")),
    "he_uniform": ({}, lambda w: NN.kaiming_uniform_(w, nonlinearity="relu")),
    "lecun_normal": ({}, lambda w: NN.kaiming_normal_(w, nonlinearity="linear")),
    "lecun_uniform": ({"gain": 1 / math.sqrt(3)}, lambda w: NN.kaiming_uniform_(w, a=math.sqrt(5))),
    "orthogonal": ({"gain": 1.5}, lambda w: NN.orthogonal_(w, gain=1.5)),
}


@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize("shape", [DENSE, CONVOLUTION], ids=["dense", "convolution"])
def test_distribution_is_that_of_torch(name, shape):
    ours, twin = TORCH[name]
    torch.manual_seed(0)
    layout = shape[::-1] if len(shape) == 2 else shape
    theirs = twin(torch.empty(layout, dtype=torch.float64)).numpy().ravel()
    weights = INITIALIZERS[name](rng(), shape, **ours).ravel()
    distance = scipy.stats.ks_2samp(weights, theirs).statistic
    assert distance < 2.2 * math.sqrt(2 / weights.size)
    assert weights.std() == pytest.approx(theirs.std(), rel=0.02)


@pytest.mark.parametrize("shape", [(400, 300), (24, 20, 7, 5)])
@pytest.mark.parametrize("name", ["he_normal", "he_uniform", "lecun_normal", "xavier_uniform"])
@pytest.mark.parametrize("fan", [fan_in, fan_out, fan_average])
def test_the_fan_is_a_choice(name, fan, shape):
    weights = INITIALIZERS[name](rng(), shape, gain=1.5, fan=fan)
    assert weights.std() == pytest.approx(1.5 / math.sqrt(fan(shape)), rel=0.015)


def test_fan_out_is_torchs_mode():
    torch.manual_seed(0)
    for shape in (DENSE, CONVOLUTION):
        layout = shape[::-1] if len(shape) == 2 else shape
        theirs = NN.kaiming_normal_(torch.empty(layout), mode="fan_out", nonlinearity="relu")
        ours = initializers.he_normal(rng(), shape, fan=fan_out)
        assert ours.std() == pytest.approx(float(theirs.std()), rel=0.02)


@pytest.mark.parametrize("draw", [initializers.normal, rescaled_truncated_normal, rescaled_uniform])
def test_variance_scaling_has_its_variance_whatever_it_draws(draw):
    weights = variance_scaling(rng(), DENSE, gain=0.7, fan=fan_out, draw=draw)
    assert weights.std() == pytest.approx(0.7 / math.sqrt(300), rel=0.01)
    assert abs(weights.mean()) < 4 * weights.std() / math.sqrt(weights.size)


def test_a_fan_of_the_readers_own_serves_another_layout():
    weights = variance_scaling(rng(), (3, 3, 64, 32), fan=lambda shape: math.prod(shape[:-1]))
    assert weights.std() == pytest.approx(1 / math.sqrt(3 * 3 * 64), rel=0.02)
    with pytest.raises(ValueError, match=r"the fan of shape \(3, 4\) is 0"):
        variance_scaling(rng(), (3, 4), fan=lambda shape: 0)


@pytest.mark.parametrize(("low", "high"), [(-2, 2), (-1, 3), (0.5, 1), (-math.inf, 0)])
def test_truncated_normal_is_scipys(low, high):
    weights = truncated_normal(rng(), (200, 200), mean=-1.0, std=3.0, low=low, high=high).ravel()
    assert scipy.stats.kstest((weights + 1) / 3, scipy.stats.truncnorm(low, high).cdf).pvalue > 1e-3
    assert low <= ((weights + 1) / 3).min()
    assert ((weights + 1) / 3).max() <= high


@pytest.mark.parametrize("cut", [0.5, 1.0, 2.0, 3.0])
def test_the_rescaled_truncated_normal_has_the_std_it_is_asked_for(cut):
    weights = rescaled_truncated_normal(rng(), (300, 300), std=0.7, cut=cut)
    bound = 0.7 * cut / scipy.stats.truncnorm(-cut, cut).std()
    assert weights.std() == pytest.approx(0.7, rel=0.01)
    assert bound * 0.99 < abs(weights).max() <= bound * (1 + 1e-9)


def test_the_correction_at_two_standard_deviations_is_that_of_keras_and_jax():
    weights = rescaled_truncated_normal(rng(), (300, 300), std=1.0)
    plain = truncated_normal(rng(), (300, 300), std=1.0)
    np.testing.assert_allclose(plain / weights, 0.87962566103423978, rtol=1e-12)


@pytest.mark.parametrize("bounds", [(2, 2), (3, -3), (5, 6), (math.nan, 1)])
def test_bounds_with_next_to_nothing_between_them_are_refused(bounds):
    with pytest.raises(ValueError, match=r"the bounds are .*expected low < high"):
        truncated_normal(rng(), (3, 3), low=bounds[0], high=bounds[1])


# -- variance preservation ------------------------------------------------------------------------


def second_moments(weights, activation, *, backward=False, depth=20, width=300):
    """Mean square of a signal before and after that many layers, averaged over four networks."""
    logs = []
    for seed in range(4):
        generator = rng(seed)
        x = generator.normal(size=(width, 100))
        first = float((x**2).mean())
        for _ in range(depth):
            w = weights(generator, (width, width))
            x = w @ x if backward else activation(w.T @ x)
        logs.append(math.log(float((x**2).mean()) / first))
    return float(np.mean(logs))


def relu_of_signal(x):
    return np.maximum(x, 0)


def test_he_keeps_the_size_of_the_signal_through_twenty_relu_layers():
    he = second_moments(initializers.he_normal, relu_of_signal)
    lecun = second_moments(initializers.lecun_normal, relu_of_signal)
    assert abs(he) < 1.0
    assert lecun == pytest.approx(he - 20 * math.log(2), abs=1e-6)


@pytest.mark.parametrize("name", ["he_normal", "he_uniform"])
def test_he_keeps_the_size_of_images_through_convolutions(name):
    x = torch.tensor(rng(1).normal(size=(4, 32, 10, 10)))
    moments = []
    for seed in range(8):
        w = torch.tensor(INITIALIZERS[name](rng(seed), (64, 32, 3, 3)))
        moments.append(float((torch.relu(torch.nn.functional.conv2d(x, w)) ** 2).mean()))
    assert np.mean(moments) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("name", ["lecun_normal", "xavier_normal", "xavier_uniform", "orthogonal"])
def test_xavier_keeps_signals_and_gradients_of_linear_layers(name):
    assert abs(second_moments(INITIALIZERS[name], lambda x: x)) < 0.5
    assert abs(second_moments(INITIALIZERS[name], None, backward=True)) < 0.5


def test_orthogonal_keeps_every_length_exactly():
    x = rng(1).normal(size=(50, 3))
    for _ in range(100):
        x = initializers.orthogonal(rng(2), (50, 50)).T @ x
    np.testing.assert_allclose(
        np.linalg.norm(x, axis=0), np.linalg.norm(rng(1).normal(size=(50, 3)), axis=0), rtol=1e-12
    )


# -- structure ------------------------------------------------------------------------------------


@given(rows=st.integers(1, 12), columns=st.integers(1, 12), seed=st.integers(0, 99))
def test_orthogonal_has_orthonormal_rows_or_columns(rows, columns, seed):
    w = initializers.orthogonal(rng(seed), (rows, columns), gain=2.0) / 2
    gram = w @ w.T if rows <= columns else w.T @ w
    np.testing.assert_allclose(gram, np.eye(min(rows, columns)), atol=1e-12)


def test_orthogonal_convolutions_are_orthonormal_as_out_times_the_rest():
    w = initializers.orthogonal(rng(), (6, 5, 3, 3)).reshape(6, -1)
    np.testing.assert_allclose(w @ w.T, np.eye(6), atol=1e-12)


def test_orthogonal_prefers_no_sign():
    """Without the correction LAPACK's signs show: the mean of the first element is far from 0."""
    first = [initializers.orthogonal(rng(seed), (3, 3))[0, 0] for seed in range(2000)]
    assert abs(np.mean(first)) < 4 * math.sqrt(1 / 3 / 2000)


@pytest.mark.parametrize("shape", [(4, 4), (4, 6), (6, 4)])
def test_identity_is_torchs_eye(shape):
    np.testing.assert_array_equal(
        initializers.identity(rng(), shape, gain=1.0), NN.eye_(torch.empty(shape)).numpy()
    )


@pytest.mark.parametrize("shape", [(4, 4, 3, 3), (6, 4, 5, 3), (3, 5, 4), (2, 2, 3, 3, 3)])
def test_identity_of_a_convolution_is_torchs_dirac(shape):
    np.testing.assert_array_equal(
        initializers.identity(rng(), shape), NN.dirac_(torch.empty(shape)).numpy()
    )


@given(inputs=st.integers(1, 30), units=st.integers(1, 20), connections=st.integers(1, 30))
def test_every_unit_of_sparse_has_its_number_of_connections(inputs, units, connections):
    w = initializers.sparse(rng(), (inputs, units), connections=connections)
    assert ((w != 0).sum(0) == min(connections, inputs)).all()


def test_sparse_places_are_random_and_equally_likely_and_values_normal():
    w = initializers.sparse(rng(), (40, 4000), connections=10, std=0.3)
    assert (w != 0).mean(1) == pytest.approx(np.full(40, 0.25), abs=0.03)
    assert scipy.stats.kstest(w[w != 0] / 0.3, "norm").pvalue > 1e-3
    torch.manual_seed(0)
    theirs = NN.sparse_(torch.empty(40, 4000), sparsity=0.75, std=0.3).numpy()
    np.testing.assert_array_equal((theirs != 0).sum(0), (w != 0).sum(0))
    assert w.std() == pytest.approx(theirs.std(), rel=0.02)


def test_sparse_convolutions_count_the_kernel_among_the_inputs():
    w = initializers.sparse(rng(), (6, 4, 3, 3), connections=7)
    assert ((w != 0).sum((1, 2, 3)) == 7).all()


@pytest.mark.parametrize("connections", [0, -1, 2.5, True])
def test_an_impossible_number_of_connections_is_refused(connections):
    with pytest.raises(ValueError, match=f"connections is {connections}"):
        initializers.sparse(rng(), (4, 3), connections=connections)


def test_a_constant_bias_is_one_value_or_one_for_each_unit():
    np.testing.assert_array_equal(initializers.constant(rng(), (3,)), [0.1, 0.1, 0.1])
    counts = log_frequencies([8, 1, 1])
    np.testing.assert_array_equal(initializers.constant(rng(), (3,), value=counts), counts)
    for value in (np.ones(2), np.ones((3, 3))):
        with pytest.raises(ValueError, match=re.escape(f"shape {value.shape}; expected")):
            initializers.constant(rng(), (3,), value=value)


@pytest.mark.parametrize("name", sorted(BIASES))
def test_a_bias_may_have_one_axis(name):
    assert INITIALIZERS[name](rng(), (5,)).shape == (5,)


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("he_normal", {"gain": 0}, "gain is 0; expected a positive number"),
        ("orthogonal", {"gain": -1.0}, "gain is -1.0; expected a positive number"),
        ("normal", {"std": -0.1}, "std is -0.1; expected a finite number of at least 0"),
        ("sparse", {"std": -0.1}, "std is -0.1"),
        ("normal", {"mean": math.inf}, "mean is inf; expected a finite number"),
        ("uniform", {"low": 1.0, "high": 0.0}, "low is 1.0 and high 0.0; expected"),
        ("constant", {"value": math.inf}, "value is inf; expected finite"),
        ("rescaled_truncated_normal", {"cut": 0.0}, "the bounds are -0.0 and 0.0"),
    ],
)
def test_impossible_hyperparameters_are_refused(name, wrong, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        INITIALIZERS[name](rng(), (4, 3), **wrong)
