"""Exercises on moving averages: the corrected average, its bug, and the weight of an old value."""

from __future__ import annotations

import numpy as np

from mytutor import rules
from mytutor.checking import Misconception, NumberQuestion, Question, WrongValue, rule_question

CHAPTER, PAGE = "Moving averages", "momentum/moving-averages"

MISTAKES = (
    Misconception(
        "opposite sign",
        "The step is added where it should be subtracted, so it climbs.",
        {"x - lr * mhat": "x + lr * mhat"},
    ),
    Misconception(
        "no correction",
        "Without the division the average starts at zero and is far too small at first: at t = 1 "
        "it is (1 - beta) times the gradient.",
        {"m / (1 - beta**t)": "m"},
        section="The start, and its correction",
    ),
    Misconception(
        "corrected by the wrong power",
        "The weights of t values add up to 1 - beta^t; without the t every step is divided by "
        "1 - beta, which makes a sum of the average.",
        {"m / (1 - beta**t)": "m / (1 - beta)"},
        section="The start, and its correction",
    ),
    Misconception(
        "divided by beta^t",
        "beta^t is the weight that is still missing; what is there is 1 - beta^t.",
        {"m / (1 - beta**t)": "m / beta**t"},
        section="The start, and its correction",
    ),
    Misconception(
        "beta times t in place of beta^t",
        "The missing weight is multiplied by beta in every step, so it is a power of beta.",
        {"beta**t": "(beta * t)"},
        section="The start, and its correction",
    ),
    Misconception(
        "multiplied in place of divided",
        "The plain average is too small, and multiplying by 1 - beta^t makes it smaller still.",
        {"m / (1 - beta**t)": "m * (1 - beta**t)"},
        section="The start, and its correction",
    ),
    Misconception(
        "weights the wrong way round",
        "beta is the weight of the old average; here it is that of the new gradient.",
        {"beta * m + (1 - beta) * g": "(1 - beta) * m + beta * g"},
    ),
    Misconception(
        "a sum in place of an average",
        "Without the factor 1 - beta on the gradient the weights add up to 1 / (1 - beta).",
        {"beta * m + (1 - beta) * g": "beta * m + g"},
    ),
    Misconception(
        "nothing forgotten",
        "The old average has to fade by beta; here it is kept whole.",
        {"beta * m + (1 - beta) * g": "m + (1 - beta) * g"},
    ),
    Misconception(
        "beta on both",
        "The new value gets 1 - beta, so that the weights add up to one.",
        {"beta * m + (1 - beta) * g": "beta * m + beta * g"},
    ),
    Misconception(
        "squares averaged",
        "It is the gradient that is averaged; its square belongs to RMSProp.",
        {"(1 - beta) * g": "(1 - beta) * g**2"},
    ),
    Misconception(
        "old average used",
        "The step uses the average that came in, without the new gradient.",
        {"m / (1 - beta**t)": "old_m / (1 - beta**t)"},
    ),
    Misconception(
        "average not used",
        "The step follows the gradient, so the average is computed for nothing.",
        {"lr * mhat": "lr * g"},
    ),
    Misconception(
        "learning rate missing",
        "The step is the average itself, whatever `lr` is.",
        {"lr * mhat": "mhat"},
    ),
    Misconception(
        "started at the first value",
        "To begin with the first gradient in place of zero is another way to start. It gives that "
        "one value the weight beta^(t - 1) for ever; asked for is the start at zero, corrected.",
        {
            "beta * m + (1 - beta) * g": "g if t == 1 else beta * m + (1 - beta) * g",
            "m / (1 - beta**t)": "m",
        },
        section="Conventions",
    ),
    Misconception(
        "the mean of all values",
        "Every value so far counts alike and nothing is ever forgotten; `beta` isn't used.",
        {"beta * m + (1 - beta) * g": "(m * (t - 1) + g) / t", "m / (1 - beta**t)": "m"},
    ),
    Misconception(
        "brackets missing below the line",
        "m / 1 - beta^t divides by 1 and subtracts; the whole of 1 - beta^t belongs below.",
        {"m / (1 - beta**t)": "m / 1 - beta**t"},
        section="The start, and its correction",
    ),
    Misconception(
        "1 - beta to the power t",
        "The zero at the start is left with the weight beta^t, not (1 - beta)^t.",
        {"beta**t": "(1 - beta) ** t"},
        section="The start, and its correction",
    ),
    Misconception(
        "only the new gradient corrected",
        "The correction belongs to the whole average, after the new gradient has come in, and "
        "outside of what is remembered.",
        {
            "beta * m + (1 - beta) * g": "beta * m + (1 - beta) * g / (1 - beta**t)",
            "m / (1 - beta**t)": "m",
        },
        section="The start, and its correction",
    ),
    Misconception(
        "only the old average corrected",
        "The correction belongs to the whole average, after the new gradient has come in, and "
        "outside of what is remembered.",
        {
            "beta * m + (1 - beta) * g": "beta * m / (1 - beta**t) + (1 - beta) * g",
            "m / (1 - beta**t)": "m",
        },
        section="The start, and its correction",
    ),
    Misconception(
        "wrong order of the outputs",
        "The new x comes first, then the state.",
        {"x, m": "m, x"},
    ),
    Misconception(
        "step returned in place of x",
        "The function returns the step; the new x is the old one minus that step.",
        {"x - lr * mhat": "lr * mhat"},
    ),
)

FED_BACK = Misconception(
    "corrected average fed back",
    "The corrected average is returned as the state, so the next step corrects it again: it is "
    "divided once more by what was divided out already.",
    {"x, m": "x, mhat"},
    section="The start, and its correction",
)

corrected_average = rule_question(
    "corrected-average",
    rules.ema_momentum,
    chapter=CHAPTER,
    page=PAGE,
    misconceptions=[*MISTAKES, FED_BACK],
    hints=(
        "Three lines: the plain average, its correction, the step along the corrected one.",
        "m becomes beta times m plus (1 - beta) times g. Corrected, it is divided by 1 - beta^t, "
        "the weight of all values so far. x goes against it, by lr times it.",
        "`m = beta * m + ...`, `mhat = m / (1 - ...)`, `x = x - lr * mhat`, and `return x, m`: the "
        "state is the average before its correction.",
    ),
    why=(
        "After t steps the weights (1 - beta) beta^k add up to 1 - beta^t, and dividing makes a "
        "weighted mean of them. The state stays uncorrected: it is the sum that goes on."
    ),
)

feedback_bug = rule_question(
    "average-bug",
    rules.ema_momentum,
    chapter=CHAPTER,
    page=PAGE,
    given=FED_BACK,
    misconceptions=MISTAKES,
    hints=(
        "Feed it ones. The average of ones is 1 at every step. At which step does it go wrong "
        "first, and what came in as the state?",
        "The correction is for looking at the average, not for going on with it. Which of m and "
        "mhat does the next call need?",
        "Keep two names: `m` is remembered, `mhat = m / (1 - beta**t)` is only used in the step.",
    ),
    why=(
        "The state is a sum of weights that add up to 1 - beta^t. Corrected, they add up to one; "
        "if that is carried on and corrected once more, constant ones come out larger than 1."
    ),
)


def _weight() -> str:
    """Feed a one, then nine zeros, to the corrected average and report what is left of it."""
    m, x = 0.0, 0.0
    for t in range(1, 11):
        x, m = rules.ema_momentum(0.0, float(t == 1), t, m, lr=1.0, beta=0.9)
    return f"A one followed by nine zeros leaves a corrected average of {-np.float64(x):.4f}."


first_weight = NumberQuestion(
    name="first-weight",
    variable="weight",
    section="The start, and its correction",
    answer=0.1 * 0.9**9 / (1 - 0.9**10),
    tolerance=0.01,
    kind="derive",
    chapter=CHAPTER,
    page=PAGE,
    wrong={
        0.1 * 0.9**9: WrongValue(
            "no correction",
            "0.0387 is the weight in the plain average, whose weights add up to 0.65.",
        ),
        0.1 * 0.9**10: WrongValue(
            "one step too old, and no correction",
            "The newest value has the age 0, so the first of ten has the age 9; and the weight has "
            "to be corrected.",
        ),
        0.1 * 0.9**10 / (1 - 0.9**10): WrongValue(
            "one step too old",
            "The newest of ten values has the age 0 and the first the age 9, not 10.",
        ),
        0.1 * 0.9**9 / (1 - 0.9**9): WrongValue(
            "corrected for nine steps",
            "Ten values have come in, so the weights add up to 1 - 0.9^10.",
        ),
        0.1 * 0.9**8: WrongValue(
            "one step too young, and no correction",
            "Of ten values the first is nine steps old; and the weight has to be corrected.",
        ),
        0.1 * 0.9**8 / (1 - 0.9**10): WrongValue(
            "one step too young",
            "0.066 is the weight of the second value. The first is nine steps old.",
        ),
        0.1 / 0.9: WrongValue(
            "divided by beta^10",
            "0.9^10 is the weight that is still with the zero at the start; what is there is the "
            "rest, 1 - 0.9^10.",
        ),
        1 - 0.9**10: WrongValue(
            "all ten together",
            "0.651 is what the ten weights add up to before they are corrected.",
        ),
        0.9**9: WrongValue(
            "1 - beta left out",
            "0.387 is how much a weight fades in nine steps; it began at 1 - beta.",
        ),
        0.9**9 / (1 - 0.9**10): WrongValue(
            "1 - beta left out, but corrected",
            "0.59 is more than half of everything: the weight begins at 1 - beta = 0.1, not at 1.",
        ),
        0.9**10: WrongValue(
            "the missing weight",
            "0.9^10 is the weight that is still with the zero at the start.",
        ),
        0.1: WrongValue(
            "a plain mean, or the newest value",
            "0.1 would be right for the mean of ten values, and is the plain weight of the newest.",
        ),
        0.1 / (1 - 0.9**10): WrongValue(
            "the newest value",
            "0.154 is the corrected weight of the tenth value; that of the first has faded for "
            "nine steps.",
        ),
        0.1 * 0.9**9 * (1 - 0.9**10): WrongValue(
            "multiplied in place of divided",
            "The plain weights are too small; correcting makes them larger.",
        ),
    },
    seen=_weight,
    hints=(
        "Put the line of the average into itself nine times. What multiplies the first value?",
        "In the plain average a value of age k has the weight (1 - beta) beta^k. All weights "
        "together are then divided by the same number.",
        "(1 - 0.9) times 0.9^9, over 1 - 0.9^10.",
    ),
    why=(
        "The first of ten values is nine steps old: 0.1 · 0.9^9 = 0.0387. The ten weights add up "
        "to 1 - 0.9^10 = 0.651, and 0.0387 / 0.651 = 0.0595, more than half of a plain mean's 0.1."
    ),
)

QUESTIONS: tuple[Question, ...] = (corrected_average, feedback_bug, first_weight)
