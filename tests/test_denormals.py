"""Denormal numbers are zero in compiled code that asks for it, and nowhere else."""

import platform

import numpy as np
import pytest

from mytutor.execute.denormals import flushing

numba = pytest.importorskip("numba")
TINY = np.array([1.2e-38], np.float32)  # half of it is denormal


def test_denormals_are_zero_inside_and_themselves_afterwards():
    halved = flushing(numba.njit(lambda x: x * np.float32(0.5)))
    expected = 0 if platform.machine() in ("x86_64", "AMD64") else 0.6e-38
    assert halved(TINY)[0] == pytest.approx(expected)
    assert (TINY * np.float32(0.5))[0] > 0
