"""Answers to the exercises on stochastic gradient descent: right, wrong, and harmless mutants."""

from typing import Any

RIGHT: dict[str, list[Any]] = {}
# In the stub: what is replaced, by what, and what the check must then say.
WRONG: dict[str, tuple[str, str, str]] = {}
EQUIVALENT: dict[str, dict[str, str]] = {}
