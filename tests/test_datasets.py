import numpy as np
import pytest
import sklearn.datasets
from hypothesis import given
from hypothesis import strategies as st

from mytutor.datasets import digits, minibatches


def test_digits_are_all_of_scikit_learns_once():
    data = digits()
    x = np.concatenate([data.x_train, data.x_test])
    y = np.concatenate([data.y_train, data.y_test])
    theirs, labels = sklearn.datasets.load_digits(return_X_y=True)
    assert len(data.x_test) == 359
    assert sorted(map(tuple, np.c_[16 * x, y])) == sorted(map(tuple, np.c_[theirs, labels]))
    assert x.min() == 0
    assert x.max() == 1


def test_the_seed_decides_the_split():
    np.testing.assert_array_equal(digits(seed=3).y_test, digits(seed=3).y_test)
    assert (digits(seed=3).y_test != digits(seed=4).y_test).any()
    assert digits(dtype=np.float32).x_train.dtype == np.float32


@given(rows=st.integers(1, 50), size=st.integers(1, 60), seed=st.integers(0, 99))
def test_an_epoch_has_every_row_once_with_its_label(rows, size, seed):
    x = np.arange(rows, dtype=float)[:, None]
    batches = list(minibatches(np.random.default_rng(seed), x, np.arange(rows), size))
    assert [len(b) for b, _ in batches[:-1]] == [size] * (len(batches) - 1)
    assert 1 <= len(batches[-1][0]) <= size
    seen = np.concatenate([b[:, 0] for b, _ in batches])
    np.testing.assert_array_equal(np.sort(seen), np.arange(rows))
    np.testing.assert_array_equal(seen, np.concatenate([y for _, y in batches]))


@pytest.mark.parametrize(
    ("x", "y", "size", "words"),
    [
        (np.ones((0, 3)), np.ones(0), 4, "the data set is empty"),
        (np.ones((5, 3)), np.ones(4), 4, "x has 5 rows and y 4"),
        (np.ones((5, 3)), np.ones(5), 0, "batch_size is 0; expected at least 1"),
        (np.ones((5, 3)), np.ones(5), -2, "batch_size is -2"),
    ],
)
def test_what_gives_no_batches_is_refused_at_once(x, y, size, words):
    with pytest.raises(ValueError, match=words):
        minibatches(np.random.default_rng(0), x, y, size)


@pytest.mark.parametrize("test", [0, 1, -0.2, 1.5])
def test_a_split_that_leaves_nothing_is_refused(test):
    with pytest.raises(ValueError, match="expected the fraction of rows held out"):
        digits(test=test)
