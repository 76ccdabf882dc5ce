"""Exercises on AdaGrad: the rule, a formula often seen, and how far it comes."""

from __future__ import annotations

from mytutor import rules
from mytutor.checking import Misconception, NumberQuestion, Question, WrongValue, rule_question

CHAPTER, PAGE = "AdaGrad", "adaptive/adagrad"

STEP = "lr * g / (sqrt(s) + eps)"
MISTAKES = (
    Misconception(
        "missing sum",
        "s adds the new square to all earlier ones; here it is the newest square alone, and its "
        "root is just the size of g.",
        {"s + g**2": "g**2"},
    ),
    Misconception(
        "missing root",
        "The step is divided by the root of s; without it the unit of the gradient doesn't cancel "
        "and the steps shrink like 1 / t.",
        {"sqrt(s)": "s"},
        section="A formula often seen",
    ),
    Misconception(
        "missing square",
        "s adds up the squares of the gradients; without the square gradients of both signs "
        "cancel, and s can be negative under the root.",
        {"g**2": "g"},
    ),
    Misconception(
        "gradient doubled in place of squared",
        "s adds up `g**2`, the square; `2 * g` can be negative under the root.",
        {"g**2": "2 * g"},
    ),
    Misconception(
        "absolute value in place of the square",
        "s adds up the squares of the gradients, not their sizes: the root is taken afterwards.",
        {"g**2": "abs(g)"},
    ),
    Misconception(
        "running average in place of the sum",
        "s is a sum, which never forgets; with a running average this is RMSProp, the next "
        "chapter.",
        {"s + g**2": "0.9 * s + 0.1 * g**2"},
    ),
    Misconception(
        "mean in place of the sum",
        "s is the sum of the squares, not their mean: it is the growth of the sum that shortens "
        "the steps.",
        {"s + g**2": "s + (g**2 - s) / t"},
    ),
    Misconception(
        "old sum used",
        "The step uses the s that came in, without the newest square: the first step then divides "
        "by eps alone.",
        {"sqrt(s)": "sqrt(old_s)"},
    ),
    Misconception(
        "epsilon inside the root",
        "eps is added after the root. Inside it weighs sqrt(eps), far more than meant.",
        {"sqrt(s) + eps": "sqrt(s + eps)"},
        section="Conventions",
    ),
    Misconception(
        "squared epsilon inside the root",
        "eps is added after the root; sqrt(s + eps²) is another function of s.",
        {"sqrt(s) + eps": "sqrt(s + eps**2)"},
        section="Conventions",
    ),
    Misconception(
        "epsilon outside the fraction",
        "eps protects the division, so it is added to the denominator, not to the fraction.",
        {STEP: "lr * (g / sqrt(s) + eps)"},
        section="A formula often seen",
    ),
    Misconception(
        "epsilon beside the step",
        "eps belongs into the denominator; here it is added to x, which it moves at every step.",
        {f"x - {STEP}": "x - lr * g / sqrt(s) + eps"},
        section="A formula often seen",
    ),
    Misconception(
        "missing epsilon",
        "Without eps a parameter that has seen no gradient yet divides zero by zero.",
        {"sqrt(s) + eps": "sqrt(s)"},
    ),
    Misconception(
        "epsilon subtracted",
        "eps is added to the root, to keep the denominator away from zero.",
        {"sqrt(s) + eps": "sqrt(s) - eps"},
    ),
    Misconception(
        "epsilon as a lower bound",
        "eps is added to the root; a maximum of the two is another function.",
        {"sqrt(s) + eps": "maximum(sqrt(s), eps)"},
    ),
    Misconception(
        "epsilon in the sum",
        "eps is no gradient: put into s, it is added again at every step.",
        {"s + g**2": "s + g**2 + eps", "sqrt(s) + eps": "sqrt(s)"},
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
        "learning rate in the sum",
        "s holds squared gradients, without `lr`: inside, it cancels and the step no longer "
        "depends on it.",
        {"g**2": "(lr * g) ** 2"},
    ),
    Misconception(
        "rate divided by the root of t as well",
        "The sum makes the rate fall by itself; dividing by the root of t makes it fall twice.",
        {"lr * g": "lr / t**0.5 * g"},
    ),
    Misconception(
        "gradient missing from the step",
        "The step is lr times g over the root; without g it always goes one way.",
        {"lr * g": "lr"},
    ),
    Misconception(
        "gradient squared in the step",
        "The square belongs to s; the step follows g itself, sign included.",
        {"lr * g": "lr * g**2"},
    ),
    Misconception(
        "only the sign of g",
        "The step is g over the root of the sum; here it has the length lr at every step.",
        {STEP: "lr * sign(g)"},
    ),
    Misconception(
        "multiplied by the root",
        "The step is divided by the root: large gradients in the past make it shorter.",
        {STEP: "lr * g * (sqrt(s) + eps)"},
    ),
    Misconception(
        "brackets around x and the numerator",
        "Only the step is divided by the root; here x is divided as well.",
        {f"x - {STEP}": "(x - lr * g) / (sqrt(s) + eps)"},
    ),
    Misconception(
        "step returned in place of x",
        "The function returns the step; the new x is the old one minus that step.",
        {f"x - {STEP}": STEP},
    ),
    Misconception(
        "root returned in place of the sum",
        "What is remembered is the sum itself; its root is taken anew in every step.",
        {"x, s": "x, sqrt(s)"},
    ),
    Misconception(
        "root written as **1/2",
        "`s**1/2` is `s` divided by 2, as the power binds more strongly: write `s**0.5`.",
        {"sqrt(s)": "s**1 / 2"},
    ),
    Misconception(
        "negative step returned in place of x",
        "The function returns the change of x; the new x is the old one plus that change.",
        {f"x - {STEP}": f"-({STEP})"},
    ),
    Misconception(
        "epsilon subtracted beside the step",
        "eps stands beside the fraction, not under it, so it is taken from x at every step.",
        {f"x - {STEP}": "x - (lr * g / sqrt(s) + eps)"},
        section="A formula often seen",
    ),
    Misconception(
        "mean under the root",
        "Under the root stands the sum of the squares; divided by t it is their mean, and the "
        "steps don't shorten.",
        {"sqrt(s)": "sqrt(s / t)"},
    ),
    Misconception(
        "square of the sum",
        "s is the sum of the squares; squared after adding, it is something else from the second "
        "step on.",
        {"s + g**2": "(s + g) ** 2"},
    ),
    Misconception(
        "norm remembered in place of its square",
        "s is the sum of the squares; here its root is kept and squared again, so the s that comes "
        "out isn't the one asked for.",
        {"s + g**2": "sqrt(s**2 + g**2)", "sqrt(s)": "s"},
    ),
    Misconception(
        "learning rate under the root",
        "`lr` multiplies the step; under the root only its inverse root is left.",
        {"lr * g": "g", "sqrt(s)": "sqrt(lr * s)"},
    ),
    Misconception(
        "sum started at 0.1",
        "The sum starts at zero, as in the paper and in PyTorch; 0.1 is the start in Keras and "
        "optax.",
        {"s + g**2": "where(t > 1, s, 0.1) + g**2"},
        section="Conventions",
    ),
    Misconception(
        "wrong order of the outputs",
        "The new x comes first, then the state.",
        {"x, s": "s, x"},
    ),
)

adagrad = rule_question(
    "adagrad",
    rules.adagrad,
    chapter=CHAPTER,
    page=PAGE,
    misconceptions=MISTAKES,
    hints=(
        "A parameter with large gradients behind it gets a small rate. Two lines: first what is "
        "remembered, then the step.",
        "s becomes s plus the square of g. x becomes x minus lr times g over (the root of the new "
        "s, plus eps).",
        "`s = s + ...`, then `x = x - lr * g / (np.sqrt(s) + ...)`, then `return x, s`.",
    ),
    why=(
        "The sum of the squares grows with every gradient, so each parameter's rate falls by what "
        "this parameter has seen. The root makes the unit of the gradient cancel."
    ),
)

adagrad_bug = rule_question(
    "adagrad-bug",
    rules.adagrad,
    chapter=CHAPTER,
    page=PAGE,
    variable="adagrad_seen",
    given=Misconception(
        "no sum, no root, epsilon beside the step",
        "Nothing is added up, no root is taken, and eps protects nothing.",
        {"s + g**2": "g**2", f"x - {STEP}": "x - lr * g / s + eps"},
        section="A formula often seen",
    ),
    misconceptions=MISTAKES,
    hints=(
        "Take a step with a gradient of 0.01 and one with a gradient of 1. Which should be longer, "
        "and which is?",
        "Three things are wrong: s forgets what came before, the root is missing, and eps stands "
        "where it protects nothing.",
        "`s = s + g**2`; then divide by `np.sqrt(s) + eps`, in brackets.",
    ),
    why=(
        "g / g² is 1 / g: the smaller the gradient, the longer the step. The root makes the size "
        "cancel, the sum makes the steps shrink, and eps belongs under the fraction, where it "
        "keeps a parameter without gradients from 0 / 0."
    ),
)


STEPS = 2500


def _distance() -> str:
    """Walk with a constant gradient and tell how far it leads."""
    x, s = 0.0, 0.0
    for t in range(1, STEPS + 1):
        x, s = rules.adagrad(x, 7.0, t, s, lr=1.0)
    return f"Run with lr = 1 and gradients of 7, the distance after {STEPS} steps is {-x:.1f}."


NO_ROOT = WrongValue(
    "root forgotten",
    "The sum of 1 / t grows like log(T), here to about 8; with the root it is the sum of "
    "1 / sqrt(t).",
)

adagrad_distance = NumberQuestion(
    name="adagrad-distance",
    variable="distance",
    kind="derive",
    section="It never forgets",
    answer=float(sum(t**-0.5 for t in range(1, STEPS + 1))),
    tolerance=0.02,
    chapter=CHAPTER,
    page=PAGE,
    wrong={
        2500.0: WrongValue(
            "every step of length lr",
            "Only the first step is lr long: the sum grows, and with it the divisor.",
        ),
        50.0: WrongValue(
            "factor of two forgotten",
            "The sum of 1 / sqrt(t) is about twice the root of T, since the earlier steps are "
            "longer than the last one.",
        ),
        -98.54: WrongValue(
            "direction in place of the distance",
            "x falls, as the gradients are positive. How far it has moved is a length.",
        ),
        5000.0: WrongValue(
            "root of T forgotten",
            "The sum of 1 / sqrt(t) grows like 2 sqrt(T), not like 2 T.",
        ),
        200.0: WrongValue(
            "factor of two taken twice",
            "The integral of 1 / sqrt(t) is 2 sqrt(T), and sqrt(2500) is 50.",
        ),
        25.0: WrongValue(
            "divided by two in place of multiplied",
            "The integral of t to the power -1/2 is 2 sqrt(T); sqrt(T) / 2 is none of its values.",
        ),
        0.02: WrongValue(
            "last step only",
            "0.02 is the length of step 2500; all steps before it count as well.",
        ),
        700.0: WrongValue(
            "size of the gradient left in",
            "The 7 cancels: it stands above and, squared and under a root, below.",
        ),
        14.3: WrongValue(
            "divided by the size of the gradient",
            "The 7 cancels: it stands below, squared and under a root, and above as well.",
        ),
        265.0: WrongValue(
            "square of the gradient forgotten",
            "s adds up 49, not 7: with 7 the root of 7 is left over, and with 49 nothing.",
        ),
        17500.0: WrongValue(
            "gradient descent",
            "7 times 2500 is what gradient descent does, whose rate stays what it was.",
        ),
        8.4: NO_ROOT,
        7.82: NO_ROOT,
    },
    seen=_distance,
    hints=(
        "What is s after t gradients of size 7, and how long is step t?",
        "s is 49 t, so step t is lr / sqrt(t) long. Add these up from 1 to T; an integral is near "
        "enough.",
        "The sum up to T is about 2 sqrt(T). Put T = 2500 in.",
    ),
    why=(
        "The 7 cancels and step t is lr / sqrt(t) long. The sum up to T is about 2 sqrt(T), here "
        "100. Steps that don't shrink would have led 25 times as far."
    ),
)

QUESTIONS: tuple[Question, ...] = (adagrad, adagrad_bug, adagrad_distance)
