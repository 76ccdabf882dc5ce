"""Exercises on Nesterov's gradient: the two forms, the point behind, and the stable range."""

from __future__ import annotations

import numpy as np

from mytutor import rules
from mytutor.checking import (
    ChoiceQuestion,
    Misconception,
    NumberQuestion,
    Question,
    WrongValue,
    rule_question,
)
from mytutor.train import descend

CHAPTER, PAGE = "Nesterov's gradient", "momentum/nesterov"

REWRITTEN = "The same, written for the point ahead"
STEP = "x + mu * v - lr * g"

ahead = rule_question(
    "nesterov-ahead",
    rules.classical_nesterov,
    chapter=CHAPTER,
    page=PAGE,
    misconceptions=[
        Misconception(
            "plain momentum",
            "x + v is the step of the point behind; x + mu v - lr g with the old v is the same. "
            "The point ahead moves by mu v - lr g with the new v.",
            {STEP: "x + v"},
            section=REWRITTEN,
        ),
        Misconception(
            "old look-ahead not undone",
            "x is ahead already, by mu times the old velocity. That has to be taken back before "
            "v and the new look-ahead are added.",
            {STEP: "x + v + mu * v"},
            section=REWRITTEN,
        ),
        Misconception(
            "gradient missing from the step",
            "The look-ahead is there, and the step of the gradient is not.",
            {STEP: "x + mu * v"},
        ),
        Misconception(
            "mu missing from the step",
            "The next step will keep mu of the velocity, so that is how far to look.",
            {STEP: "x + v - lr * g"},
        ),
        Misconception(
            "look-ahead missing",
            "x - lr g is the new theta, the point behind. The point ahead is mu times the new "
            "velocity further on.",
            {STEP: "x - lr * g"},
            section=REWRITTEN,
        ),
        Misconception(
            "gradient counted twice",
            "mu v has mu lr g in it already, as v is the new velocity: (1 + mu) lr g belongs to "
            "the form that is written with the old one, as mu² v.",
            {STEP: "x + mu * v - (1 + mu) * lr * g"},
            section=REWRITTEN,
        ),
        Misconception(
            "mu squared on the new velocity",
            "mu² belongs to the old velocity; the look-ahead is mu times the new one.",
            {STEP: "x + mu**2 * v - lr * g"},
            section=REWRITTEN,
        ),
        Misconception(
            "old look-ahead added",
            "x is ahead already, by mu times the old velocity: that is taken back, not added.",
            {STEP: "x + mu * old_v + (1 + mu) * v"},
            section=REWRITTEN,
        ),
        Misconception(
            "new velocity subtracted",
            "The velocity has the minus sign of the gradient in it, so x moves by plus (1 + mu) v.",
            {STEP: "x - mu * old_v - (1 + mu) * v"},
        ),
        Misconception(
            "look-ahead subtracted",
            "The velocity points downhill, and the look-ahead follows it: + mu v.",
            {STEP: "x - mu * v - lr * g"},
        ),
        Misconception(
            "1 - mu on the look-ahead",
            "The next step will keep mu of the velocity, so that is how far to look; 1 - mu is "
            "the weight of an average.",
            {STEP: "x + (1 - mu) * v - lr * g"},
        ),
        Misconception(
            "lr on the velocity once more",
            "The velocity is a sum of steps: it has its `lr` already.",
            {STEP: "x + lr * (mu * v - g)"},
            section="Conventions",
        ),
        Misconception(
            "heavy ball with lr outside",
            "v = mu v + g and x - lr v is the heavy ball, without any look-ahead and with a "
            "velocity that points uphill.",
            {"mu * v - lr * g": "mu * v + g", STEP: "x - lr * v"},
            section="Conventions",
        ),
        Misconception(
            "averaged heavy ball",
            "v = mu v + (1 - mu) g and x - lr v is the heavy ball with an averaged velocity, "
            "without any look-ahead.",
            {"mu * v - lr * g": "mu * v + (1 - mu) * g", STEP: "x - lr * v"},
            section="Conventions",
        ),
        Misconception(
            "heavy ball with a velocity uphill",
            "v = mu v + lr g and x - v is the heavy ball, without any look-ahead; and the velocity "
            "asked for points downhill.",
            {"mu * v - lr * g": "mu * v + lr * g", STEP: "x - v"},
            section="Conventions",
        ),
        Misconception(
            "step returned in place of the velocity",
            "What is remembered is v; mu v - lr g is how far the point ahead has moved.",
            {"x, v": "x, mu * v - lr * g"},
        ),
        Misconception(
            "learning rate outside the velocity",
            "The form with `lr` outside: the path is the same while `lr` is constant. The velocity "
            "asked for contains `lr` and points downhill.",
            {"mu * v - lr * g": "mu * v + g", STEP: "x - lr * (g + mu * v)"},
            section="Conventions",
        ),
        Misconception(
            "velocity pointing uphill",
            "The path is right, and the velocity has the opposite sign from the one asked for.",
            {"mu * v - lr * g": "mu * v + lr * g", STEP: "x - mu * v - lr * g"},
            section="Conventions",
        ),
        Misconception(
            "gradient added to the velocity",
            "The velocity points where x will go, and x goes against the gradient.",
            {"mu * v - lr * g": "mu * v + lr * g"},
        ),
        Misconception(
            "gradient added in the step",
            "In the step the gradient is added where it should be subtracted.",
            {STEP: "x + mu * v + lr * g"},
        ),
        Misconception(
            "learning rate missing from the velocity",
            "The velocity is a sum of steps, each with its `lr`.",
            {"mu * v - lr * g": "mu * v - g"},
        ),
        Misconception(
            "learning rate missing from the step",
            "The gradient enters the step without `lr`.",
            {STEP: "x + mu * v - g"},
        ),
        Misconception(
            "averaged velocity, (1 - mu) on the gradient",
            "The velocity is a decaying sum, not an average: no factor (1 - mu).",
            {"mu * v - lr * g": "mu * v - (1 - mu) * lr * g"},
            section="Conventions",
        ),
        Misconception(
            "mu missing from the velocity",
            "The velocity forgets nothing of what it was.",
            {"mu * v - lr * g": "v - lr * g"},
        ),
        Misconception(
            "mu on both",
            "mu multiplies the old velocity only; here it shrinks the gradient's part as well.",
            {"mu * v - lr * g": "mu * (v - lr * g)"},
        ),
        Misconception(
            "old velocity forgotten",
            "The velocity that came in is not used: it starts afresh in every call.",
            {"mu * v - lr * g": "-lr * g"},
        ),
        Misconception(
            "wrong order of the outputs",
            "The new x comes first, then the state.",
            {"x, v": "v, x"},
        ),
    ],
    hints=(
        "x is the point ahead, theta + mu v. Write down the new theta, then look ahead from it "
        "along the new velocity.",
        "The old theta is x - mu v_old; the new x is that + v + mu v. Replace v - mu v_old by what "
        "the first line says it is.",
        "`v = mu * v - lr * g`, then `x = x + mu * v - ...`, then `return x, v`.",
    ),
    why=(
        "theta moves by v, and the look-ahead changes from mu times the old velocity to mu times "
        "the new one. Since v minus mu times the old velocity is -lr g, all that is left is "
        "-lr g + mu v."
    ),
)


def _found_behind() -> str:
    """Run both forms side by side until the library's has its numbers, and compare."""
    theta, velocity, x, v = 1.0, 0.0, 1.0, 0.0
    for t in (1, 2, 3):
        velocity = 0.5 * velocity - 0.1 * (theta + 0.5 * velocity)
        theta = theta + velocity
        x, v = rules.nesterov(x, x, t, v, lr=0.1, mu=0.5)
    return (
        f"Check on f(x) = x²/2 after three steps from 1: x + lr mu v is {x + 0.1 * 0.5 * v:.6f}, "
        f"and the paper's form has theta = {theta:.6f}."
    )


DIFFERENCE = WrongValue(
    "only the difference",
    "0.15 is how far the two points are apart; asked for is where theta is.",
)
behind = NumberQuestion(
    name="nesterov-behind",
    variable="theta",
    kind="derive",
    section=REWRITTEN,
    answer=2.15,
    chapter=CHAPTER,
    page=PAGE,
    wrong={
        1.85: WrongValue(
            "ahead once more",
            "1.85 is another look-ahead from the point ahead; theta lies behind it.",
        ),
        2.3: WrongValue(
            "mu left out", "2.3 goes back by the whole step lr v; the look-ahead is mu times that."
        ),
        1.7: WrongValue(
            "a step of the heavy ball", "1.7 is x - lr v, a step on, not the look-ahead undone."
        ),
        0.5: WrongValue(
            "learning rate left out, and the sign of the velocity",
            "0.5 is x - mu v. This velocity is a sum of gradients: it points uphill and needs lr.",
            section="Conventions",
        ),
        3.5: WrongValue(
            "learning rate left out",
            "3.5 is x + mu v. This velocity is a sum of gradients, so lr makes a step of it.",
            section="Conventions",
        ),
        2.0: WrongValue(
            "the point that is stored",
            "2 is the point ahead, which the library stores; both agree only where v is zero.",
        ),
        0.15: DIFFERENCE,
        -0.15: DIFFERENCE,
        -0.3: WrongValue(
            "the velocity",
            "-0.3 is the paper's velocity; theta is the stored point minus mu times that.",
        ),
        2.45: WrongValue(
            "the whole step undone",
            "2.45 goes back by lr (1 + mu) v. Only the look-ahead, lr mu v, is between the two.",
        ),
        1.55: WrongValue(
            "another step taken",
            "1.55 is lr (1 + mu) v further on; theta is the point behind, lr mu v back.",
        ),
        2.075: WrongValue(
            "mu squared",
            "2.075 has mu twice; the look-ahead is mu times the velocity that is kept.",
        ),
        2.05: WrongValue(
            "velocity left out", "2.05 goes back by lr mu; the look-ahead is that times v = 3."
        ),
        2.6: WrongValue(
            "velocity divided by mu",
            "2.6 has the velocity divided by mu; the look-ahead is mu times the velocity.",
        ),
    },
    seen=_found_behind,
    hints=(
        "The stored point is x = theta + mu times the paper's velocity.",
        "The paper's velocity is -lr v, where v is the sum of gradients. So x = theta - lr mu v.",
        "`theta = 2.0 + 0.1 * 0.5 * ...`",
    ),
    why="The look-ahead was mu times the paper's velocity, -0.1 · 3 = -0.3: back by 0.15.",
)


def _switched() -> str:
    """Where both rules are after 60 steps at the rate 1.6 over the curvature."""
    found = []
    for rule in (rules.momentum, rules.nesterov):
        end = descend(rule, lambda x: x, np.array([1.0]), 60, lr=1.6, mu=0.9)[-1, 0]
        found.append(f"{rule.__name__} {abs(end):.1e}")
    return f"Distance from the minimum after 60 steps from 1: {', '.join(found)}."


switch = ChoiceQuestion(
    name="nesterov-switch",
    variable="outcome",
    section="The stable range is smaller",
    answer="D",
    chapter=CHAPTER,
    page=PAGE,
    options={
        "A": "the same path as before, one step earlier",
        "B": "faster: the steep direction is damped, so it settles sooner",
        "C": "slower, because it feels less momentum, and still to the minimum",
        "D": "it diverges",
        "E": "it goes round in a cycle of three points for ever",
    },
    wrong={
        "A": WrongValue(
            "only another place to look from",
            "The two rules take their gradients at other points, so the paths differ.",
            section="The idea: look first where you will be",
        ),
        "B": WrongValue(
            "damping without a limit",
            "Steep directions are damped up to lr = 1/L. Beyond, the momentum felt, "
            "mu (1 - lr L), is negative: the look-ahead overcorrects.",
        ),
        "C": WrongValue(
            "less momentum is safer",
            "The momentum felt is 0.9 · (1 - 1.6) = -0.54: not less, but against the motion.",
        ),
        "E": WrongValue(
            "the heavy ball's cycle",
            "That cycle belongs to the heavy ball, on a function which is no quadratic.",
            section="The problem: the heavy ball overshoots",
        ),
    },
    seen=_switched,
    hints=(
        "For which rates is each of the two rules stable? Put z = -1 into the equations for the "
        "eigenvalues.",
        "The heavy ball is stable for lr L < 2 (1 + mu), Nesterov's gradient for "
        "lr L < 2 (1 + mu) / (1 + 2 mu).",
        "With mu = 0.9 the limits are 3.8 and 3.8 / 2.8. Where does 1.6 lie?",
    ),
    why="1.6 is below the heavy ball's limit 3.8 and above Nesterov's, 3.8 / 2.8 = 1.36.",
)

QUESTIONS: tuple[Question, ...] = (ahead, behind, switch)
