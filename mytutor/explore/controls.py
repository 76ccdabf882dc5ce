"""What a reader can set: sliders, choices, buttons, a point to drag, a rule with its sliders.

Every slider moves over a grid of short numbers that the browser generates in the same way, so that
what is displayed is exactly what is computed with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mytutor import trace
from mytutor.optimizer import RANGES

__all__ = ["Button", "Choice", "Point", "RuleChoice", "Slider", "hyperparameter_slider"]

# The preferred numbers E24 of IEC 60063: a decade in 24 nearly equal ratios.
MANTISSAS = (
    *("1", "1.1", "1.2", "1.3", "1.5", "1.6", "1.8", "2", "2.2", "2.4", "2.7", "3"),
    *("3.3", "3.6", "3.9", "4.3", "4.7", "5.1", "5.6", "6.2", "6.8", "7.5", "8.2", "9.1"),
)


@dataclass(frozen=True)
class Slider:
    """A number between low and high.

    ``scale`` is 'linear' (multiples of ``step``), 'log' (24 values a decade, low > 0) or 'decay'
    (from 0 towards 1, ever finer: 0.9, 0.91, ..., 0.99, 0.991, ...; low 0, high below 1).
    """

    name: str
    label: str
    low: float
    high: float
    value: float
    scale: str = "linear"
    step: float = 1.0

    def __post_init__(self) -> None:
        if self.scale not in ("linear", "log", "decay"):
            raise ValueError(f"scale is {self.scale!r}; expected 'linear', 'log' or 'decay'")
        if not (math.isfinite(self.value) and self.low <= self.value <= self.high):
            raise ValueError(
                f"slider {self.name!r} starts at {self.value!r}; "
                f"expected a number from {self.low} to {self.high}"
            )

    def values(self) -> dict[str, Any]:
        """The value by the name under which the model finds it."""
        return {self.name: self.value}

    def grid(self) -> list[float]:
        """The values that the slider stops at, in increasing order."""
        if self.scale == "linear":
            count = round((self.high - self.low) / self.step)
            return [round(self.low + i * self.step, 10) for i in range(count + 1)]
        if self.scale == "log":
            decades = range(round(math.log10(self.low)), round(math.log10(self.high)))
            values = [float(f"{m}e{d}") for d in decades for m in MANTISSAS]
            return [*values, self.high]
        values = [round(0.05 * i, 2) for i in range(18)]
        for digits in range(2, 5):
            values += [round(1 - i * 10**-digits, digits) for i in range(10, 1, -1)]
        return [value for value in values if value < self.high] + [self.high]

    def description(self) -> dict[str, Any]:
        """The slider as the engine reads it."""
        shape = {"low": self.low, "high": self.high, "value": self.value}
        scale = {"scale": self.scale} | ({"step": self.step} if self.scale == "linear" else {})
        return {"kind": "slider", "name": self.name, "label": self.label, **shape, **scale}


@dataclass(frozen=True)
class Choice:
    """One of several names; choosing one may set other values: ``sets[option][name] = value``."""

    name: str
    label: str
    options: tuple[str, ...]
    value: str
    sets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """The value by the name under which the model finds it."""
        return {self.name: self.value}

    def description(self) -> dict[str, Any]:
        """The choice as the engine reads it."""
        base = {"kind": "choice", "name": self.name, "label": self.label, "value": self.value}
        return {**base, "options": list(self.options)} | ({"sets": self.sets} if self.sets else {})


@dataclass(frozen=True)
class Button:
    """A button that sets the values which the model returns under ``jumps[name]``."""

    name: str
    label: str

    def values(self) -> dict[str, Any]:
        """Nothing: a button has no value."""
        return {}

    def description(self) -> dict[str, Any]:
        """The button as the engine reads it."""
        return {"kind": "button", "name": self.name, "label": self.label}


@dataclass(frozen=True)
class Point:
    """A point of a plane, set by a click, a tap or the arrow keys."""

    name: str
    label: str
    value: tuple[float, float]

    def values(self) -> dict[str, Any]:
        """The value by the name under which the model finds it."""
        return {self.name: list(self.value)}

    def description(self) -> dict[str, Any]:
        """The point as the engine reads it."""
        value = list(self.value)
        return {"kind": "point", "name": self.name, "label": self.label, "value": value}


@dataclass(frozen=True)
class RuleChoice:
    """The choice of an update rule, followed by the sliders of the chosen one.

    A hyperparameter's value is found by the model under ``<name>.<rule>.<hyperparameter>``.
    ``style`` is the colour, line and marker of its path.
    """

    name: str
    label: str
    options: tuple[str, ...]
    value: str
    sliders: Mapping[str, tuple[Slider, ...]]
    style: int
    start: Mapping[str, float] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """The values by the names under which the model finds them."""
        found: dict[str, Any] = {self.name: self.value}
        for rule, sliders in self.sliders.items():
            for slider in sliders:
                key = f"{rule}.{slider.name}"
                found[f"{self.name}.{key}"] = self.start.get(key, slider.value)
        return found

    def description(self) -> dict[str, Any]:
        """The choice as the engine reads it; its sliders are shared and described once."""
        base = {"kind": "rule", "name": self.name, "label": self.label, "value": self.value}
        return {**base, "options": list(self.options), "style": self.style, "start": self.start}


def hyperparameter_slider(rule: Callable[..., Any], name: str) -> Slider:
    """A slider for a hyperparameter, its scale and range chosen by its published default.

    Decay factors by ``mytutor.optimizer.RANGES`` move towards 1 in ever finer steps, other
    positive defaults over decades, zero and negative ones over a linear range.
    """
    default = float(trace.hyperparameters(rule)[name])
    decay = RANGES.get(name) == (0.0, 1.0)
    if name == "lr":
        return Slider(name, name, min(1e-5, default), 10.0, default, "log")
    if decay:
        return Slider(name, name, 0.0, max(0.9999, default), default, "decay")
    if default > 0:
        decade = math.floor(math.log10(default))
        low, high = 10.0 ** max(decade - 2, -300), 10.0 ** (decade + 3)
        if name.startswith("eps"):  # large values show what it does: it damps the division
            high = max(high, 1.0)
        return Slider(name, name, low, high, default, "log")
    low, high = min(0.0, 2 * default), max(1.0, -2 * default)
    return Slider(name, name, low, high, default, "linear", 0.01)
