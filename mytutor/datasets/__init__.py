"""Data to learn from, all of it offline: bundled, generated, or read from files that you have.

Each function returns a ``Dataset``: rows to learn from and rows to test on. The same seed gives the
same rows to the last bit.
"""

from mytutor.datasets.bundled import breast_cancer, diabetes, digits, iris, wine
from mytutor.datasets.files import (
    CIFAR10_MD5,
    FASHION_MNIST_MD5,
    MNIST_MD5,
    cifar10,
    fashion_mnist,
    mnist,
)
from mytutor.datasets.generated import (
    covariate_shift,
    ill_conditioned,
    sparse_counts,
    spirals,
    two_moons,
)
from mytutor.datasets.mnist1d import mnist1d
from mytutor.datasets.splitting import (
    Dataset,
    minibatches,
    nth_batch,
    pooled_mean,
    split,
)

__all__ = [
    "CIFAR10_MD5",
    "FASHION_MNIST_MD5",
    "MNIST_MD5",
    "Dataset",
    "breast_cancer",
    "cifar10",
    "covariate_shift",
    "diabetes",
    "digits",
    "fashion_mnist",
    "ill_conditioned",
    "iris",
    "minibatches",
    "mnist",
    "mnist1d",
    "nth_batch",
    "pooled_mean",
    "sparse_counts",
    "spirals",
    "split",
    "two_moons",
    "wine",
]
