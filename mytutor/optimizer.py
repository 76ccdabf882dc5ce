"""Run a rule over a list of arrays: the one class around rules."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mytutor import execute, trace
from mytutor._checks import check_number, check_whole
from mytutor.arrays import fill_like, is_finite, is_floating
from mytutor.flat import aligned, views

__all__ = ["RANGES", "NonFiniteGradient", "Optimizer", "State"]

POSITIVE = (0.0, math.inf)
DECAY = (0.0, 1.0)

RANGES: Mapping[str, tuple[float, float]] = {
    "lr": POSITIVE,
    "eps": POSITIVE,
    "mu": DECAY,
    "rho": DECAY,
    "beta": DECAY,
    "beta1": DECAY,
    "beta2": DECAY,
    "beta3": DECAY,
    "weight_decay": POSITIVE,
    "trust": POSITIVE,
    "dampening": POSITIVE,
    "psi": POSITIVE,
    "grow": POSITIVE,
    "shrink": POSITIVE,
    "low": POSITIVE,
    "high": POSITIVE,
}
"""Where the field's hyperparameters may lie: low <= value < high. Other names take any number."""


class NonFiniteGradient(ValueError):
    """A gradient has a NaN or infinite element: the descent has diverged."""


class State(NamedTuple):
    """What an optimizer remembers: the steps done and, for every parameter, the rule's slots."""

    t: int
    slots: tuple[tuple[Any, ...], ...]


class Optimizer:
    """A rule with its hyperparameters, each a number or a schedule (a function of the step t).

    ``init`` and ``update`` are pure: they return new lists and write into nothing they are given;
    ``update_`` writes in place. Raises TypeError for a hyperparameter that the rule doesn't have
    and ValueError for one out of range.

    >>> optimizer = Optimizer(adam, lr=0.01)
    >>> state = optimizer.init(params)
    >>> params, state = optimizer.update(params, grads, state)
    """

    __slots__ = ("hyperparameters", "rule")

    def __init__(
        self, rule: Callable[..., Any], **hyperparameters: float | Callable[[int], float]
    ) -> None:
        if not callable(rule):
            raise TypeError(f"rule is {rule!r}; expected a function such as mytutor.rules.adam")
        known = trace.hyperparameters(rule)
        for name, value in hyperparameters.items():
            if name not in known:
                names = ", ".join(known) or "none"
                raise TypeError(
                    f"rule {rule.__name__!r} has no hyperparameter {name!r}; it has: {names}"
                )
            if not callable(value):
                _check_range(rule.__name__, name, value)
        self.rule = rule
        self.hyperparameters = {**known, **hyperparameters}

    def __repr__(self) -> str:
        settings = "".join(f", {name}={value!r}" for name, value in self.hyperparameters.items())
        return f"Optimizer({self.rule.__name__}{settings})"

    def init(self, params: Sequence[Any], **initial: float) -> State:
        """State before the first step: every slot of the rule at its initial value.

        ``initial`` overrides values of the rule, as in ``init(params, s=0.1)``. Raises TypeError
        for a slot that the rule doesn't have or when params is no list of floating-point arrays.
        """
        check_params(params)
        slots = trace.state(self.rule)
        for name in initial:
            if name not in slots:
                names = ", ".join(slots) or "none"
                raise TypeError(
                    f"rule {self.rule.__name__!r} has no state {name!r}; it has: {names}"
                )
        check_number(**initial)
        values = {**slots, **initial}.values()
        columns = [_filled(params, value) for value in values]
        return State(0, tuple(zip(*columns, strict=True)) if columns else ((),) * len(params))

    def update(
        self, params: Sequence[Any], grads: Sequence[Any], state: State
    ) -> tuple[list[Any], State]:
        """Parameters and state after one step.

        Raises ValueError when a gradient has another shape than its parameter or when the state
        belongs to another list of parameters, NonFiniteGradient (a ValueError) when one is NaN or
        infinite, and TypeError for another dtype.
        """
        self._check(params, state)
        check_grads(params, grads)
        t = state.t + 1
        values = self.at(t)
        stepped = [
            _as_tuple(self.rule(x, g, t, *slots, **values))
            for x, g, slots in zip(params, grads, state.slots, strict=True)
        ]
        return [new[0] for new in stepped], State(t, tuple(new[1:] for new in stepped))

    def update_(
        self,
        params: Sequence[Any],
        grads: Sequence[Any],
        state: State,
        *,
        how: str = "auto",
        threads: int = 1,
    ) -> State:
        """One step that writes into the arrays of ``params`` and ``state``; return the new state.

        ``how`` is an executor of ``mytutor.execute``, ``threads`` the number that share the work.
        Raises what ``update`` raises, except that gradients aren't searched for NaN, which would
        read them once more, and ValueError for arrays that can't be written or lie apart.

        Source: in-place updates with PyTorch's naming, a trailing underscore.
        """
        self._check(params, state)
        check_whole("threads", threads, 1)
        if not isinstance(grads, (list, tuple)) or len(grads) != len(params):
            check_grads(params, grads)
        t = state.t + 1
        values = self.at(t)
        try:
            execute.steps_(
                self.rule, params, grads, t, state.slots, values, how=how, threads=threads
            )
        except ValueError:
            check_fit(params, grads)  # says which gradient, if it is one
            raise
        return State(t, state.slots)

    def _check(self, params: Sequence[Any], state: State) -> None:
        check_params(params)
        _check_state(state, len(trace.state(self.rule)), self.rule.__name__)
        if len(state.slots) != len(params):
            raise ValueError(
                f"the state is of {len(state.slots)} arrays and params of {len(params)}; "
                "call init(params) for a fresh state"
            )
        for i, (x, slots) in enumerate(zip(params, state.slots, strict=True)):
            shape = x.shape
            for slot in slots:
                if slot.shape != shape:
                    raise ValueError(
                        f"the state of params[{i}] has shape {_shape(slot.shape)}; expected "
                        f"{_shape(shape)}: call init(params) for a fresh state"
                    )

    @property
    def scheduled(self) -> bool:
        """Whether a hyperparameter is a schedule, so that steps differ in it."""
        return any(map(callable, self.hyperparameters.values()))

    def at(self, t: int) -> dict[str, float]:
        """Hyperparameters of step t, counted from 1, with every schedule evaluated.

        Raises ValueError when a schedule leaves the range of its hyperparameter.
        """
        check_whole("t", t, 1, ", a step")
        return {name: self._at(name, t) for name in self.hyperparameters}

    def _at(self, name: str, t: int) -> float:
        value = self.hyperparameters[name]
        if not callable(value):
            return value
        # A NumPy float64 scalar would promote float32 arrays; a Python float doesn't.
        scheduled = value(t)
        _check_range(self.rule.__name__, f"{name} at t={t}", scheduled, name)
        return float(scheduled)


def _filled(params: Sequence[Any], value: float) -> list[Any]:
    """An array like every parameter; those of one dtype of NumPy's as views of one vector."""
    if not params or any(type(x) is not np.ndarray or x.dtype != params[0].dtype for x in params):
        return [fill_like(x, value) for x in params]
    vector = aligned(sum(x.size for x in params), params[0].dtype)
    vector.fill(value)
    return views(vector, [x.shape for x in params])


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _check_range(rule: str, label: str, value: Any, name: str = "") -> None:
    low, high = RANGES.get(name or label, (-math.inf, math.inf))
    try:
        check_number(value=value)
    except TypeError:
        raise TypeError(
            f"{label} of {rule!r} is {reprlib.repr(value)}; expected a number or a function of "
            "the step t"
        ) from None
    number = float(value)
    if not (math.isfinite(number) and low <= number < high):
        bounds = f" with {low:g} <= {name or label} < {high:g}" if math.isfinite(low) else ""
        raise ValueError(f"{label} of {rule!r} is {value!r}; expected a finite number{bounds}")


def check_params(params: Sequence[Any]) -> None:
    """Refuse what is no list of floating-point arrays."""
    if not isinstance(params, (list, tuple)):
        raise TypeError(
            f"params is of type {type(params).__name__}; expected a list of arrays, "
            "so wrap a single array as [x]"
        )
    for i, x in enumerate(params):
        if not is_floating(x):
            found = getattr(x, "dtype", type(x).__name__)
            raise TypeError(
                f"params[{i}] is {found}; expected an array of floating-point numbers, "
                "for example np.array(x, dtype=float)"
            )


def check_grads(params: Sequence[Any], grads: Sequence[Any]) -> None:
    """Refuse gradients that don't fit the parameters one by one, or aren't finite."""
    check_fit(params, grads)
    for i, g in enumerate(grads):
        if not is_finite(g):
            raise NonFiniteGradient(
                f"grads[{i}] has a NaN or infinite element; expected finite numbers. "
                "A smaller learning rate or clipped gradients usually prevent this"
            )


def check_fit(params: Sequence[Any], grads: Sequence[Any]) -> None:
    """Refuse gradients that don't fit the parameters one by one."""
    if not isinstance(grads, (list, tuple)) or len(grads) != len(params):
        found = (
            f"{len(grads)} of them" if isinstance(grads, (list, tuple)) else type(grads).__name__
        )
        raise ValueError(f"grads is {found}; expected a list of {len(params)}, one for each param")
    for i, (x, g) in enumerate(zip(params, grads, strict=True)):
        if getattr(g, "shape", None) != x.shape:
            found = getattr(g, "shape", type(g).__name__)
            raise ValueError(
                f"grads[{i}] has shape {_shape(found)}; "
                f"expected {_shape(x.shape)}, that of params[{i}]"
            )
        if g.dtype != x.dtype:
            raise TypeError(
                f"grads[{i}] is {g.dtype}; expected {x.dtype}, the dtype of params[{i}]"
            )


def _check_state(state: Any, slots: int, rule: str) -> None:
    if not isinstance(state, State):
        raise TypeError(
            f"state is of type {type(state).__name__}; expected what init(params) or the last "
            "update returned"
        )
    for found in state.slots:
        if len(found) != slots:
            raise ValueError(
                f"the state has {len(found)} slots for each array and {rule!r} has {slots}: it is "
                "of another rule; call init(params) for a fresh state"
            )


def _shape(shape: Any) -> Any:
    return tuple(shape) if isinstance(shape, Sequence) and not isinstance(shape, str) else shape
