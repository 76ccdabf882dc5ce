"""Schedules: a number for every step t, counted from 1 as in the rules.

All but ``t`` is keyword-only and bound with ``functools.partial``::

    Optimizer(sgd, lr=partial(cosine, total=1000, high=0.1))

PyTorch's schedulers count from 0, so their k-th value is the one of t = k + 1. A schedule of a
total length refuses later steps; ``hold`` keeps its last value instead. After ``total`` updates
comes t = total + 1, where a cosine or a polynomial has reached its floor.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from mytutor._checks import check_callable, check_number

__all__ = [
    "constant",
    "cosine",
    "exp_range",
    "exponential",
    "hold",
    "inverse_time",
    "multi_step",
    "noam",
    "one_cycle",
    "piecewise",
    "polynomial",
    "sequence",
    "step_decay",
    "triangular",
    "triangular2",
    "warm_restarts",
    "warmup",
]

Schedule = Callable[[int], float]


def constant(t: int, *, value: float) -> float:
    """The same number at every step.

    Source: Robbins & Monro (1951) discuss why it can't converge under noise. PyTorch ``ConstantLR``
    with factor 1.
    """
    _check(t, value=value)
    return value


def step_decay(t: int, *, high: float, factor: float = 0.1, every: int) -> float:
    """Multiply by a factor after every so many steps.

    Source: Krizhevsky, Sutskever & Hinton (2012), Section 5, by hand. PyTorch ``StepLR`` and Keras
    ``ExponentialDecay(staircase=True)`` agree.
    """
    _check(t, high=high, factor=factor)
    _check_count(every=every)
    return high * factor ** ((t - 1) // every)


def multi_step(t: int, *, high: float, factor: float = 0.1, milestones: Sequence[int]) -> float:
    """Multiply by a factor at each milestone, a number of finished steps.

    Source: He et al. (2016), Section 3.4. PyTorch ``MultiStepLR`` agrees; Keras'
    ``PiecewiseConstantDecay`` changes one step later and takes values in place of a factor.
    """
    _check(t, high=high, factor=factor)
    _check_boundaries("milestones", milestones)
    return high * factor ** sum(t - 1 >= milestone for milestone in milestones)


def piecewise(t: int, *, values: Sequence[float], boundaries: Sequence[int]) -> float:
    """values[i] until boundaries[i] steps are done; one value more than boundaries.

    Source: Keras ``PiecewiseConstantDecay``, which changes one step later; optax
    ``piecewise_constant_schedule`` changes here but takes factors. Raises ValueError for other
    lengths or boundaries that don't increase.
    """
    _check(t)
    _check_boundaries("boundaries", boundaries)
    _check_list("values", values, "numbers")
    for i, value in enumerate(values):
        check_number(**{f"values[{i}]": value})
    if len(values) != len(boundaries) + 1 or list(boundaries) != sorted(set(boundaries)):
        raise ValueError(
            f"values has {len(values)} entries and boundaries is {list(boundaries)}; "
            "expected increasing boundaries and one value more"
        )
    return values[sum(t - 1 >= boundary for boundary in boundaries)]


def exponential(t: int, *, high: float, factor: float) -> float:
    """Multiply by a factor after every step.

    Source: Bottou (2012), Section 4, compares it with 1/t. PyTorch ``ExponentialLR`` agrees; Keras
    and optax spread the factor over ``decay_steps``.
    """
    _check(t, high=high, factor=factor)
    return high * factor ** (t - 1)


def inverse_time(t: int, *, high: float, rate: float, power: float = 1.0) -> float:
    """high / (1 + rate * finished steps), to a power.

    Source: Robbins & Monro (1951), whose two conditions hold for powers above 1/2 up to 1; Bottou
    (2012), Equation (5). Keras ``InverseTimeDecay`` agrees with power 1.
    """
    _check(t, high=high, rate=rate, power=power)
    return high / (1 + rate * (t - 1)) ** power


def polynomial(t: int, *, total: int, high: float, low: float = 0.0, power: float = 1.0) -> float:
    """From high down to low along a power of the time left; power 1 is a straight line.

    Source: Chen et al. (2017), Section 4.1, 'poly'. PyTorch ``PolynomialLR`` agrees with low = 0.
    Raises ValueError past the end.
    """
    _check_count(total=total)
    _check(t, total + 1, high=high, low=low, power=power)
    return low + (high - low) * (1 - (t - 1) / total) ** power


def cosine(t: int, *, total: int, high: float, low: float = 0.0) -> float:
    """From high down to low along half a wave of the cosine.

    Loshchilov & Hutter (2017), Equation (5).

    PyTorch ``CosineAnnealingLR`` agrees up to its end and climbs again after it. Keras and optax
    stay at the floor, which they give as a fraction of high. Raises ValueError past the end.
    """
    _check_count(total=total)
    _check(t, total + 1, high=high, low=low)
    return low + (high - low) * (1 + math.cos(math.pi * (t - 1) / total)) / 2


def warm_restarts(t: int, *, first: int, multiple: int = 1, high: float, low: float = 0.0) -> float:
    """SGDR: cosine cycles that start anew, each so many times longer than the last.

    Loshchilov & Hutter (2017), Equation (5), with T_0 = first and T_mult = multiple.

    PyTorch ``CosineAnnealingWarmRestarts`` and Keras ``CosineDecayRestarts`` (m_mul = 1) agree.
    """
    _check(t, high=high, low=low)
    _check_count(first=first, multiple=multiple)
    done, length = t - 1, first
    while done >= length:
        done, length = done - length, length * multiple
    return low + (high - low) * (1 + math.cos(math.pi * done / length)) / 2


def triangular(t: int, *, low: float, high: float, half: int) -> float:
    """From low to high and back in straight lines, half a cycle long each.

    Smith (2017), Section 3.1, listing 1.

    PyTorch ``CyclicLR(mode='triangular')`` agrees. Raises ValueError for high below low.
    """
    height = _triangle(t, low, high, half)
    return low + (high - low) * height


def triangular2(t: int, *, low: float, high: float, half: int) -> float:
    """Triangles, each half as high as the one before.

    Smith (2017), Section 3.1.

    PyTorch ``CyclicLR(mode='triangular2')`` agrees. Raises ValueError for high below low.
    """
    height = _triangle(t, low, high, half)
    return low + (high - low) * height / 2 ** ((t - 1) // (2 * half))


def exp_range(t: int, *, low: float, high: float, half: int, factor: float) -> float:
    """Triangles whose height shrinks by a factor at every step.

    Smith (2017), Section 3.1.

    PyTorch ``CyclicLR(mode='exp_range')`` agrees. Raises ValueError for high below low.
    """
    _check(t, factor=factor)
    height = _triangle(t, low, high, half) * factor ** (t - 1)
    return low + (high - low) * height


def one_cycle(
    t: int,
    *,
    total: int,
    high: float,
    rising: float = 0.3,
    start: float = 25.0,
    end: float = 1e4,
) -> float:
    """Up to high along a cosine and down to nearly nothing along another, once.

    It begins at high / start and ends at high / start / end; ``rising`` is the fraction of the
    steps on the way up.

    Smith & Topin (2018), with the cosines of fastai.

    PyTorch ``OneCycleLR`` agrees, both phases counted as there: the peak after rising * total - 1
    steps, the end after total - 1. optax ends one step later. Raises ValueError past the end.
    """
    _check_count(total=total)
    _check(t, total, high=high, start=start, end=end)
    check_number(rising=rising)
    for name, value in (("start", start), ("end", end)):
        if not value > 0:
            raise ValueError(f"{name} is {value!r}; expected a positive number to divide by")
    if not 0 < rising < 1:
        raise ValueError(f"rising is {rising!r}; expected a fraction of the steps between 0 and 1")
    done, peak, last = t - 1, rising * total - 1, total - 1
    if done <= peak:
        return _cosine_between(high / start, high, done / peak)
    return _cosine_between(high, high / start / end, (done - peak) / (last - peak))


def noam(t: int, *, width: int, warmup: int = 4000, scale: float = 1.0) -> float:
    """Linear warm-up, then the inverse square root of the step; the peak falls with the width.

    Vaswani et al. (2017), Equation (3).

    PyTorch, Keras and optax have none; it is written as a lambda everywhere.
    """
    _check(t, scale=scale)
    _check_count(width=width, warmup=warmup)
    return scale * width**-0.5 * min(t**-0.5, t * warmup**-1.5)


def warmup(schedule: Schedule, *, steps: int, start: float = 0.0) -> Schedule:
    """A schedule that begins after so many steps of a straight line up to its first value.

    The line goes from ``start`` (not itself used) to schedule(1) at t = steps + 1, so the steps of
    the warm-up come on top of those of the schedule, as in Keras; optax counts them in.

    Source: Goyal et al. (2017), Section 2.2, 'gradual warmup'.
    """
    check_callable(schedule=schedule)
    _check_count(steps=steps)
    _check(1, start=start)

    def warmed(t: int) -> float:
        _check(t)
        if t > steps:
            return schedule(t - steps)
        return start + (schedule(1) - start) * t / (steps + 1)

    return warmed


def sequence(schedules: Sequence[Schedule], *, boundaries: Sequence[int]) -> Schedule:
    """One schedule after another, each counting from 1 again after boundaries[i] finished steps.

    PyTorch ``SequentialLR`` and optax ``join_schedules`` agree. Raises ValueError unless there is
    one schedule more than increasing boundaries.

    Source: Loshchilov & Hutter (2017), Section 3, for the idea of a restart.
    """
    _check_boundaries("boundaries", boundaries)
    _check_list("schedules", schedules, "functions of the step t")
    for i, schedule in enumerate(schedules):
        check_callable(**{f"schedules[{i}]": schedule})
    if len(schedules) != len(boundaries) + 1 or list(boundaries) != sorted(set(boundaries)):
        raise ValueError(
            f"got {len(schedules)} schedules and boundaries {list(boundaries)}; "
            "expected increasing boundaries and one schedule more"
        )
    starts = [0, *boundaries]

    def joined(t: int) -> float:
        _check(t)
        i = sum(t - 1 >= boundary for boundary in boundaries)
        return schedules[i](t - starts[i])

    return joined


def hold(schedule: Schedule, *, last: int) -> Schedule:
    """A schedule that keeps its value of the step ``last`` for ever after.

    Source: what Keras and optax do at the end of every schedule.
    """
    check_callable(schedule=schedule)
    _check_count(last=last)

    def held(t: int) -> float:
        _check(t)
        return schedule(min(t, last))

    return held


def _triangle(t: int, low: float, high: float, half: int) -> float:
    _check(t, low=low, high=high)
    _check_count(half=half)
    if high < low:
        raise ValueError(f"high is {high!r} and low {low!r}; expected high to be at least low")
    done = (t - 1) % (2 * half)
    return 1 - abs(done / half - 1)


def _cosine_between(first: float, last: float, part: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * part)) / 2


def _check(t: int, last: int | None = None, **numbers: float) -> None:
    check_number(t=t)
    if not math.isfinite(t) or t != int(t) or t < 1:
        raise ValueError(f"t is {t!r}; expected the number of a step, counted from 1")
    if last is not None and t > last:
        raise ValueError(
            f"t is {t}, past the end of the schedule at t = {last}; "
            "hold(schedule, last=...) keeps its last value"
        )
    check_number(**numbers)
    for name, value in numbers.items():
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{name} is {value!r}; expected a finite number of at least 0")


def _check_list(name: str, values: Sequence[Any], of: str) -> None:
    if isinstance(values, str) or not hasattr(values, "__len__"):
        raise TypeError(f"{name} is {values!r}; expected a list of {of}")


def _check_boundaries(name: str, values: Sequence[int]) -> None:
    _check_list(name, values, "numbers of steps")
    for i, value in enumerate(values):
        _check_count(**{f"{name}[{i}]": value})


def _check_count(**counts: int) -> None:
    check_number(**counts)
    for name, value in counts.items():
        if not math.isfinite(value) or value != int(value) or value < 1:
            raise ValueError(f"{name} is {value!r}; expected a whole number of at least 1")
