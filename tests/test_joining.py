"""Arrays that follow one another in memory are stepped as one, and nothing else is."""

from itertools import pairwise
from weakref import ref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mytutor import Optimizer, execute, rules
from mytutor.execute import joining
from mytutor.execute.joining import joined
from mytutor.flat import flatten

SHAPES = [(4, 3), (3,), (3, 5), (5,)]


def lists(seed=0, dtype=np.float64):
    """Parameters and gradients as arrays of their own."""
    rng = np.random.default_rng(seed)
    return [[rng.normal(size=shape).astype(dtype) for shape in SHAPES] for _ in range(2)]


def as_views(arrays):
    vector, restore = flatten(arrays)
    return restore(vector)


def rows_of(params, grads, *columns):
    """What a step runs over for lists of parameters, gradients and each slot."""
    return joined(params, grads, list(zip(*columns, strict=True)) or [()] * len(params))


def test_views_of_one_vector_are_one_array_and_one_step(monkeypatch):
    params, grads = map(as_views, lists())
    optimizer = Optimizer(rules.adam, lr=0.1)
    state = optimizer.init(params)
    calls = []
    prepare = execute.prepare
    monkeypatch.setattr(execute, "prepare", lambda *a, **o: calls.append(a) or prepare(*a, **o))
    expected, _ = optimizer.update(params, grads, state)
    optimizer.update_(params, grads, state)
    assert len(calls) == 1
    for x, want in zip(params, expected, strict=True):
        np.testing.assert_array_equal(x, want)


def test_a_step_over_many_arrays_is_that_of_each():
    params, grads = lists()
    optimizer = Optimizer(rules.adam, lr=0.1)
    state = optimizer.init(params)
    expected, after = optimizer.update(params, grads, state)
    state = optimizer.update_(params, grads, state)
    for x, want in zip(params, expected, strict=True):
        np.testing.assert_array_equal(x, want)
    for slots, wanted in zip(state.slots, after.slots, strict=True):
        for slot, want in zip(slots, wanted, strict=True):
            np.testing.assert_array_equal(slot, want)


@given(cuts=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), min_size=1, max_size=6))
def test_only_neighbours_are_joined_and_nothing_is_lost(cuts):
    vector = np.arange(30.0)
    views = [vector[start : start + size] for start, size in cuts]
    rows = rows_of(views, views)
    np.testing.assert_array_equal(np.concatenate([row[0] for row in rows]), np.concatenate(views))
    breaks = sum(a + n != b for (a, n), (b, _) in pairwise(cuts))
    assert len(rows) == breaks + 1
    for x, g in rows:
        assert np.shares_memory(x, vector)
        assert np.shares_memory(g, vector)


def test_arrays_of_several_vectors_dtypes_or_orders_are_left_alone():
    a, b = np.zeros(6), np.zeros(6)
    halves = [a[:3], a[3:]]
    assert len(rows_of(halves, halves)) == 1
    for others in ([b[3:], b[:3]], [b[:3], a[3:]], [np.zeros(3), np.zeros(3)], [b[:2], b[2:5]]):
        assert len(rows_of(halves, others)) == 2
        assert len(rows_of(halves, halves, others)) == 2
    single = np.zeros(6, np.float32)
    assert len(rows_of(halves, [single[:3], single[3:]])) == 2
    turned = np.zeros((4, 6))
    across, down = [turned[:2].T, turned[2:].T], [turned[:2], turned[2:]]
    assert len(rows_of(across, across)) == 2
    assert len(rows_of(down, down)) == 1


def test_a_view_that_can_not_be_written_is_refused_still():
    params, grads = map(as_views, lists())
    optimizer = Optimizer(rules.adam, lr=0.1)
    state = optimizer.init(params)
    for x in params:
        x.flags.writeable = False
    with pytest.raises(ValueError, match="x can't be written to"):
        optimizer.update_(params, grads, state)


def test_small_arrays_beside_a_large_one_are_run_by_its_loop(monkeypatch):
    pytest.importorskip("numba")
    params = [np.ones(execute.WORTH_COMPILING), np.ones(3)]
    grads = [np.ones_like(x) for x in params]
    optimizer = Optimizer(rules.momentum, lr=0.1)
    state = optimizer.init(params)
    ways = []
    prepare = execute.prepare
    monkeypatch.setattr(
        execute, "prepare", lambda *a, **o: ways.append(o["how"]) or prepare(*a, **o)
    )
    optimizer.update_(params, grads, state)
    assert ways == ["fused", "fused"]
    optimizer.update_(params, grads, state, how="blocked")
    assert ways[2:] == ["blocked", "blocked"]


def test_what_is_remembered_is_of_these_arrays_alone():
    optimizer = Optimizer(rules.sgd, lr=1.0)
    for step in range(50):  # new arrays, of which many lie where others lay before
        params, grads = map(as_views, lists(step))
        expected, _ = optimizer.update(params, grads, optimizer.init(params))
        optimizer.update_(params, grads, optimizer.init(params))
        for x, want in zip(params, expected, strict=True):
            np.testing.assert_array_equal(x, want)
        params[1:3] = params[2:0:-1]  # the same arrays in another order
        assert len(rows_of(params, grads)) == len(params)


def test_the_same_arrays_in_other_lists_are_others():
    a, b, c, d = as_views([np.zeros(3)] * 4)
    assert [len(row) for row in rows_of([a, b], [c, d])] == [2]
    assert [len(row) for row in rows_of([a], [b], [c], [d])] == [4]
    assert [len(row) for row in rows_of([a, b], [c, d], [c, d])] == [3]
    assert [len(row) for row in rows_of([a, b], [c, d])] == [2]
    with pytest.raises(ValueError, match="shorter"):
        joined([a, b], [c, d], [()])


def test_other_arrays_between_are_stepped_by_themselves_and_live_no_longer():
    torch = pytest.importorskip("torch")
    (a, b), (c, d) = (as_views([np.ones(3)] * 2) for _ in range(2))
    optimizer = Optimizer(rules.sgd, lr=0.5)
    for step in range(1, 4):
        params, grads = [a, b, torch.ones(2), np.ones(2)], [c, d, torch.ones(2), np.ones(2)]
        assert len(rows_of(params, grads)) == 3
        optimizer.update_(params, grads, optimizer.init(params))
        np.testing.assert_array_equal(np.concatenate([a, b]), 1 - 0.5 * step)
        assert float(params[2][0]) == float(params[3][0]) == 0.5
    single = ref(params[3])
    del params, grads
    assert single() is None


def test_an_array_that_became_read_only_is_refused_at_the_next_step():
    params, grads = map(as_views, lists())
    optimizer = Optimizer(rules.sgd)
    state = optimizer.update_(params, grads, optimizer.init(params))
    params[2].flags.writeable = False
    before = params[2].copy()
    with pytest.raises(ValueError, match="can't be written to"):
        optimizer.update_(params, grads, state)
    np.testing.assert_array_equal(params[2], before)


def test_nothing_is_remembered_of_arrays_that_are_no_more():
    params, grads = map(as_views, lists())
    known = len(joining._KNOWN)
    assert len(rows_of(params, grads)) == 1
    assert len(joining._KNOWN) == known + 1
    del params
    assert len(joining._KNOWN) == known


def test_addresses_are_those_that_numpy_tells():
    for array in (np.zeros(3), np.zeros((4, 5))[1:, 2], np.zeros(0), np.array(1.0)):
        assert joining._address(array) == joining._told_address(array)


def test_no_arrays_are_no_rows():
    assert joined([], [], []) == []
