import math
import re

import numpy as np
import pytest
import torch

from mytutor import initializers, trace

FUNCTIONS = trace.functions_of(initializers)
SHAPE = (400, 300)


@pytest.mark.parametrize("initializer", FUNCTIONS.values(), ids=FUNCTIONS)
def test_shape_dtype_and_seed(initializer):
    weights = initializer(np.random.default_rng(3), SHAPE)
    assert weights.shape == SHAPE
    assert weights.dtype == np.float64
    np.testing.assert_array_equal(weights, initializer(np.random.default_rng(3), SHAPE))


@pytest.mark.parametrize(
    ("initializer", "twin"),
    [
        (
            initializers.he_normal,
            lambda w: torch.nn.init.kaiming_normal_(w, nonlinearity="relu"),
        ),
        (initializers.xavier_normal, torch.nn.init.xavier_normal_),
    ],
)
def test_distribution_is_torchs(initializer, twin):
    torch.manual_seed(0)
    theirs = twin(torch.empty(SHAPE[::-1], dtype=torch.float64)).numpy()
    ours = initializer(np.random.default_rng(0), SHAPE)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.01)
    assert abs(ours.mean()) < 4 * ours.std() / math.sqrt(ours.size)
    quantiles = [0.01, 0.25, 0.5, 0.75, 0.99]
    np.testing.assert_allclose(
        np.quantile(ours, quantiles), np.quantile(theirs, quantiles), atol=0.03 * ours.std()
    )


def test_he_keeps_the_size_of_the_signal_through_thirty_relu_layers():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 256))
    first = float((x**2).mean())
    for _ in range(30):
        x = np.maximum(x @ initializers.he_normal(rng, (256, 256)), 0)
    # The expected second moment after ReLU stays E[x^2] / 2 * 2; its logarithm wanders by about
    # sqrt(30 * 5 / 256), some 0.8.
    assert abs(math.log(2 * float((x**2).mean()) / first / 2)) < 2.5


@pytest.mark.parametrize("initializer", [initializers.he_normal, initializers.xavier_normal])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3,), (2, 3, 4)])
def test_a_shape_without_fans_is_refused(initializer, shape):
    with pytest.raises(ValueError, match=re.escape(f"shape is {shape}")):
        initializer(np.random.default_rng(0), shape)


@pytest.mark.parametrize("initializer", FUNCTIONS.values(), ids=FUNCTIONS)
def test_docstring_names_its_source(initializer):
    assert re.search(r"\((1[89]|20)\d\d\)", initializer.__doc__)
