"""Exercises on Adadelta: the rule, a numerator that remembers the wrong thing, the first step."""

from __future__ import annotations

from mytutor import rules
from mytutor.checking import Misconception, NumberQuestion, Question, WrongValue, rule_question

CHAPTER, PAGE = "Adadelta", "adaptive/adadelta"

UNITS, LENGTH = "Second: correct units", "What sets the length of the steps?"
MISTAKES = (
    Misconception(
        "gradients remembered in place of steps",
        "u averages the squares of the steps. With those of the gradients the two roots are nearly "
        "equal, and the step is the gradient itself, at the rate 1.",
        {"step**2": "g**2"},
        section=UNITS,
    ),
    Misconception(
        "parameters remembered in place of steps",
        "u averages the squares of the steps, not of x: where x lies has nothing to do with how "
        "far it moves.",
        {"step**2": "x**2"},
        section=UNITS,
    ),
    Misconception(
        "numerator forgotten",
        "Without the root of u in the numerator this is RMSProp, whose step has no unit of its "
        "own and needs a learning rate.",
        {"sqrt(u + eps) / sqrt(v + eps) * g": "g / sqrt(v + eps)"},
        section=UNITS,
    ),
    Misconception(
        "roots the wrong way round",
        "The step has the unit of x: steps stand above, gradients below.",
        {"sqrt(u + eps) / sqrt(v + eps)": "sqrt(v + eps) / sqrt(u + eps)"},
        section=UNITS,
    ),
    Misconception(
        "gradient missing from the step",
        "The ratio of the roots is only the rate; it multiplies the gradient.",
        {"sqrt(u + eps) / sqrt(v + eps) * g": "sqrt(u + eps) / sqrt(v + eps)"},
    ),
    Misconception(
        "missing roots",
        "Both averages are of squares: their roots have the units of a step and of a gradient.",
        {"sqrt(u + eps)": "(u + eps)", "sqrt(v + eps)": "(v + eps)"},
        section=UNITS,
    ),
    Misconception(
        "missing root of u",
        "u is an average of squared steps; its root has the unit of a step.",
        {"sqrt(u + eps)": "(u + eps)"},
        section=UNITS,
    ),
    Misconception(
        "missing root of v",
        "v is an average of squared gradients; its root has the unit of a gradient.",
        {"sqrt(v + eps)": "(v + eps)"},
        section=UNITS,
    ),
    Misconception(
        "missing square of the step",
        "u averages squares, `step**2`; the steps themselves can be negative under the root.",
        {"step**2": "step"},
    ),
    Misconception(
        "missing square of the gradient",
        "v averages squares, `g**2`; the gradients themselves can be negative under the root.",
        {"g**2": "g"},
    ),
    Misconception(
        "size of the step in place of its square",
        "u averages the squares of the steps, not their sizes: the root is taken afterwards.",
        {"step**2": "abs(step)"},
    ),
    Misconception(
        "size of the gradient in place of its square",
        "v averages the squares of the gradients, not their sizes: the root is taken afterwards.",
        {"g**2": "abs(g)"},
    ),
    Misconception(
        "missing epsilon in the numerator",
        "u starts at zero: without eps above, the first step is zero and so are all that follow.",
        {"sqrt(u + eps)": "sqrt(u)"},
        section=LENGTH,
    ),
    Misconception(
        "missing epsilon in the denominator",
        "Without eps below, a parameter whose gradient is always zero divides by zero.",
        {"sqrt(v + eps)": "sqrt(v)"},
    ),
    Misconception(
        "epsilon outside the roots",
        "eps is added before the roots are taken, so that its root is the length of a step.",
        {"sqrt(u + eps)": "(sqrt(u) + eps)", "sqrt(v + eps)": "(sqrt(v) + eps)"},
        section="Conventions",
    ),
    Misconception(
        "epsilon outside the root in the numerator",
        "eps is added before the root is taken: outside, the first steps are sqrt(eps) times as "
        "long.",
        {"sqrt(u + eps)": "(sqrt(u) + eps)"},
        section="Conventions",
    ),
    Misconception(
        "epsilon outside the root in the denominator",
        "eps is inside both roots; outside is the place it has in RMSProp and Adam.",
        {"sqrt(v + eps)": "(sqrt(v) + eps)"},
        section="Conventions",
    ),
    Misconception(
        "old v used",
        "The step uses the v that came in; it is u that is one step old, not v.",
        {"sqrt(v + eps)": "sqrt(old_v + eps)"},
    ),
    Misconception(
        "new u used",
        "The step uses the u that came in; the new one contains this step already, and can't be "
        "known before it.",
        {"lr * step": "lr * (sqrt(u + eps) / sqrt(v + eps) * g)"},
        section=UNITS,
    ),
    Misconception(
        "learning rate in what is remembered",
        "lr multiplies the step that is taken, not the one that is remembered: otherwise it feeds "
        "back into all later steps.",
        {"step**2": "(lr * step) ** 2"},
        section="Conventions",
    ),
    Misconception(
        "opposite sign",
        "The step is added where it should be subtracted, so it climbs.",
        {"x - lr * step": "x + lr * step"},
    ),
    Misconception(
        "weights the wrong way round",
        "rho is the weight of the old average and 1 - rho that of what is new.",
        {
            "rho * v + (1 - rho) * g**2": "(1 - rho) * v + rho * g**2",
            "rho * u + (1 - rho) * step**2": "(1 - rho) * u + rho * step**2",
        },
    ),
    Misconception(
        "missing (1 - rho)",
        "Both are averages: what is new enters with the weight 1 - rho.",
        {"(1 - rho) * g**2": "g**2", "(1 - rho) * step**2": "step**2"},
    ),
    Misconception(
        "missing (1 - rho) in v",
        "v is an average: the new square enters with the weight 1 - rho.",
        {"(1 - rho) * g**2": "g**2"},
    ),
    Misconception(
        "missing (1 - rho) in u",
        "u is an average: the new square enters with the weight 1 - rho.",
        {"(1 - rho) * step**2": "step**2"},
    ),
    Misconception(
        "sums in place of averages",
        "Both memories fade; sums never forget, as in AdaGrad.",
        {
            "rho * v + (1 - rho) * g**2": "v + g**2",
            "rho * u + (1 - rho) * step**2": "u + step**2",
        },
        section="First: a window",
    ),
    Misconception(
        "minus in the averages",
        "An average adds its two weighted terms; here the new one is subtracted.",
        {
            "rho * v + (1 - rho) * g**2": "rho * v - (1 - rho) * g**2",
            "rho * u + (1 - rho) * step**2": "rho * u - (1 - rho) * step**2",
        },
    ),
    Misconception(
        "square around the factors as well",
        "Only g and the step are squared; (1 - rho) is not.",
        {
            "(1 - rho) * g**2": "((1 - rho) * g) ** 2",
            "(1 - rho) * step**2": "((1 - rho) * step) ** 2",
        },
    ),
    Misconception(
        "bias correction",
        "Dividing by 1 - rho^t is Adam's correction; Adadelta has none.",
        {"sqrt(v + eps)": "sqrt(v / (1 - rho**t) + eps)"},
    ),
    Misconception(
        "roots remembered",
        "What is remembered are v and u; their roots are taken anew in every step.",
        {"x, v, u": "x, sqrt(v), sqrt(u)"},
    ),
    Misconception(
        "step returned in place of x",
        "The function returns the step; the new x is the old one minus that step.",
        {"x - lr * step": "lr * step"},
    ),
    Misconception(
        "negative step returned in place of x",
        "The function returns the change of x; the new x is the old one plus that change.",
        {"x - lr * step": "-lr * step"},
    ),
    Misconception(
        "new parameters remembered in place of steps",
        "u averages the squares of the steps, not of x: where x lies has nothing to do with how "
        "far it moves.",
        {"step**2": "(x - lr * step) ** 2"},
        section=UNITS,
    ),
    Misconception(
        "average of the gradients remembered in place of steps",
        "u averages the squares of the steps; v holds those of the gradients already.",
        {"step**2": "v"},
        section=UNITS,
    ),
    Misconception(
        "step times gradient remembered",
        "u averages the squares of the steps; step times g has the unit of the loss.",
        {"step**2": "step * g"},
        section=UNITS,
    ),
    Misconception(
        "weights of v the wrong way round",
        "In v, rho is the weight of the old average and 1 - rho that of the new square.",
        {"rho * v + (1 - rho) * g**2": "(1 - rho) * v + rho * g**2"},
    ),
    Misconception(
        "weights of u the wrong way round",
        "In u, rho is the weight of the old average and 1 - rho that of the new square.",
        {"rho * u + (1 - rho) * step**2": "(1 - rho) * u + rho * step**2"},
    ),
    Misconception(
        "sum in place of the average v",
        "v fades; a sum of squares never forgets, as in AdaGrad.",
        {"rho * v + (1 - rho) * g**2": "v + g**2"},
        section="First: a window",
    ),
    Misconception(
        "sum in place of the average u",
        "u fades as v does; a sum of squared steps never forgets.",
        {"rho * u + (1 - rho) * step**2": "u + step**2"},
        section="First: a window",
    ),
    Misconception(
        "square around the whole average u",
        "The mean of the squares is asked for, not the square of the mean: with it, steps of both "
        "signs cancel.",
        {"rho * u + (1 - rho) * step**2": "(rho * u + (1 - rho) * step) ** 2"},
    ),
    Misconception(
        "bias correction of both",
        "Dividing by 1 - rho^t is Adam's correction; Adadelta has none.",
        {
            "sqrt(u + eps)": "sqrt(u / (1 - rho**t) + eps)",
            "sqrt(v + eps)": "sqrt(v / (1 - rho**t) + eps)",
        },
    ),
    Misconception(
        "brackets missing in one root",
        "Each of u and v gets its eps before the division: (u + eps) / (v + eps).",
        {"sqrt(u + eps) / sqrt(v + eps)": "sqrt(u + eps / v + eps)"},
    ),
    Misconception(
        "gradient squared in the step",
        "The square belongs to v; the step follows g itself, sign included.",
        {"sqrt(u + eps) / sqrt(v + eps) * g": "sqrt(u + eps) / sqrt(v + eps) * g**2"},
    ),
    Misconception(
        "epsilon in the averages",
        "eps is added under the roots; put into v or u, it is added again at every step.",
        {
            "rho * v + (1 - rho) * g**2": "rho * v + (1 - rho) * g**2 + eps",
            "sqrt(v + eps)": "sqrt(v)",
        },
    ),
    Misconception(
        "wrong order of the outputs",
        "The new x comes first, then the state in the order of the parameters: v, u.",
        {"x, v, u": "x, u, v"},
    ),
)
GIVEN = "gradients remembered in place of steps"

adadelta = rule_question(
    "adadelta",
    rules.adadelta,
    chapter=CHAPTER,
    page=PAGE,
    misconceptions=MISTAKES,
    hints=(
        "Two running averages of squares: v of the gradients, u of the steps. The step is the "
        "gradient times the ratio of their roots, and u is brought up to date after it.",
        "v ← rho v + (1 - rho) g². step = root of (u + eps) over root of (v + eps), times g. "
        "u ← rho u + (1 - rho) step². x ← x - lr step.",
        "`v = ...`, `step = np.sqrt(u + eps) / np.sqrt(...) * g`, `u = rho * u + ...`, "
        "`x = x - lr * step`, `return x, v, u`.",
    ),
    why=(
        "Earlier steps over gradients, times a gradient, has the unit of a step. The old u stands "
        "in it, as the new one needs the step; eps inside its root is what the first step is made "
        "from."
    ),
)

adadelta_bug = rule_question(
    "adadelta-bug",
    rules.adadelta,
    chapter=CHAPTER,
    page=PAGE,
    variable="adadelta_seen",
    given=next(mistake for mistake in MISTAKES if mistake.name == GIVEN),
    misconceptions=[mistake for mistake in MISTAKES if mistake.name != GIVEN],
    hints=(
        "Feed it gradients of 1 for some steps and gradients of 1000 for others. How long are the "
        "steps after a while, and which simple rule has such steps?",
        "The numerator should be the size of earlier steps. What is it here?",
        "In the line for `u`, another square has to be averaged: that of `step`.",
    ),
    why=(
        "With squared gradients in both averages the two roots are nearly equal, so the step was "
        "the gradient itself: gradient descent at the rate 1. Steps in the numerator give it the "
        "unit of x."
    ),
)

RHO, EPS = 0.96, 1e-4
PAPER = WrongValue(
    "the paper's settings",
    "0.0045 is the first step at rho = 0.95 and eps = 1e-6; here they are 0.96 and 1e-4.",
)


def _first_step() -> str:
    """Take the first step for three gradients."""
    lengths = [-rules.adadelta(0.0, g, 1, rho=RHO, eps=EPS)[0] for g in (30.0, 3e6, 3e-4)]
    return (
        f"Run, the first step is {lengths[0]:.4f} for g = 30, {lengths[1]:.4f} for g = 3,000,000 "
        f"and {lengths[2]:.4f} for g = 0.0003, where eps is no longer negligible."
    )


adadelta_first_step = NumberQuestion(
    name="adadelta-first-step",
    variable="first_step",
    section=LENGTH,
    answer=0.05,
    tolerance=2e-3,
    chapter=CHAPTER,
    page=PAGE,
    wrong={
        0.01: WrongValue(
            "1 - rho forgotten",
            "sqrt(eps) = 0.01 would be right if v were g² after one step; it is (1 - rho) g², "
            "which makes the step longer.",
        ),
        0.0001: WrongValue(
            "eps itself",
            "eps is under a root, together with the average of squared steps: its unit is that of "
            "a squared step.",
        ),
        0.0025: WrongValue(
            "root forgotten",
            "0.0025 is eps / (1 - rho); the root of both averages is taken.",
        ),
        0.0102: WrongValue(
            "rho in place of 1 - rho",
            "The first gradient enters v with the weight 1 - rho = 0.04, not with rho.",
        ),
        0.0: WrongValue(
            "no step at all",
            "u is zero, but eps stands under the root with it: that is what the rule starts from.",
        ),
        30.0: WrongValue(
            "gradient descent at the rate 1",
            "That is the step where eps outweighs v; here v = 0.04 · 900 = 36 and eps is 0.0001.",
        ),
        1.5: WrongValue(
            "size of the gradient left in",
            "g stands above and, as (1 - rho) g² under a root, below: its size cancels.",
        ),
        1.0: WrongValue(
            "learning rate taken for the length",
            "lr is 1 and multiplies the step; the step itself is not 1.",
        ),
        0.3: WrongValue(
            "denominator forgotten",
            "0.3 is sqrt(eps) times g; it is divided by the root of v, which is about 6.",
        ),
        0.05 / 30: WrongValue(
            "gradient forgotten above",
            "The ratio of the two roots is only the rate; the step is that times g = 30.",
        ),
        0.00447: PAPER,
        0.0045: PAPER,
        0.002: WrongValue(
            "multiplied by 1 - rho",
            "The root of 1 - rho stands below: it makes the step longer, not shorter.",
        ),
        5.0: WrongValue(
            "eps forgotten in the numerator",
            "5 is 1 / sqrt(1 - rho): with lr = 1 that is RMSProp. Adadelta's numerator is the root "
            "of eps at the first step.",
        ),
    },
    seen=_first_step,
    hints=(
        "Put u = 0 and v = 0 into the rule. What are v and the numerator in the first step?",
        "v = (1 - rho) g² = 36, beside which eps is nothing. The numerator is sqrt(eps).",
        "sqrt(eps) times g over sqrt((1 - rho) g²): the 30 cancels, sqrt(eps / (1 - rho)) is left.",
    ),
    why=(
        "The first step is sqrt(eps) g / sqrt((1 - rho) g² + eps), about sqrt(eps / (1 - rho)) = "
        "0.05 for any gradient that isn't tiny. Adadelta's learning rate is the root of eps."
    ),
)

QUESTIONS: tuple[Question, ...] = (adadelta, adadelta_bug, adadelta_first_step)
