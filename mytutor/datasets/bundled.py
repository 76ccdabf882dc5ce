"""Small classical data sets, which come with scikit-learn: nothing is downloaded.

All but the digits are in their original units: years, centimetres, milligrams. Scale them first
(``mytutor.scaling``); that is half of what they teach.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mytutor.datasets._checks import floating
from mytutor.datasets.splitting import Dataset, split

__all__ = ["breast_cancer", "diabetes", "digits", "iris", "wine"]


def digits(*, seed: int = 0, test: float = 0.2, dtype: Any = np.float64) -> Dataset:
    """1,797 handwritten digits of 8x8 pixels in [0, 1], shuffled and split.

    x is (rows, 64), y the digit. ``test`` is the fraction held out, between 0 and 1. Raises
    ValueError outside, TypeError for a dtype that isn't floating-point, and ImportError when
    scikit-learn, which ships the data, isn't installed.

    Source: Alpaydin & Kaynak (1998), the test part of the UCI data set of optical digits.
    """
    x, y = _load("digits")
    return split((x / 16).astype(floating(dtype)), y, seed=seed, test=test)


def iris(*, seed: int = 0, test: float = 0.2, dtype: Any = np.float64) -> Dataset:
    """150 irises of three species, 50 of each: lengths and widths of sepals and petals.

    x is (rows, 4), in centimetres, between 0.1 and 7.9; y is 0, 1 or 2. Errors as for digits.

    Source: Fisher (1936), Table I.
    """
    x, y = _load("iris")
    return split(x.astype(floating(dtype)), y, seed=seed, test=test)


def wine(*, seed: int = 0, test: float = 0.2, dtype: Any = np.float64) -> Dataset:
    """178 wines of three growers: 13 chemical measurements whose sizes differ a thousandfold.

    x is (rows, 13), between 0.13 and 1,680; y is 0, 1 or 2, with 59, 71 and 48 rows. Errors as for
    digits.

    Source: Forina et al. (1988), PARVUS; Aeberhard, Coomans & de Vel (1992).
    """
    x, y = _load("wine")
    return split(x.astype(floating(dtype)), y, seed=seed, test=test)


def breast_cancer(*, seed: int = 0, test: float = 0.2, dtype: Any = np.float64) -> Dataset:
    """569 tumours, malignant or benign: 30 measurements of cell nuclei in an image.

    x is (rows, 30), between 0 and 4,254; y is 0 for the 212 malignant and 1 for the 357 benign.
    Errors as for digits.

    Source: Street, Wolberg & Mangasarian (1993).
    """
    x, y = _load("breast_cancer")
    return split(x.astype(floating(dtype)), y, seed=seed, test=test)


def diabetes(*, seed: int = 0, test: float = 0.2, dtype: Any = np.float64) -> Dataset:
    """442 patients: how far diabetes progressed within a year, from ten measurements before it.

    A regression: x is (rows, 10) with age, sex, body mass index, blood pressure and six blood
    values, between 1 and 301; y is (rows, 1), between 25 and 346. Errors as for digits.

    Source: Efron et al. (2004), Table 1.
    """
    x, y = _load("diabetes", scaled=False)
    kind = floating(dtype)
    return split(x.astype(kind), y.astype(kind)[:, None], seed=seed, test=test)


def _load(name: str, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    try:
        from sklearn import datasets
    except ImportError as error:
        words = name.replace("_", " ")
        raise ImportError(
            f"the data set {words} comes with scikit-learn: pip install scikit-learn"
        ) from error
    return getattr(datasets, f"load_{name}")(return_X_y=True, **options)
