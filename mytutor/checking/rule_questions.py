"""Questions on an update rule: cases and common misconceptions follow from its signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from mytutor.checking.functions import FunctionQuestion
from mytutor.checking.misconceptions import Misconception, wrong_version
from mytutor.checking.recording import Case
from mytutor.trace import hyperparameters, state

__all__ = ["rule_question"]

# Large enough that a misplaced epsilon shows, far enough from 0 and 1 that every power does.
RANGES: Mapping[str, tuple[float, float]] = {"lr": (0.01, 0.3), "eps": (0.01, 0.5)}
DECAYS = (0.5, 0.95)
SIMPLE: Mapping[str, float] = {"lr": 0.125, "eps": 0.5}
SIMPLE_DECAYS = (0.75, 0.875, 0.625)  # not 0.5, where 1 - mu would be mu


def rule_question(
    name: str,
    rule: Callable[..., Any],
    *,
    misconceptions: Sequence[Misconception],
    hints: tuple[str, str, str],
    why: str,
    chapter: str,
    page: str,
    variable: str = "",
    given: Misconception | None = None,
) -> FunctionQuestion:
    """A question whose answer is an update rule, named like it unless ``variable`` says otherwise.

    Mistakes that any rule invites (a step counted from 0, a fixed number in place of a parameter,
    the old state returned) are added to those given.
    """
    outputs = ("x", *state(rule))
    known = (*misconceptions, *_common(rule, outputs))
    if given is not None:
        known = (given, *known)
    return FunctionQuestion(
        name=name,
        reference=rule,
        outputs=outputs,
        make_cases=lambda rng: _cases(rule, rng),
        misconceptions=known,
        hints=hints,
        why=why,
        chapter=chapter,
        page=page,
        variable=variable or rule.__name__,
        given=given,
        kind="find the bug" if given else "implement",
    )


def _common(rule: Callable[..., Any], outputs: tuple[str, ...]) -> list[Misconception]:
    returned = ", ".join(outputs)
    found = [
        Misconception(
            f"`{name}` ignored",
            f"The number {value!r} stands where the parameter `{name}` should.",
            {name: repr(value)},
        )
        for name, value in hyperparameters(rule).items()
    ]
    found += [
        Misconception(
            f"`{name}` not updated",
            f"The `{name}` that came in is returned again, so nothing is remembered.",
            {returned: ", ".join(f"old_{n}" if n == name else n for n in outputs)},
        )
        for name in outputs
    ]
    found += [
        Misconception(
            "`t` one too small",
            "`t` is counted from 1, and here one less is used: at the first step that is 0.",
            {"t": "(t - 1)"},
        ),
        Misconception("`t` one too large", "`t` is already 1 at the first step.", {"t": "(t + 1)"}),
    ]
    return [m for m in found if wrong_version(rule, m)]  # a rule need not use t


def _cases(rule: Callable[..., Any], rng: np.random.Generator) -> list[Case]:
    """From one element with round numbers up to random arrays; then the special ones."""
    slots = list(state(rule))
    simple = [_simple(rule, g, t, s) for (t, s), g in product(FIRST, (1, 2, -1))]
    rows = [_random(rule, rng, shape, t) for shape in ((1,), (4,)) for t in (1, 1, 2, 3, 5, 20)]
    positional = 3 + len(slots)
    special = [
        _random(rule, rng, (3,), 1, g=np.zeros(3), about="a gradient of zero"),
        _random(rule, rng, (3,), 2, g=1e-3 * rng.normal(size=3), about="tiny gradients"),
        _random(rule, rng, (3,), 2, g=1e3 * rng.normal(size=3), about="huge gradients"),
        _single(_random(rule, rng, (3,), 3)),
        _without(_random(rule, rng, (3,), 1), slots, 3, FIRST_CALL.format(_zeros(slots))),
        _without(_random(rule, rng, (3,), 4), list(hyperparameters(rule)), positional, DEFAULTS),
        _random(rule, rng, (2, 3), 3, about="a matrix", optional=True),
        _random(rule, rng, (1, 1), 2, about="a matrix with one element", optional=True),
        _random(rule, rng, (), 3, about="an array without axes", optional=True),
    ]
    return [*simple, *rows, *special]


FIRST = ((1, 0), (2, 1))  # t, and the state that comes with it
FIRST_CALL = "the first call, which gives no state (it is then {}, plain numbers)"
DEFAULTS = "calls that leave the hyperparameters at their defaults"


def _zeros(slots: Sequence[str]) -> str:
    return " = ".join([*slots, "0.0"])


def _simple(rule: Callable[..., Any], g: float, t: int, s: float) -> Case:
    hyper = {}
    decays = iter(SIMPLE_DECAYS)
    for name in hyperparameters(rule):
        hyper[name] = SIMPLE[name] if name in SIMPLE else next(decays)
    slots = {name: np.array([float(s)]) for name in state(rule)}
    inputs = {"x": np.array([1.0]), "g": np.array([float(g)]), "t": t, **slots, **hyper}
    return Case(inputs, 3 + len(slots))


def _random(
    rule: Callable[..., Any],
    rng: np.random.Generator,
    shape: tuple[int, ...],
    t: int,
    g: np.ndarray | None = None,
    about: str = "",
    optional: bool = False,
) -> Case:
    """Random inputs; the state is positive, as a mean of squares is."""
    hyper = {
        name: float(np.round(rng.uniform(*RANGES.get(name, DECAYS)), 3))
        for name in hyperparameters(rule)
    }
    start = 0.0 if t == 1 else 1.0
    slots = {name: start * _rounded(rng.uniform(0.5, 2, size=shape)) for name in state(rule)}
    gradient = _rounded(rng.normal(size=shape)) if g is None else g
    inputs = {"x": _rounded(rng.normal(size=shape)), "g": gradient, "t": t, **slots, **hyper}
    inputs = {k: np.asarray(v) if k in ("x", "g", *slots) else v for k, v in inputs.items()}
    return Case(inputs, 3 + len(slots), about, optional)


def _rounded(values: Any) -> np.ndarray:
    return np.asarray(np.round(values, 3))


def _single(case: Case) -> Case:
    inputs = {
        name: value.astype(np.float32) if isinstance(value, np.ndarray) else value
        for name, value in case.inputs.items()
    }
    return Case(inputs, case.positional, "arrays of float32")


def _without(case: Case, names: Sequence[str], positional: int, about: str) -> Case:
    inputs = {name: value for name, value in case.inputs.items() if name not in names}
    return Case(inputs, positional, about)
