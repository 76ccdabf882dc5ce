"""Exercises on RMSProp: the rule, a forgotten square, and how long its steps are."""

from __future__ import annotations

import numpy as np

from mytutor import rules
from mytutor.checking import ChoiceQuestion, Misconception, Question, WrongValue, rule_question

CHAPTER, PAGE = "RMSProp", "adaptive/rmsprop"

STEP = "lr * g / (sqrt(v) + eps)"
AVERAGE = "rho * v + (1 - rho) * g**2"
MISTAKES = (
    Misconception(
        "sum in place of the average",
        "v is a running average; a sum never forgets, and with it this is AdaGrad.",
        {AVERAGE: "v + g**2"},
    ),
    Misconception(
        "missing (1 - rho)",
        "v is an average: the new square enters with the weight 1 - rho, or v is 1 / (1 - rho) "
        "times too large.",
        {"(1 - rho) * g**2": "g**2"},
    ),
    Misconception(
        "old average kept in full",
        "rho is what is kept of the old average; kept in full, nothing is forgotten.",
        {AVERAGE: "v + (1 - rho) * g**2"},
    ),
    Misconception(
        "weights the wrong way round",
        "rho is the weight of the old average and 1 - rho that of the new square.",
        {AVERAGE: "(1 - rho) * v + rho * g**2"},
    ),
    Misconception(
        "missing brackets around 1 - rho",
        "(1 - rho) is one factor: without its brackets 1 is added and rho times g² is subtracted.",
        {"(1 - rho) * g**2": "1 - rho * g**2"},
    ),
    Misconception(
        "minus in the average",
        "An average adds its two weighted terms; here the new one is subtracted.",
        {AVERAGE: "rho * v - (1 - rho) * g**2"},
    ),
    Misconception(
        "missing square",
        "v averages the squared gradients, `g**2`; without the square it is negative, and its root "
        "not a number, as soon as the gradients are negative on average.",
        {"g**2": "g"},
        section="The missing square",
    ),
    Misconception(
        "gradient doubled in place of squared",
        "v averages `g**2`, the square; `2 * g` can be negative under the root.",
        {"g**2": "2 * g"},
        section="The missing square",
    ),
    Misconception(
        "absolute value in place of the square",
        "v averages the squares of the gradients, not their sizes: the root is taken afterwards.",
        {"g**2": "abs(g)"},
        section="The missing square",
    ),
    Misconception(
        "square around the factor as well",
        "Only g is squared; (1 - rho) is not.",
        {"(1 - rho) * g**2": "((1 - rho) * g) ** 2"},
    ),
    Misconception(
        "square around the whole average",
        "The mean of the squares is asked for, not the square of the mean: with it, gradients of "
        "both signs cancel.",
        {AVERAGE: "(rho * v + (1 - rho) * g) ** 2"},
        section="The missing square",
    ),
    Misconception(
        "missing root",
        "The step is divided by the root of v; without it a large gradient makes a tiny step.",
        {"sqrt(v)": "v"},
    ),
    Misconception(
        "root remembered",
        "What is remembered is v; its root is taken anew in every step.",
        {"x, v": "x, sqrt(v)"},
    ),
    Misconception(
        "old v used",
        "The step uses the v that came in, not the one just computed.",
        {"sqrt(v)": "sqrt(old_v)"},
    ),
    Misconception(
        "bias correction",
        "Dividing v by 1 - rho^t is Adam's correction; RMSProp has none, and its first steps are "
        "longer.",
        {"sqrt(v)": "sqrt(v / (1 - rho**t))"},
        section="How long are the steps?",
    ),
    Misconception(
        "epsilon inside the root",
        "eps is added after the root here, as in PyTorch. Inside, as in Keras, it weighs "
        "sqrt(eps).",
        {"sqrt(v) + eps": "sqrt(v + eps)"},
        section="Conventions",
    ),
    Misconception(
        "squared epsilon inside the root",
        "eps is added after the root; sqrt(v + eps²) is another function of v.",
        {"sqrt(v) + eps": "sqrt(v + eps**2)"},
        section="Conventions",
    ),
    Misconception(
        "epsilon outside the fraction",
        "eps protects the division, so it is added to the denominator, not to the fraction.",
        {STEP: "lr * (g / sqrt(v) + eps)"},
    ),
    Misconception(
        "epsilon beside the step",
        "Brackets are missing: eps belongs to the denominator, and here it is added to x.",
        {f"x - {STEP}": "x - lr * g / sqrt(v) + eps"},
    ),
    Misconception(
        "missing epsilon",
        "Without eps a parameter whose gradient is always zero divides zero by zero.",
        {"sqrt(v) + eps": "sqrt(v)"},
    ),
    Misconception(
        "epsilon subtracted",
        "eps is added to the root, to keep the denominator away from zero.",
        {"sqrt(v) + eps": "sqrt(v) - eps"},
    ),
    Misconception(
        "epsilon as a lower bound",
        "eps is added to the root; a maximum of the two is another function.",
        {"sqrt(v) + eps": "maximum(sqrt(v), eps)"},
    ),
    Misconception(
        "opposite sign",
        "The step is added where it should be subtracted, so it climbs.",
        {f"x - {STEP}": f"x + {STEP}"},
    ),
    Misconception(
        "learning rate missing",
        "The step doesn't depend on `lr`.",
        {"lr * g": "g"},
    ),
    Misconception(
        "gradient missing from the step",
        "The step is lr times g over the root; without g it always goes one way.",
        {"lr * g": "lr"},
    ),
    Misconception(
        "gradient squared in the step",
        "The square belongs to v; the step follows g itself, sign included.",
        {"lr * g": "lr * g**2"},
    ),
    Misconception(
        "averaged gradient in the numerator",
        "The step follows the newest gradient; here it is weighted by 1 - rho, as in an average "
        "that starts at zero.",
        {"lr * g": "lr * (1 - rho) * g"},
    ),
    Misconception(
        "only the sign of g",
        "The step is g over the running root; here it has the length lr whatever came before.",
        {STEP: "lr * sign(g)"},
    ),
    Misconception(
        "multiplied by the root",
        "The step is divided by the root: it undoes the size of the recent gradients.",
        {STEP: "lr * g * (sqrt(v) + eps)"},
    ),
    Misconception(
        "brackets around x and the numerator",
        "Only the step is divided by the root; here x is divided as well.",
        {f"x - {STEP}": "(x - lr * g) / (sqrt(v) + eps)"},
    ),
    Misconception(
        "step returned in place of x",
        "The function returns the step; the new x is the old one minus that step.",
        {f"x - {STEP}": STEP},
    ),
    Misconception(
        "root written as **1/2",
        "`v**1/2` is `v` divided by 2, as the power binds more strongly: write `v**0.5`.",
        {"sqrt(v)": "v**1 / 2"},
    ),
    Misconception(
        "negative step returned in place of x",
        "The function returns the change of x; the new x is the old one plus that change.",
        {f"x - {STEP}": f"-({STEP})"},
    ),
    Misconception(
        "epsilon subtracted beside the step",
        "eps stands beside the fraction, not under it, so it is taken from x at every step.",
        {f"x - {STEP}": "x - (lr * g / sqrt(v) + eps)"},
    ),
    Misconception(
        "rho on both terms",
        "The weights of an average add up to one: rho for the old, 1 - rho for the new.",
        {AVERAGE: "rho * v + rho * g**2"},
    ),
    Misconception(
        "1 - rho on both terms",
        "The weights of an average add up to one: rho for the old, 1 - rho for the new.",
        {AVERAGE: "(1 - rho) * v + (1 - rho) * g**2"},
    ),
    Misconception(
        "average started with the first square",
        "v starts at zero, here as in PyTorch and Keras; begun with g², the first steps are lr "
        "long, not lr / sqrt(1 - rho).",
        {AVERAGE: "where(t > 1, rho * v + (1 - rho) * g**2, g**2)"},
        section="How long are the steps?",
    ),
    Misconception(
        "average started at one",
        "v starts at zero, here as in PyTorch and Keras; TensorFlow 1 started it at one.",
        {AVERAGE: "rho * where(t > 1, v, 1.0) + (1 - rho) * g**2"},
        section="Conventions",
    ),
    Misconception(
        "root mean square remembered",
        "v is the mean of the squares; here its root is kept and squared again, so the v that "
        "comes out isn't the one asked for.",
        {AVERAGE: "sqrt(rho * v**2 + (1 - rho) * g**2)", "sqrt(v)": "v"},
    ),
    Misconception(
        "epsilon in the average",
        "eps is no gradient: put into v, it is added again at every step.",
        {AVERAGE: "rho * v + (1 - rho) * g**2 + eps", "sqrt(v) + eps": "sqrt(v)"},
    ),
    Misconception(
        "absolute value of the average",
        "Taking away the sign of the average lets the root be taken, but gradients of both signs "
        "still cancel before it: square each of them.",
        {AVERAGE: "abs(rho * v + (1 - rho) * g)"},
        section="The missing square",
    ),
    Misconception(
        "absolute value under the root",
        "Taking away the sign under the root hides the NaN, but gradients of both signs still "
        "cancel in v: square each of them.",
        {"g**2": "g", "sqrt(v)": "sqrt(abs(v))"},
        section="The missing square",
    ),
    Misconception(
        "square under the root",
        "Squared there, the root gives back the size of the average: gradients of both signs still "
        "cancel in v. Square each of them before the average.",
        {"g**2": "g", "sqrt(v) + eps": "sqrt(v**2 + eps)"},
        section="The missing square",
    ),
    Misconception(
        "negative average set to zero",
        "Cutting v off at zero hides the NaN; then a parameter with negative gradients divides by "
        "eps alone. Square the gradients.",
        {AVERAGE: "maximum(rho * v + (1 - rho) * g, 0)"},
        section="The missing square",
    ),
    Misconception(
        "negative average set to zero under the root",
        "Cutting v off at zero hides the NaN; then a parameter with negative gradients divides by "
        "eps alone. Square the gradients.",
        {"g**2": "g", "sqrt(v)": "sqrt(maximum(v, 0))"},
        section="The missing square",
    ),
    Misconception(
        "rate divided by the root of t as well",
        "A falling rate is a choice of the one who trains, passed as `lr`; the rule itself has "
        "none.",
        {"lr * g": "lr / t**0.5 * g"},
    ),
    Misconception(
        "wrong order of the outputs",
        "The new x comes first, then the state.",
        {"x, v": "v, x"},
    ),
)

rmsprop = rule_question(
    "rmsprop",
    rules.rmsprop,
    chapter=CHAPTER,
    page=PAGE,
    misconceptions=MISTAKES,
    hints=(
        "AdaGrad with a memory that fades: only the line for what is remembered is another one.",
        "v becomes rho times v, plus (1 - rho) times the square of g. x becomes x minus lr times g "
        "over (the root of the new v, plus eps).",
        "`v = rho * v + (1 - rho) * ...`, then `x = x - lr * g / (np.sqrt(v) + ...)`, then "
        "`return x, v`.",
    ),
    why=(
        "v is the mean square of the recent gradients, its window about 1 / (1 - rho) steps long. "
        "Its root is their usual size, so a usual step is about lr long."
    ),
)

rmsprop_bug = rule_question(
    "rmsprop-bug",
    rules.rmsprop,
    chapter=CHAPTER,
    page=PAGE,
    variable="rmsprop_seen",
    given=next(mistake for mistake in MISTAKES if mistake.name == "missing square"),
    misconceptions=[mistake for mistake in MISTAKES if mistake.name != "missing square"],
    hints=(
        "On the left of the minimum all gradients are negative. What does that make of v, and of "
        "its root?",
        "RMS is the root of the mean of the squares. Which of the three words is missing?",
        "In the line for `v`, `g` has to become `g**2`, and nothing else changes.",
    ),
    why=(
        "Averaging g itself lets gradients of both signs cancel and the average turn negative. The "
        "mean of the squares is never negative, and its root has the unit of a gradient."
    ),
)


def _lengths() -> str:
    """Run RMSProp on three kinds of gradients and report the steps that end a long run."""
    t = np.arange(1, 1002)
    gradients = np.stack([np.ones(1001), (-1.0) ** t, (t % 100 == 1) * 1.0], axis=1)
    x, v = np.zeros(3), np.zeros(3)
    for step, g in enumerate(gradients, start=1):
        before = x
        x, v = rules.rmsprop(x, g, step, v, lr=1.0, rho=0.9)
    one, other, rare = abs(x - before)
    return (
        f"Run for 1001 steps with rho = 0.9, the last step is {one:.2f} lr (constant), "
        f"{other:.2f} lr (flipping) and {rare:.2f} lr (rare)."
    )


rmsprop_lengths = ChoiceQuestion(
    name="rmsprop-lengths",
    variable="lengths",
    options={
        "A": "Constant lr, flipping lr, rare lr.",
        "B": "Constant lr, flipping lr, rare 3.2 lr.",
        "C": "Constant lr, flipping almost 0, rare 3.2 lr.",
        "D": "Constant 3.2 lr, flipping 3.2 lr, rare 3.2 lr.",
        "E": "Constant lr, flipping lr, rare 0.1 lr.",
        "F": "Constant lr, flipping lr, rare 10 lr.",
    },
    answer="B",
    chapter=CHAPTER,
    page=PAGE,
    section="How long are the steps?",
    wrong={
        "A": WrongValue(
            "usual size taken for every gradient",
            "lr is the length for a gradient of the usual recent size. After 99 zeros the recent "
            "root mean square is far below 1.",
        ),
        "C": WrongValue(
            "signs cancelled",
            "v averages squares, which have no sign, and the numerator is the newest gradient "
            "alone. It is momentum whose gradients cancel.",
        ),
        "D": WrongValue(
            "first step taken for all",
            "lr / sqrt(1 - rho) = 3.2 lr is the first step, when v still holds one gradient only. "
            "After many of them v is their mean square, 1.",
        ),
        "E": WrongValue(
            "rare gradient weighted by 1 - rho",
            "The weight 1 - rho stands in v, which is in the denominator, and under a root: it "
            "makes the step longer.",
        ),
        "F": WrongValue(
            "plain mean over the hundred steps",
            "Over a hundred steps the mean square is 1/100, whose root makes it 10 lr. But v "
            "remembers about ten steps and weighs the newest square, 1, with 1 - rho.",
        ),
    },
    seen=_lengths,
    hints=(
        "What is v, after many steps, for each of the three? The numerator is the newest gradient.",
        "For the first two, g² is always 1, and so is v. For the third, v has faded to nearly zero "
        "before the gradient comes, and is then 1 - rho.",
        "The step is lr / sqrt(v). With v = 1, 1 and 0.1 that is ...",
    ),
    why=(
        "v forgets the sign, so constant and flipping gradients of size 1 have v = 1 and steps of "
        "lr. Before the rare one v has faded; with it v is 1 - rho = 0.1, and the step is "
        "lr / sqrt(0.1)."
    ),
)

QUESTIONS: tuple[Question, ...] = (rmsprop, rmsprop_bug, rmsprop_lengths)
