"""Batch norm of images gives the same as batch norm of rows, however it is run."""

import tracemalloc

import numpy as np
import pytest

from mytutor import _optional
from mytutor.layers import _channels, _norm_loops, batch_norm, batch_norm_backward
from mytutor.layers._rows import normalize_rows, normalize_rows_backward

EPS = 1e-3
SHAPES = [(5, 3), (4, 3, 7), (2, 5, 3, 9), (64, 1, 33, 31), (3, 200, 9, 13), (1, 2, 177, 131)]
DTYPES = [np.float32, np.float64]
WAYS = ["rows", "blocks", "loops", "compiled"]


def drawn(shape, dtype, seed=0):
    """x far from zero, dy, gamma and beta."""
    rng = np.random.default_rng(seed)
    x, dy = 3 + 2 * rng.standard_normal(shape), rng.standard_normal(shape)
    gamma, beta = rng.standard_normal((2, shape[1]))
    return [values.astype(dtype) for values in (x, dy, gamma, beta)]


def go(way, monkeypatch):
    """Make every array of images be normalized in one way."""
    if way == "compiled":
        pytest.importorskip("numba")
    if way == "loops":  # as Python, so that what is compiled is seen to be tested
        monkeypatch.setattr(_channels, "compiled", lambda loop: loop)
    monkeypatch.setattr(_channels, "WORTH_BLOCKS", 10**9 if way == "rows" else 1000)
    monkeypatch.setattr(_channels, "WORTH_COMPILING", 0 if way in ("loops", "compiled") else 10**9)


def rows_of(x):
    return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def exact(x, dy, gamma, beta):
    """What the functions of rows give in more than double precision, in the shape of x."""
    x, dy, gamma, beta = (values.astype(np.longdouble) for values in (x, dy, gamma, beta))
    y, xhat, mean, variance = normalize_rows(rows_of(x), gamma, beta, eps=EPS)
    deviation = np.sqrt(variance + EPS)
    dx, *rest = normalize_rows_backward(rows_of(dy), xhat, gamma, deviation)
    last = (len(x), *x.shape[2:], x.shape[1])
    y, dx = (np.moveaxis(values.reshape(last), -1, 1) for values in (y, dx))
    return [y, mean, variance, dx, *rest]


def ours(x, dy, gamma, beta):
    y, cache = batch_norm(x, gamma, beta, eps=EPS)
    return [y, cache.mean, cache.variance, *batch_norm_backward(dy, cache)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("way", WAYS[1:])
def test_every_way_gives_what_the_rows_give(way, shape, dtype, monkeypatch):
    if way == "loops" and np.prod(shape) > 10_000:
        pytest.skip("slow in Python")
    values = drawn(shape, dtype)
    go(way, monkeypatch)
    for mine, other in zip(ours(*values), exact(*values), strict=True):
        assert mine.dtype == dtype
        assert mine.shape == other.shape
        bound = 64 * np.finfo(dtype).eps * max(1, abs(other).max(), np.sqrt(values[0].size) / 4)
        np.testing.assert_allclose(mine, other, rtol=0, atol=bound)


@pytest.mark.parametrize("way", WAYS)
def test_arrays_that_lie_apart_give_the_same(way, monkeypatch):
    x, dy, gamma, beta = drawn((6, 4, 10, 12), np.float64)
    expected = exact(x, dy, gamma, beta)
    go(way, monkeypatch)
    spread = np.zeros((6, 8, 10, 12))
    spread[:, ::2] = x
    for image in (spread[:, ::2], np.asfortranarray(x), x):
        for slope in (np.asfortranarray(dy), dy):
            for mine, other in zip(ours(image, slope, gamma, beta), expected, strict=True):
                np.testing.assert_allclose(mine, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", ["blocks", "compiled"])
def test_sums_are_at_least_as_exact_as_those_of_the_rows(way, dtype, monkeypatch):
    values = drawn((32, 4, 32, 32), dtype)
    wanted = exact(*values)
    errors = {}
    for each in ("rows", way):
        with monkeypatch.context() as patch:
            go(each, patch)
            pairs = zip(ours(*values), wanted, strict=True)
            errors[each] = [abs(mine - other).max() for mine, other in pairs]
    slack = 2 * np.finfo(dtype).eps * np.array([abs(other).max() for other in wanted])
    assert (np.array(errors[way]) <= errors["rows"] + slack).all()


@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_a_number_stays_so_in_its_channel(way, monkeypatch):
    x, dy, gamma, beta = drawn((2, 3, 20, 20), np.float64)
    x[1, 1, 4, 5] = np.nan
    go(way, monkeypatch)
    y, cache = batch_norm(x, gamma, beta)
    dx = batch_norm_backward(dy, cache)[0]
    for values in (y, dx):
        assert np.isnan(values[:, 1]).all()
        assert np.isfinite(values[:, [0, 2]]).all()


def test_a_gradient_of_another_dtype_has_its_way(monkeypatch):
    x, dy, gamma, beta = drawn((2, 3, 20, 20), np.float32)
    expected = exact(x, dy, gamma, beta)[3]
    go("compiled", monkeypatch)
    _, cache = batch_norm(x, gamma, beta, eps=EPS)
    dx, *_ = batch_norm_backward(dy.astype(np.float64), cache)
    assert dx.dtype == np.float64
    np.testing.assert_allclose(dx, expected, rtol=0, atol=1e-5)


def test_the_way_follows_the_array_and_what_is_installed(monkeypatch):
    called = []

    def fake(loop):
        called.append(loop)
        return lambda x, gamma, beta, eps, *out: [array.fill(1.0) for array in out]

    monkeypatch.setattr(_channels, "compiled", fake)
    large, small = np.ones((8, 8, 90, 90), np.float32), np.ones((2, 8, 3, 3), np.float32)
    gamma = np.ones(8, np.float32)
    for there in (True, False):
        monkeypatch.setattr(_optional, "has_numba", lambda there=there: there)
        for x in (large, small, large[..., ::-1], large.reshape(-1, 8), large.astype(np.float16)):
            batch_norm(x, gamma.astype(x.dtype), gamma.astype(x.dtype))
    assert called == [_norm_loops.normalize_loop]


def test_blocks_allocate_the_result_and_little_else(monkeypatch):
    monkeypatch.setattr(_optional, "has_numba", lambda: False)
    x, dy, gamma, beta = drawn((8, 64, 32, 32), np.float32)
    tracemalloc.start()
    try:
        _, cache = batch_norm(x, gamma, beta)
        forward = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        batch_norm_backward(dy, cache)
        backward = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert forward < 1.6 * x.nbytes
    assert backward < 1.6 * x.nbytes
