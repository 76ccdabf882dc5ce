import functools
import inspect
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import preprocessing
from sklearn.decomposition import PCA

from mytutor import scaling, trace
from mytutor.scaling import (
    Affine,
    logarithm,
    mean_normalization,
    merge,
    min_max,
    pca_whitening,
    robust,
    signed_logarithm,
    standardization,
    summarize,
    zca_whitening,
)

FITS = {
    name: function
    for name, function in trace.functions_of(scaling).items()
    if name not in ("summarize", "merge")
}
BY_FEATURE = [standardization, min_max, mean_normalization, robust]
RNG = np.random.default_rng(0)
# Features of very different size, one of them skewed, one constant.
X = np.c_[
    RNG.normal(5, 0.01, 60), RNG.normal(-3e4, 700, 60), RNG.exponential(3, 60), np.full(60, 0.1)
]
NEW = X[:7] * 1.3 + 0.2

every_fit = pytest.mark.parametrize("fit", FITS.values(), ids=FITS)


def usable(fit, x):
    """Rows that the scaling takes: the logarithm takes none below zero."""
    return abs(x) if fit is logarithm else x


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (standardization, preprocessing.StandardScaler()),
        (min_max, preprocessing.MinMaxScaler()),
        (lambda x: min_max(x, low=-1), preprocessing.MinMaxScaler((-1, 1))),
        (lambda x: min_max(x, low=0.2, high=3.0), preprocessing.MinMaxScaler((0.2, 3.0))),
        (robust, preprocessing.RobustScaler()),
        (lambda x: logarithm(abs(x)), preprocessing.FunctionTransformer(np.log1p)),
    ],
    ids=["standardization", "min-max", "min-max -1", "min-max any", "robust", "logarithm"],
)
def test_agrees_with_scikit_learn(ours, theirs):
    fitted, rows = ours(X), abs(NEW) if isinstance(ours(X), scaling.Logarithm) else NEW
    theirs.fit(X)
    np.testing.assert_allclose(fitted.transform(rows), theirs.transform(rows), rtol=1e-9)


@pytest.mark.parametrize("rows", [60, 5, 3])
def test_pca_whitening_agrees_with_scikit_learn(rows):
    x = X[:rows, :3] @ RNG.normal(size=(3, 3))
    theirs = PCA(whiten=True, svd_solver="full").fit(x)
    rank = min(rows - 1, 3)
    ours = pca_whitening(x, ddof=1).transform(NEW[:, :3])
    np.testing.assert_allclose(ours[:, :rank], theirs.transform(NEW[:, :3])[:, :rank], rtol=1e-6)


def test_mean_normalization_has_mean_zero_and_range_one():
    y = mean_normalization(X).transform(X)
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(np.ptp(y, axis=0), [1, 1, 1, 0], rtol=1e-12)


@pytest.mark.parametrize("whitening", [pca_whitening, zca_whitening])
@pytest.mark.parametrize("ddof", [0, 1])
def test_white_features_are_uncorrelated_with_variance_one(whitening, ddof):
    mixed = RNG.normal(size=(200, 5)) @ (RNG.normal(size=(5, 5)) * [1e3, 10, 1, 0.1, 1e-3])
    y = whitening(mixed, ddof=ddof).transform(mixed)
    np.testing.assert_allclose(np.cov(y.T, ddof=ddof), np.eye(5), atol=1e-6)


def test_zca_is_the_symmetric_white_transform():
    x = RNG.normal(size=(300, 4)) @ RNG.normal(size=(4, 4))
    matrix = zca_whitening(x).matrix
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    inverse_root = np.linalg.inv(matrix @ matrix)
    np.testing.assert_allclose(inverse_root, np.cov(x.T, ddof=0), rtol=1e-8, atol=1e-10)


def test_zca_stays_nearer_to_the_rows_than_pca():
    x = RNG.normal(size=(300, 4)) @ (np.eye(4) + 0.3 * RNG.normal(size=(4, 4)))
    centred = x - x.mean(0)
    distances = [
        float(((fit(x).transform(x) - centred) ** 2).sum())
        for fit in (zca_whitening, pca_whitening)
    ]
    assert distances[0] < distances[1]


@pytest.mark.parametrize("whitening", [pca_whitening, zca_whitening])
def test_a_direction_without_variance_stays_zero_and_comes_back(whitening):
    x = RNG.normal(size=(30, 2)) @ RNG.normal(size=(2, 5)) + 7
    fitted = whitening(x)
    assert np.linalg.matrix_rank(fitted.transform(x), tol=1e-6) == 2
    np.testing.assert_allclose(
        fitted.inverse(fitted.transform(NEW @ np.ones((4, 5)))), NEW @ np.ones((4, 5))
    )


def test_epsilon_shrinks_what_has_little_variance():
    x = RNG.normal(size=(500, 2)) * [10, 1e-6]
    y = pca_whitening(x, eps=1e-4).transform(x)
    assert y[:, 0].std() == pytest.approx(1, abs=1e-5)
    assert y[:, 1].std() == pytest.approx(1e-6 / 1e-2, rel=0.1)


def test_the_divisor_of_the_standard_deviation_is_a_choice():
    ours = standardization(X, ddof=1).scale[:3]
    np.testing.assert_allclose(ours, torch.tensor(X).std(0).numpy()[:3], rtol=1e-12)
    assert (standardization(X).scale[:3] < ours).all()


@pytest.mark.parametrize("fit", BY_FEATURE)
@pytest.mark.parametrize("value", [0.0, 0.1, -1e9, 1e-300])
def test_a_constant_feature_becomes_the_same_constant_whatever_it_was(fit, value):
    x = np.c_[np.full(1000, value), np.arange(1000.0)]
    fitted = fit(x)
    y = fitted.transform(x)[:, 0]
    # The mean of a thousand numbers 0.1 is 0.1 up to rounding; nothing divides by that rounding.
    np.testing.assert_allclose(y, 0, atol=1e-15 * abs(value) * 1000)
    assert fitted.scale[0] == 1
    np.testing.assert_allclose(fitted.inverse(fitted.transform(x)), x, rtol=1e-15, atol=1e-12)


def test_quartiles_that_coincide_keep_the_scale():
    x = np.array([[0.0], [0], [0], [0], [0], [0], [0], [9]])
    np.testing.assert_array_equal(robust(x).transform(x), x)


def test_an_outlier_moves_the_robust_scaling_least():
    wild = X.copy()
    wild[0] = 1e9
    for column in range(3):
        moved = [abs(fit(wild).scale / fit(X).scale)[column] for fit in (robust, standardization)]
        assert 0.8 < moved[0] < 1.3
        assert moved[1] > 1e3


numbers = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda v: 0.0 if abs(v) < 1e-100 else v)
tables = st.tuples(st.integers(2, 12), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=numbers)
)


@every_fit
@given(x=tables, seed=st.integers(0, 99))
def test_the_inverse_brings_every_row_back(fit, x, seed):
    x = usable(fit, x)
    fitted = fit(x)
    # What was fitted comes back to rounding; the rounding of whitening is that of its extremes.
    scale = max(1.0, float(abs(x).max()))
    np.testing.assert_allclose(fitted.inverse(fitted.transform(x)), x, rtol=1e-9, atol=1e-9 * scale)


@every_fit
@given(x=tables)
def test_a_row_is_transformed_by_what_was_fitted_and_nothing_else(fit, x):
    x = usable(fit, x)
    fitted = fit(x)
    together = fitted.transform(x)
    for row in range(len(x)):
        alone = fitted.transform(x[row : row + 1])[0]
        np.testing.assert_allclose(
            alone, together[row], rtol=1e-9, atol=1e-9 * (1 + abs(together).max())
        )


@every_fit
def test_neither_fitting_nor_transforming_writes_into_the_rows(fit):
    x = usable(fit, X.copy())
    before, fitted = x.copy(), fit(x)
    learnt = [np.copy(part) for part in fitted]
    fitted.inverse(fitted.transform(x))
    np.testing.assert_array_equal(x, before)
    for part, old in zip(fitted, learnt, strict=True):
        np.testing.assert_array_equal(part, old)


@every_fit
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_torch_and_numpy_are_fitted_and_transformed_alike(fit, dtype, device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    x = usable(fit, X[:, [0, 2, 3]]).astype(dtype)
    tensor = torch.tensor(x, device=device)
    here, there = fit(x), fit(tensor)
    for ours, theirs in zip(here, there, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for fitted in (here, there):
        for rows in (x, tensor):
            y = fitted.transform(rows)
            back = fitted.inverse(y)
            assert type(y) is type(back) is type(rows)
            assert y.dtype == back.dtype == rows.dtype
    tolerance = 1e-4 if dtype is np.float32 else 1e-11
    np.testing.assert_allclose(
        there.transform(tensor).cpu().numpy(), here.transform(x), rtol=tolerance, atol=tolerance
    )


@given(
    x=arrays(np.float64, (12, 2), elements=numbers),
    cuts=st.lists(st.integers(1, 11), unique=True, max_size=6),
)
def test_batches_merged_in_any_grouping_are_the_whole(x, cuts):
    whole = summarize(x)
    parts = [summarize(part) for part in np.split(x, sorted(cuts))]
    streams = [functools.reduce(merge, parts), functools.reduce(lambda a, b: merge(b, a), parts)]
    for stream in streams:
        size = float(abs(x).max())
        assert stream.rows == whole.rows
        np.testing.assert_allclose(stream.mean, whole.mean, rtol=1e-12, atol=1e-14 * size)
        np.testing.assert_allclose(stream.squares, whole.squares, rtol=1e-10, atol=1e-13 * size**2)
        np.testing.assert_array_equal(stream.low, whole.low)
        np.testing.assert_array_equal(stream.high, whole.high)


@pytest.mark.parametrize("fit", [standardization, min_max, mean_normalization])
def test_one_row_at_a_time_gives_the_scaling_of_the_whole(fit):
    # A large mean and a small spread: the textbook formula E[x²] - E[x]² has no digit left here.
    x = 1e8 + RNG.normal(size=(500, 3))
    stream = fit(functools.reduce(merge, (summarize(row[None]) for row in x)))
    np.testing.assert_allclose(stream.transform(x), fit(x).transform(x), rtol=1e-7, atol=1e-7)
    scaler = preprocessing.StandardScaler()
    for row in x:
        scaler.partial_fit(row[None])
    if fit is standardization:
        np.testing.assert_allclose(stream.scale, scaler.scale_, rtol=1e-8)


def test_streams_of_other_features_do_not_merge():
    with pytest.raises(ValueError, match="a is of 4 features and b of 2"):
        merge(summarize(X), summarize(X[:, :2]))


def test_the_logarithm_takes_the_skew_out():
    x = np.random.default_rng(0).lognormal(3, 1, (2000, 1))
    skew = [float((z**3).mean()) for z in map(_standard, (x, logarithm(x).transform(x)))]
    assert skew[0] > 2
    assert abs(skew[1]) < 0.3
    np.testing.assert_allclose(logarithm(x).transform(np.array([[1e-20]])), 1e-20)


def _standard(x):
    return standardization(x).transform(x)


def test_the_signed_logarithm_is_odd_and_grows():
    x = np.linspace(-1e5, 1e5, 101)[:, None]
    y = signed_logarithm(x).transform(x)
    np.testing.assert_array_equal(y, -y[::-1])
    assert (np.diff(y[:, 0]) > 0).all()


# -- bad input ------------------------------------------------------------------------------------


@every_fit
@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (np.ones(3), ValueError, "x has shape (3,); expected (rows, features)"),
        (np.ones((0, 3)), ValueError, "x has shape (0, 3)"),
        (np.ones((3, 0)), ValueError, "x has shape (3, 0)"),
        (np.ones((2, 3, 4)), ValueError, "x has shape (2, 3, 4)"),
        (np.array([[1.0, np.nan]] * 3), ValueError, "x has a NaN or infinite element"),
        (np.array([[1.0, np.inf]] * 3), ValueError, "x has a NaN or infinite element"),
        (np.ones((3, 2), int), TypeError, "x is int64; expected an array of floating-point"),
        ([[1.0, 2.0]], TypeError, "x is list; expected an array of floating-point"),
        (torch.ones(3, 2, dtype=torch.int32), TypeError, "x is torch.int32; expected"),
    ],
)
def test_rows_that_cannot_be_fitted_are_refused(fit, x, error, words):
    with pytest.raises(error, match=re.escape(words)):
        fit(x)


@every_fit
def test_rows_that_do_not_fit_are_refused_both_ways(fit):
    fitted = fit(usable(fit, X))
    for way in (fitted.transform, fitted.inverse):
        with pytest.raises(ValueError, match="x has 3 features; expected 4, as in the fitted rows"):
            way(np.ones((2, 3)))
        with pytest.raises(ValueError, match="NaN or infinite"):
            way(np.full((2, 4), np.nan))
        with pytest.raises(TypeError, match="int64"):
            way(np.ones((2, 4), int))


@pytest.mark.parametrize("fit", [*BY_FEATURE, pca_whitening, zca_whitening])
def test_a_single_row_has_no_spread(fit):
    with pytest.raises(ValueError, match="x has 1 row; expected at least 2"):
        fit(X[:1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: standardization(X, ddof=2), "ddof is 2; expected 0 or 1"),
        (lambda: pca_whitening(X, ddof=-1), "ddof is -1"),
        (lambda: zca_whitening(X, eps=-1e-3), "eps is -0.001; expected"),
        (lambda: pca_whitening(X, eps=np.nan), "eps is nan"),
        (lambda: min_max(X, low=1.0), "low is 1.0 and high 1.0; expected"),
        (lambda: min_max(X, high=np.inf), "low is 0.0 and high inf"),
        (lambda: logarithm(np.array([[-1.0]])), "x goes down to -1; expected values above -1"),
        (lambda: standardization(np.array([[1e200], [-1e200]])), "the spread of x overflows"),
        (lambda: min_max(np.array([[1.5e308], [-1.5e308]])), "the spread of x overflows"),
    ],
)
def test_impossible_scalings_are_refused(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()


@pytest.mark.parametrize("function", trace.functions_of(scaling).values())
def test_docstring_names_its_source(function):
    assert re.search(r"Source: .*\((1[89]|20)\d\d\)", inspect.getdoc(function), re.DOTALL)


def test_what_was_learnt_is_visible():
    assert standardization(X)._fields == ("shift", "scale", "offset")
    np.testing.assert_allclose(standardization(X).shift, X.mean(0))
    assert isinstance(min_max(X), Affine)
