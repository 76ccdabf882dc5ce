"""Exercises on Xavier and He: a bound, a standard deviation, and what several layers leave."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mytutor import fans
from mytutor.checking import FunctionQuestion, Misconception, NumberQuestion, Question, WrongValue
from mytutor.checking.recording import Case
from mytutor.initializers import xavier_normal

CHAPTER, PAGE = "Xavier and He", "initialization/xavier-and-he"


def _fans_and_gains(rng: np.random.Generator) -> list[Case]:
    """Fans with round results first; the two fans differ, or nobody could tell which is used."""
    simple = ((1, 5, 1.0), (2, 4, 2.0), (5, 1, 1.0), (20, 4, 3.0), (4, 20, 0.5), (100, 50, 1.0))
    drawn = rng.integers(2, 1000, size=(6, 2)).tolist()
    gains = rng.uniform(0.5, 2.5, size=6).round(3).tolist()
    cases = [(*pair, gain) for pair, gain in zip(drawn, gains, strict=True)]
    known = [
        Case({"fan_in": fan_in, "fan_out": fan_out, "gain": gain}, 2)
        for fan_in, fan_out, gain in (*simple, *cases)
    ]
    return [
        *known,
        Case({"fan_in": 64, "fan_out": 10}, 2, "calls that leave the gain at its default"),
        Case({"fan_in": 27, "fan_out": 27, "gain": 5 / 3}, 2, "equal fans"),
        Case({"fan_in": 100_000, "fan_out": 1, "gain": 1.0}, 2, "very different fans"),
    ]


BOUND = "gain * math.sqrt(6 / (fan_in + fan_out))"

xavier_bound = FunctionQuestion(
    name="xavier-bound",
    variable="xavier_bound",
    reference=fans.xavier_bound,
    outputs=("bound",),
    make_cases=_fans_and_gains,
    misconceptions=(
        Misconception(
            "standard deviation in place of the bound",
            "This is the standard deviation of the weights. Uniform numbers within a bound a have "
            "the variance a²/3, so the bound is √3 times as large.",
            {"6": "2"},
            section="Uniform numbers, orthogonal matrices",
        ),
        Misconception(
            "variance in place of the bound",
            "This is the variance, 2 gain² / (fan_in + fan_out). The bound is √3 times its root.",
            {BOUND: "gain**2 * 2 / (fan_in + fan_out)"},
            section="Uniform numbers, orthogonal matrices",
        ),
        Misconception(
            "root forgotten",
            "Without the root this is the square of the bound (at gain 1).",
            {"math.sqrt(6 / (fan_in + fan_out))": "6 / (fan_in + fan_out)"},
        ),
        Misconception(
            "sum of the fans in place of their mean",
            "The variance is one over the *mean* of the fans, 2 / (fan_in + fan_out). With the sum "
            "in its place it is half of that.",
            {"6": "3"},
            section="Backward",
        ),
        Misconception(
            "fan_in alone",
            "With fan_in alone it is LeCun's rule: the signal keeps its size and the gradient "
            "doesn't. Xavier's compromise has the mean of both fans.",
            {"6 / (fan_in + fan_out)": "3 / fan_in"},
            section="Said of Xavier",
        ),
        Misconception(
            "fan_out alone",
            "With fan_out alone the gradient keeps its size and the signal doesn't. Xavier's "
            "compromise has the mean of both fans.",
            {"6 / (fan_in + fan_out)": "3 / fan_out"},
            section="Said of Xavier",
        ),
        Misconception(
            "He's bound",
            "This is He's bound, for ReLU: fan_in alone, and twice the variance.",
            {"6 / (fan_in + fan_out)": "6 / fan_in"},
            section="The ReLU takes half",
        ),
        Misconception(
            "He's bound of the way back",
            "This is He's bound for the gradient: fan_out alone, and twice the variance.",
            {"6 / (fan_in + fan_out)": "6 / fan_out"},
            section="The ReLU takes half",
        ),
        Misconception(
            "twice the variance",
            "The variance of such weights is twice Xavier's. If the 2 is meant for a ReLU: that "
            "comes in by the gain, √2.",
            {"6": "12"},
            section="The ReLU takes half",
        ),
        Misconception(
            "geometric mean of the fans",
            "Xavier's compromise is the arithmetic mean of the fans, (fan_in + fan_out) / 2.",
            {"6 / (fan_in + fan_out)": "3 / math.sqrt(fan_in * fan_out)"},
            section="Backward",
        ),
        Misconception(
            "root of the 6 only",
            "The fans stand under the root, too: the bound falls with the root of the width.",
            {"math.sqrt(6 / (fan_in + fan_out))": "math.sqrt(6) / (fan_in + fan_out)"},
        ),
        Misconception(
            "PyTorch's default",
            "Within 1/√fan_in is what PyTorch's `Linear` draws, a third of LeCun's variance.",
            {"6 / (fan_in + fan_out)": "1 / fan_in"},
            section="Conventions",
        ),
        Misconception(
            "brackets forgotten",
            "Without brackets only fan_in is divided by, and fan_out is added to the result.",
            {"6 / (fan_in + fan_out)": "6 / fan_in + fan_out"},
        ),
        Misconception(
            "fans multiplied",
            "The fans are averaged, so they are added, not multiplied.",
            {"fan_in + fan_out": "fan_in * fan_out"},
        ),
        Misconception(
            "gain under the root",
            "The gain multiplies the weights, so it stands outside the root: the variance has its "
            "square.",
            {BOUND: "math.sqrt(gain * 6 / (fan_in + fan_out))"},
        ),
        Misconception(
            "gain squared",
            "The gain multiplies the bound once. Its square belongs to the variance, as in the "
            "`scale` of Keras and JAX.",
            {BOUND: "gain**2 * math.sqrt(6 / (fan_in + fan_out))"},
            section="Conventions",
        ),
        Misconception(
            "gain divided",
            "A gain above 1 asks for larger weights.",
            {BOUND: "math.sqrt(6 / (fan_in + fan_out)) / gain"},
        ),
        Misconception(
            "gain not used",
            "The bound doesn't depend on the gain.",
            {BOUND: "math.sqrt(6 / (fan_in + fan_out))"},
        ),
        Misconception(
            "width in place of the bound",
            "This is the distance between the two ends, from -a to a; the bound is half of it.",
            {BOUND: "2 * gain * math.sqrt(6 / (fan_in + fan_out))"},
        ),
    ),
    hints=(
        "First the variance that Xavier's compromise asks for, then the bound of uniform numbers "
        "that have it.",
        "Var w = gain² / mean of the fans, and uniform numbers between -a and a have the variance "
        "a²/3.",
        "a² = 3 gain² · 2 / (fan_in + fan_out): take the root, and the gain comes out of it.",
    ),
    why=(
        "The variance is gain² over the mean fan, 2 gain² / (fan_in + fan_out). Uniform numbers "
        "within a bound have a third of its square as their variance, so 2 becomes 6 under the "
        "root."
    ),
    chapter=CHAPTER,
    page=PAGE,
)


def _fans_and_slopes(rng: np.random.Generator) -> list[Case]:
    """Fans and slopes of a leaky ReLU; slopes large enough that their place matters."""
    simple = ((8, 0.5), (2, 0.5), (50, 0.25), (18, 2.0), (4, 0.75), (100, 0.0))
    drawn = zip(
        rng.integers(2, 1000, size=6).tolist(),
        rng.uniform(0.2, 1.8, size=6).round(3).tolist(),
        strict=True,
    )
    known = [Case({"fan_in": n, "slope": slope}, 1) for n, slope in (*simple, *drawn)]
    return [
        *known,
        Case({"fan_in": 64}, 1, "calls that leave the slope at its default, a plain ReLU"),
        Case({"fan_in": 9, "slope": 1.0}, 1, "a slope of 1, the identity"),
        Case({"fan_in": 9, "slope": -0.5}, 1, "a negative slope"),
    ]


STD = "math.sqrt(2 / ((1 + slope**2) * fan_in))"

he_std = FunctionQuestion(
    name="he-std-bug",
    variable="he_std",
    reference=fans.he_std,
    outputs=("std",),
    make_cases=_fans_and_slopes,
    kind="find the bug",
    given=Misconception(
        "the half that a ReLU takes forgotten",
        "The 2 is missing: without it the weights are those of LeCun at slope 0, and a ReLU "
        "network loses half of the mean square in every layer.",
        {"2 / ((1 + slope**2) * fan_in)": "1 / ((1 + slope**2) * fan_in)"},
        section="The ReLU takes half",
    ),
    misconceptions=(
        Misconception(
            "variance in place of the standard deviation",
            "This is the variance; the root is missing.",
            {STD: "2 / ((1 + slope**2) * fan_in)"},
        ),
        Misconception(
            "factor 2 outside the root",
            "Outside the root a 2 makes the variance four times as large, not twice.",
            {STD: "2 * math.sqrt(1 / ((1 + slope**2) * fan_in))"},
        ),
        Misconception(
            "half in place of two",
            "The ReLU takes half, so the weights need twice the variance to make up for it.",
            {"2 / ((1 + slope**2) * fan_in)": "0.5 / ((1 + slope**2) * fan_in)"},
        ),
        Misconception(
            "slope not squared",
            "The negative half is multiplied by the slope, so its second moment by the square.",
            {"slope**2": "slope"},
        ),
        Misconception(
            "slope not used",
            "A slope passes part of the negative half on, so smaller weights are enough.",
            {"(1 + slope**2) * fan_in": "fan_in"},
        ),
        Misconception(
            "slope subtracted",
            "The negative half adds to what the positive half passes on.",
            {"1 + slope**2": "1 - slope**2"},
        ),
        Misconception(
            "slope on the wrong side of the fraction",
            "The more a unit passes on, the smaller the weights.",
            {"2 / ((1 + slope**2) * fan_in)": "2 * (1 + slope**2) / fan_in"},
        ),
        Misconception(
            "brackets forgotten",
            "Without brackets the fan multiplies the slope alone.",
            {"(1 + slope**2) * fan_in": "1 + slope**2 * fan_in"},
        ),
        Misconception(
            "slope added before squaring",
            "The two halves are squared one by one: 1² + slope², not (1 + slope)².",
            {"1 + slope**2": "(1 + slope) ** 2"},
        ),
        Misconception(
            "bound of uniform weights",
            "This is the bound of uniform weights, √3 times the standard deviation.",
            {"2 / ((1 + slope**2) * fan_in)": "6 / ((1 + slope**2) * fan_in)"},
            section="Uniform numbers, orthogonal matrices",
        ),
        Misconception(
            "root of the fan forgotten",
            "The fan belongs under the root: variances add up, standard deviations don't.",
            {STD: "math.sqrt(2 / (1 + slope**2)) / fan_in"},
        ),
        Misconception(
            "fan on the wrong side of the fraction",
            "The more products are added up, the smaller each of them must be.",
            {STD: "math.sqrt(2 / (1 + slope**2) * fan_in)"},
        ),
        Misconception(
            "root of the 2 only",
            "The root goes over the whole fraction: variances add up, standard deviations don't.",
            {STD: "math.sqrt(2) / ((1 + slope**2) * fan_in)"},
        ),
        Misconception(
            "slope outside the root",
            "1 + slope² is a factor of the second moment, so it stands under the root.",
            {STD: "math.sqrt(2 / fan_in) / (1 + slope**2)"},
        ),
        Misconception(
            "LeCun's standard deviation",
            "Neither the half that the ReLU takes nor the slope is in it: this is the scale for "
            "layers without an activation.",
            {STD: "math.sqrt(1 / fan_in)"},
        ),
    ),
    hints=(
        "Try it with slope 0, a plain ReLU, and with slope 1, no activation at all. Which of the "
        "two results is what the chapter derives?",
        "A layer keeps the second moment when fan_in · Var w · (1 + slope²)/2 = 1: half of the "
        "numbers pass, the other half with slope² of theirs.",
        "Solve that for Var w; the half becomes a 2 in the numerator. Then take the root.",
    ),
    why=(
        "Half of the second moment lies on each side of zero. A leaky ReLU keeps the positive half "
        "and slope² of the negative one, (1 + slope²)/2 in all, and the variance of the weights "
        "makes up for it."
    ),
    chapter=CHAPTER,
    page=PAGE,
    section="The ReLU takes half",
)


def _narrowing() -> str:
    """Run the network of the question and report what is left."""
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        y = rng.standard_normal((50, 512))
        for shape in pairwise((512, 256, 128, 64, 32)):
            y = np.maximum(y @ xavier_normal(rng, shape), 0)
        found.append((y**2).mean())
    return f"Measured, the mean of 40 networks: {np.mean(found):.2f}."


narrowing = NumberQuestion(
    name="xavier-narrowing",
    variable="left",
    kind="derive",
    answer=(2 / 3) ** 4,
    tolerance=0.015,
    wrong={
        (4 / 3) ** 4: WrongValue(
            "ReLU forgotten",
            "3.16 is left without activations. Each ReLU takes half of the mean square.",
            section="The ReLU takes half",
        ),
        (1 / 2) ** 4: WrongValue(
            "equal fans assumed",
            "1/16 is what is left in square layers. Here fan_in is twice fan_out, so Xavier's "
            "variance, 2 / (fan_in + fan_out), is more than 1 / fan_in.",
            section="Backward",
        ),
        (1 / 3) ** 4: WrongValue(
            "fan_out in place of fan_in, or halved twice",
            "Each layer leaves 2/3; here it is 1/3. That comes of fan_out in place of fan_in, "
            "which is the gradient's way back, and also of a second half for the ReLU.",
            section="Forward",
        ),
        4 / 3: WrongValue(
            "one layer, its ReLU forgotten",
            "4/3 is what the weights of one layer do. Its ReLU takes half, and there are four.",
        ),
        1.0: WrongValue(
            "He's promise",
            "He's weights would keep it. Xavier's are derived without the ReLU and for the mean "
            "fan.",
            section="The ReLU takes half",
        ),
        2 / 3: WrongValue("one layer only", "2/3 is right for one layer; there are four."),
        (2 / 3) ** 5: WrongValue("five layers", "Five sizes have four layers between them."),
        (2 / 3) ** 2: WrongValue(
            "root mean square",
            "0.444 is left of the length, the root of what is asked.",
        ),
        (2 / 3) ** 3: WrongValue("three layers", "512 to 32 is halved four times."),
        8 / 3: WrongValue("factors added", "The layers' factors multiply: 2/3 to the power of 4."),
    },
    seen=_narrowing,
    hints=(
        "What does one layer do, from n to n/2 units? All four do the same.",
        "Forward, a layer multiplies the mean square by fan_in · Var w, and the ReLU by a half.",
        "Var w = 2 / (n + n/2) = 4 / (3n), so one layer multiplies by ½ · n · 4/(3n).",
    ),
    why=(
        "With fan_out = n/2 Xavier's variance is 4/(3n). A layer multiplies by 4/3 and its ReLU "
        "by 1/2, together 2/3, and four of them leave (2/3)⁴ = 0.198."
    ),
    chapter=CHAPTER,
    page=PAGE,
    section="Forward",
)

QUESTIONS: tuple[Question, ...] = (xavier_bound, he_std, narrowing)
