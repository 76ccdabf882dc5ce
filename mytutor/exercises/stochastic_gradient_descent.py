"""Exercises on stochastic gradient descent: a rate that decreases, the noise ball, the saddle."""

from __future__ import annotations

import math

import numpy as np

from mytutor import rules, schedules
from mytutor.checking import (
    Case,
    FunctionQuestion,
    Misconception,
    NumberQuestion,
    Question,
    WrongValue,
)

CHAPTER, PAGE = "Stochastic gradient descent", "descent/stochastic-gradient-descent"

ROUND = (
    (1, 1.0, 0.5, 1.0),
    (2, 1.0, 0.5, 1.0),
    (2, 1.0, 1.0, 2.0),
    (3, 1.0, 0.5, 2.0),
    (4, 2.0, 1.0, 0.5),
    (9, 0.5, 3.0, 0.5),
)


def _cases(rng: np.random.Generator) -> list[Case]:
    """Steps and settings: round numbers, then random ones, then the first and a late step."""
    rows = [*ROUND]
    for t in (2, 3, 5, 20, 100):
        high, rate, power = rng.uniform((0.05, 0.02, 0.55), (0.5, 0.3, 0.95))
        rows.append((t, float(high), float(rate), float(power)))
    cases = [_case(*row) for row in rows]
    plain = {"t": 7, "high": 0.25, "rate": 0.125}
    return [
        *cases,
        _case(1, 0.3, 0.7, 0.75, about="the first step, whose rate is `high`"),
        _case(50_001, 0.001, 0.01, 0.95, about="a late step"),  # below any floor that one might add
        Case(plain, 1, about="calls that leave the power at its default"),
    ]


def _case(t: int, high: float, rate: float, power: float, about: str = "") -> Case:
    return Case({"t": t, "high": high, "rate": rate, "power": power}, 1, about)


WHOLE = "high / (1 + rate * (t - 1)) ** power"
BASE = "(1 + rate * (t - 1)) ** power"

decreasing_rate = FunctionQuestion(
    name="decreasing-rate",
    reference=schedules.inverse_time,
    outputs=("rate",),
    make_cases=_cases,
    misconceptions=(
        Misconception(
            "`t` in place of the finished steps",
            "At the first step no step is finished, so the rate is still `high`; here it has "
            "already decreased.",
            {"t - 1": "t"},
        ),
        Misconception(
            "one finished step too few",
            "`t` counts from 1, so t - 1 steps are finished, not t - 2.",
            {"t - 1": "t - 2"},
        ),
        Misconception(
            "power left out",
            "It is 1 / t whatever the power; a power below 1 makes the rate fall more slowly.",
            {BASE: "(1 + rate * (t - 1))"},
        ),
        Misconception(
            "power on the step alone",
            "The power belongs to the whole bracket, 1 + rate times the finished steps.",
            {BASE: "(1 + rate * (t - 1) ** power)"},
        ),
        Misconception(
            "power on the product alone",
            "The power belongs to the whole bracket; here the 1 is added after it.",
            {BASE: "(1 + (rate * (t - 1)) ** power)"},
        ),
        Misconception(
            "power on `high` too",
            "The power belongs to the bracket below; `high` is the rate of the first step as it "
            "is.",
            {WHOLE: "(high / (1 + rate * (t - 1))) ** power"},
        ),
        Misconception(
            "power as a factor",
            "The bracket is multiplied by the power in place of being raised to it.",
            {BASE: "((1 + rate * (t - 1)) * power)"},
        ),
        Misconception(
            "multiplied in place of divided",
            "The rate grows from step to step.",
            {WHOLE: "high * (1 + rate * (t - 1)) ** power"},
        ),
        Misconception(
            "exponential decay",
            "Dividing by the same factor after every step is exponential decay. Its rates have a "
            "finite sum, so the steps end before the way does.",
            {WHOLE: "high / (1 + rate) ** (power * (t - 1))"},
            section="Steps that decrease",
        ),
        Misconception(
            "`rate` added",
            "`rate` is multiplied by the number of finished steps, not added to it.",
            {"rate * (t - 1)": "rate + (t - 1)"},
        ),
        Misconception(
            "`rate` left out",
            "The bracket is t itself; `rate` says how soon the decrease begins.",
            {"rate * (t - 1)": "(t - 1)"},
        ),
        Misconception(
            "the 1 left out",
            "Without the 1 the first rates are not `high` but far larger or smaller, as `rate` "
            "wants it.",
            {"1 + rate * (t - 1)": "rate * t"},
        ),
        Misconception(
            "a staircase",
            "Whole numbers of rate times steps make stairs, as Keras does with `staircase=True`; "
            "asked for is a smooth fall.",
            {"rate * (t - 1)": "(rate * (t - 1)) // 1"},
        ),
        Misconception(
            "`high` left out",
            "The rate begins at 1 in place of `high`.",
            {"high": "1"},
        ),
        Misconception(
            "power as a factor of the rate",
            "The rate is multiplied by the power, and the bracket isn't raised to it.",
            {WHOLE: "high / (1 + rate * (t - 1)) * power"},
        ),
        Misconception(
            "power as a factor of the steps",
            "The power multiplies the finished steps in place of being the bracket's exponent.",
            {BASE: "(1 + rate * (t - 1) * power)"},
        ),
        Misconception(
            "one over the power",
            "The bracket is raised to 1 / power, a root in place of the power.",
            {"power": "(1 / power)"},
        ),
        Misconception(
            "the square root, whatever the power",
            "A power of 1/2 stands where `power` should.",
            {"power": "0.5"},
        ),
        Misconception(
            "brackets missing below the line",
            "Without brackets only the 1 is below the line, and the rest is added to `high`.",
            {WHOLE: "high / 1 + rate * (t - 1) ** power"},
        ),
        Misconception(
            "`high` in the bracket",
            "With `high` times `rate` in the bracket it is the decrease of PyTorch's ASGD; asked "
            "for is `rate` alone.",
            {"rate * (t - 1)": "high * rate * (t - 1)"},
            section="Conventions",
        ),
        Misconception(
            "steps divided by `rate`",
            "The finished steps are divided by `rate`, as if it were a number of steps (Keras' "
            "`decay_steps`); here they are multiplied by it.",
            {"rate * (t - 1)": "(t - 1) / rate"},
            section="Conventions",
        ),
        Misconception(
            "exponential decay, e to the power",
            "Exponential decay has rates with a finite sum, so the steps end before the way does.",
            {WHOLE: "high * math.exp(-rate * (t - 1))"},
            section="Steps that decrease",
        ),
        Misconception(
            "exponential decay, `rate` as the factor",
            "Multiplying by the same factor after every step is exponential decay. Its rates have "
            "a finite sum, so the steps end before the way does.",
            {WHOLE: "high * rate ** (t - 1)"},
            section="Steps that decrease",
        ),
        Misconception(
            "a straight line",
            "A rate that falls along a straight line is negative in the end; asked for is a "
            "fraction, which stays positive.",
            {WHOLE: "high - rate * (t - 1)"},
        ),
    ),
    hints=(
        "At the first step the rate is `high`. After many steps it falls as one over their number "
        "to the power asked for. One fraction does both.",
        "Divide `high` by (1 + rate times the finished steps), raised to `power`. At step t, t - 1 "
        "steps are finished.",
        "`return high / (1 + rate * ...) ** power`",
    ),
    why=(
        "For powers above 1/2 and up to 1 the rates add up to infinity and their squares don't: "
        "both conditions of Robbins and Monro hold. With 1 / rate steps the decrease begins to "
        "show."
    ),
    chapter=CHAPTER,
    page=PAGE,
    variable="inverse_time",
    section="Steps that decrease",
)


def _level() -> str:
    """Run the path of the question and measure its variance."""
    rng, x, seen = np.random.default_rng(0), np.zeros(2000), []
    for t in range(1, 401):
        x = rules.sgd(x, 4 * x + 3 * rng.standard_normal(2000), t, lr=0.1)
        seen.append(float(x.var()))
    return f"2000 runs of 400 steps end with a variance of {np.mean(seen[100:]):.2f}."


noise_level = NumberQuestion(
    name="noise-level",
    variable="variance",
    section="The noise ball",
    answer=0.1 * 9 / (4 * (2 - 0.1 * 4)),
    tolerance=0.01,
    kind="derive",
    chapter=CHAPTER,
    page=PAGE,
    wrong={
        0.1 * 9 / (2 * 4): WrongValue(
            "small rates only",
            "lr sigma² / (2 L) is what is left for tiny rates; here lr L is 0.4, and 2 - lr L is "
            "well below 2.",
        ),
        0.1 * 3 / (4 * 1.6): WrongValue(
            "sigma not squared",
            "A variance needs the variance of the noise, sigma² = 9, not its standard deviation.",
        ),
        0.375: WrongValue(
            "the standard deviation",
            "0.375 is the typical distance; the variance is its square.",
        ),
        0.28125: WrongValue(
            "the excess loss",
            "0.28 is the excess loss, L / 2 times the variance; asked for is the variance.",
        ),
        0.225: WrongValue(
            "excess loss for small rates, or a factor not squared",
            "0.225 is lr sigma² / 4, an approximate excess loss; it also comes out with the factor "
            "1 - lr L in place of its square, by which variances shrink.",
        ),
        0.1 * 9 / (2 - 0.4): WrongValue(
            "curvature left out",
            "0.56 is right for 1 - (1 - lr)². The path shrinks by 1 - lr L a step, so the "
            "curvature stands below too.",
        ),
        0.01 * 9: WrongValue(
            "one step's noise",
            "lr² sigma² is what one step adds; the noise of earlier steps is still there, less "
            "what has faded.",
        ),
        0.01 * 9 / 0.36: WrongValue(
            "divided by what is kept, or half the curvature",
            "0.25 is 0.09 / 0.36, and 0.36 is what a step keeps of the variance: the level is "
            "lr² sigma² over what it loses, 1 - 0.36. It also comes out for the curvature 2, and "
            "that of 2x² is 4.",
        ),
        0.01 * 9 / (1 - 0.16): WrongValue(
            "what is lost, squared",
            "0.107 is 0.09 / (1 - 0.4²). A step keeps the part 1 - 0.4 of x, so 0.6² of its "
            "variance.",
        ),
        0.1 * 3 / (2 * 4): WrongValue(
            "sigma not squared, and small rates only",
            "lr sigma / (2 L) misses two things: the variance of the noise is sigma² = 9, and "
            "2 - lr L isn't 2.",
        ),
        9.0: WrongValue(
            "the noise itself", "9 is the variance of the gradients, not of the parameter."
        ),
    },
    seen=_level,
    hints=(
        "Write the variance after a step with the variance before it, and ask which variance "
        "reproduces itself.",
        "A step multiplies x by 1 - lr L and adds lr times the noise, so V becomes (1 - lr L)² V + "
        "lr² sigma².",
        "V = lr² sigma² / (1 - (1 - lr L)²), with lr = 0.1, L = 4 and sigma = 3.",
    ),
    why=("V = 0.36 V + 0.09 gives V = 0.09 / 0.64, which is lr sigma² / (L (2 - lr L)) = 0.1406."),
)


def _escape(noise: float) -> float:
    """The median step at which 200 runs from the ridge of the saddle pass a height of 1/2."""
    rng, y, left = np.random.default_rng(0), np.zeros(200), np.zeros(200)
    for t in range(1, 301):
        y = rules.sgd(y, y**3 - y + noise * rng.standard_normal(200), t, lr=0.1)
        left[(left == 0) & (abs(y) > 0.5)] = t
    return float(np.median(left))


def _delays() -> str:
    before, after = _escape(1e-6), _escape(1e-7)
    return f"Medians of 200 runs: step {before:.0f} with noise 1e-6, step {after:.0f} with 1e-7."


escape_delay = NumberQuestion(
    name="escape-delay",
    variable="later",
    section="Saddle points",
    answer=math.log(10) / math.log(1.1),
    tolerance=0.02,
    chapter=CHAPTER,
    page=PAGE,
    wrong={
        math.log(10) / 0.1: WrongValue(
            "1 + lr taken for e to the power lr",
            "23 is log(10) / lr, for steps so small that 1 + lr is e^lr. Here one step multiplies "
            "by 1.1, so it takes log(10) / log(1.1).",
        ),
        159.0 * 9: WrongValue(
            "ten times as long",
            "The time isn't inversely proportional to the noise: the distance grows exponentially, "
            "so a tenth of the noise is made up for in a fixed number of steps.",
        ),
        159.0 * 10: WrongValue(
            "ten times the time in all",
            "Asked for is how many steps later, and the time grows with the logarithm alone.",
        ),
        159.0 + 24.16: WrongValue(
            "the time in all",
            "That is about the step at which it leaves; asked for is how much later it is.",
        ),
        math.log(10): WrongValue(
            "learning rate left out",
            "log(10) would be right if each step multiplied by e; here it multiplies by 1.1.",
        ),
        1 / math.log10(1.1) / math.log(10): WrongValue(
            "decimal and natural logarithm mixed",
            "Take both logarithms to the same base.",
        ),
        0.0: WrongValue(
            "no later",
            "It does leave later: the noise is all that there is to start from.",
        ),
        25.0: WrongValue(
            "rounded up",
            "25 is the number rounded up to whole steps; asked for is the nearest one.",
        ),
        159.0 / 6: WrongValue(
            "in proportion to the digits",
            "26.5 is a sixth of 159, as if the time were proportional to log(1 / noise). It is "
            "proportional to log(r / s), and s isn't the noise alone. What counts is the "
            "difference of two times, in which all but the factor 10 cancels.",
        ),
        -math.log(10) / math.log(1.1): WrongValue(
            "sooner in place of later",
            "The size is right. Less noise means a longer stay, so the number is positive.",
        ),
        10.0: WrongValue(
            "1 / lr",
            "In 1 / lr steps the distance grows by a factor of about e, not of 10.",
        ),
        math.log(10) / math.log(1.1) / 2: WrongValue(
            "square root of the noise",
            "The distance is proportional to the noise itself, the square root of its variance.",
        ),
        2 * math.log(10) / math.log(1.1): WrongValue(
            "variance in place of deviation",
            "1e-6 and 1e-7 are standard deviations: the distance is a tenth, not a hundredth.",
        ),
        math.log(10) / -math.log(0.9): WrongValue(
            "shrinking in place of growing",
            "1 - lr is the factor across the saddle, where the path shrinks; along the way out it "
            "is 1 + lr.",
        ),
    },
    seen=_delays,
    hints=(
        "Near the saddle everything is proportional to the noise. So the path with a tenth of it "
        "looks the same, a tenth as large. How long until it has caught up?",
        "The distance from the ridge is multiplied by 1 + lr = 1.1 in every step.",
        "Solve 1.1^k = 10 for k, with logarithms.",
    ),
    why=(
        "A tenth of the noise is a tenth of the distance, and 1.1^k = 10 for k = log(10) / "
        "log(1.1) = 24.2 steps."
    ),
)

QUESTIONS: tuple[Question, ...] = (decreasing_rate, noise_level, escape_delay)
