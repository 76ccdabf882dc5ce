"""The gradient of a whole data set, part by part, is the gradient of the whole."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from mytutor.losses import squared_error
from mytutor.network import initialize, mlp
from mytutor.train import gather, whole_gradient

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(50, 4)), RNG.integers(0, 3, size=50)
NETWORK = mlp(1)
PARAMS = initialize(np.random.default_rng(1), [4, 5, 3])


@pytest.mark.parametrize("rows", [1, 7, 25, 50, 1000])
def test_the_parts_add_up_to_the_whole(rows):
    loss, grads = whole_gradient(NETWORK, PARAMS, X, Y, rows=rows)
    expected, whole = NETWORK.loss_and_gradient(PARAMS, X, Y)
    assert np.isclose(loss, expected, rtol=1e-13)
    for got, wanted in zip(grads, whole, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-15)


def test_no_part_is_larger_than_asked():
    seen = []

    def watched(prediction, target):
        seen.append(len(target))
        return squared_error(prediction, target)

    network = mlp(0)._replace(loss=watched)
    whole_gradient(network, [np.ones((4, 1)), np.zeros(1)], X, X[:, :1], rows=16)
    assert seen == [16, 16, 16, 2]


def test_gathering_weighs_by_rows_exactly():
    gradients = np.array([Fraction(1), Fraction(5)])
    counts = [Fraction(3), Fraction(1)]
    assert sum(c / sum(counts) * g for g, c in zip(gradients, counts, strict=True)) == 2
    assert gather([np.array([1.0]), np.array([5.0])], [3, 1]) == [2.0]


def test_order_doesnt_matter_and_parts_of_parts_may_be_gathered():
    g = RNG.normal(size=(4, 3))
    counts = [5, 1, 3, 2]
    whole = gather(g, counts)
    assert np.allclose(gather(g[::-1], counts[::-1]), whole)
    halves = [gather(g[:2], counts[:2]), gather(g[2:], counts[2:])]
    assert np.allclose(gather(halves, [6, 5]), whole)


def test_gathering_takes_tensors():
    g = torch.arange(6.0).reshape(3, 2)
    assert torch.equal(gather(list(g), [1, 1, 1]).round(), torch.tensor([2.0, 3.0]))


@pytest.mark.parametrize(
    ("gradients", "counts", "message"),
    [([], [], "expected as many"), ([1.0], [1, 2], "2 counts"), ([1.0], [0], r"counts\[0\] is 0")],
)
def test_parts_that_dont_match_are_refused(gradients, counts, message):
    with pytest.raises(ValueError, match=message):
        gather(gradients, counts)


@pytest.mark.parametrize(("x", "y"), [(X[:0], Y[:0]), (X, Y[:3])])
def test_data_without_rows_or_answers_is_refused(x, y):
    with pytest.raises(ValueError, match="rows"):
        whole_gradient(NETWORK, PARAMS, x, y)
    with pytest.raises(ValueError, match="rows is 0"):
        whole_gradient(NETWORK, PARAMS, X, Y, rows=0)
