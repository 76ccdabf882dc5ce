"""Exercises on momentum: the heavy ball, Nesterov's gradient, and how long a ball remembers."""

from mytutor import rules
from mytutor.checking import Misconception, NumberQuestion, WrongValue, rule_question

CHAPTER, PAGE = "Momentum", "momentum/momentum"

momentum = rule_question(
    "momentum",
    rules.momentum,
    chapter=CHAPTER,
    page=PAGE,
    misconceptions=[
        Misconception(
            "opposite sign",
            "The step is added where it should be subtracted, so it climbs.",
            {"x - lr * v": "x + lr * v"},
        ),
        Misconception(
            "averaged velocity, (1 - mu) on the gradient",
            "With the factor (1 - mu) the velocity is an average of the gradients; asked for is "
            "their decaying sum, which is 1 / (1 - mu) times larger.",
            {"mu * v + g": "mu * v + (1 - mu) * g"},
            section="Conventions",
        ),
        Misconception(
            "learning rate inside the velocity",
            "The velocity asked for doesn't contain `lr`. With it inside, the path is the same as "
            "long as `lr` is constant, and another one as soon as a schedule changes it.",
            {"mu * v + g": "mu * v + lr * g", "lr * v": "v"},
            section="Conventions",
        ),
        Misconception(
            "velocity pointing downhill, with the learning rate inside",
            "v = mu v - lr g and x + v is another convention: the path is the same while `lr` is "
            "constant, but the velocity returned is not the one asked for.",
            {"mu * v + g": "mu * v - lr * g", "x - lr * v": "x + v"},
            section="Conventions",
        ),
        Misconception(
            "velocity pointing downhill",
            "v = mu v - g and x + lr v gives the same path, but the velocity returned has the "
            "opposite sign from the one asked for.",
            {"mu * v + g": "mu * v - g", "x - lr * v": "x + lr * v"},
            section="Conventions",
        ),
        Misconception(
            "gradient subtracted from the velocity",
            "The velocity gathers gradients, mu v + g; the minus sign belongs to the step of x "
            "alone.",
            {"mu * v + g": "mu * v - g"},
        ),
        Misconception(
            "old velocity used",
            "The step uses the velocity that came in, not the one just computed: x is one gradient "
            "late.",
            {"lr * v": "lr * old_v"},
        ),
        Misconception(
            "Nesterov's step",
            "Adding mu times the new velocity once more is Nesterov's gradient, the next chapter.",
            {"lr * v": "lr * (g + mu * v)"},
        ),
        Misconception(
            "gradient counted twice",
            "The new velocity already contains the gradient; the step adds it once more.",
            {"lr * v": "lr * (v + g)"},
        ),
        Misconception(
            "dampened velocity",
            "Averaged from the second step on, as with PyTorch's `dampening`; asked for is the "
            "sum, with the new gradient in full at every step.",
            {"mu * v + g": "g if t == 1 else mu * v + (1 - mu) * g"},
            section="Conventions",
        ),
        Misconception(
            "averaged velocity, with the learning rate inside",
            "Asked for is the sum of the gradients, without the factor (1 - mu) and with `lr` "
            "outside.",
            {"mu * v + g": "mu * v + (1 - mu) * lr * g", "lr * v": "v"},
            section="Conventions",
        ),
        Misconception(
            "squared gradient",
            "The velocity gathers the gradients, with their signs, not their squares.",
            {"mu * v + g": "mu * v + g**2"},
        ),
        Misconception(
            "velocity not used",
            "The step follows the gradient, so the velocity is computed for nothing.",
            {"lr * v": "lr * g"},
        ),
        Misconception(
            "learning rate twice",
            "`lr` is in the velocity and again in the step, so the step shrinks by lr twice.",
            {"mu * v + g": "mu * v + lr * g"},
        ),
        Misconception(
            "learning rate missing",
            "The step is the velocity itself, whatever `lr` is.",
            {"lr * v": "v"},
        ),
        Misconception(
            "mu missing",
            "The velocity adds up all gradients and forgets none of them.",
            {"mu * v + g": "v + g"},
        ),
        Misconception(
            "mu on the gradient",
            "mu belongs to the old velocity: it says how much of it is kept.",
            {"mu * v + g": "v + mu * g"},
        ),
        Misconception(
            "mu on both",
            "mu multiplies the old velocity only; here it shrinks the new gradient as well.",
            {"mu * v + g": "mu * (v + g)"},
        ),
        Misconception(
            "weights the wrong way round",
            "mu is the weight of the old velocity; here it is that of the gradient.",
            {"mu * v + g": "(1 - mu) * v + mu * g"},
        ),
        Misconception(
            "1 - mu in place of mu",
            "mu is what is kept of the old velocity, not what is lost.",
            {"mu * v + g": "(1 - mu) * v + g"},
        ),
        Misconception(
            "gradient missing from the velocity",
            "Without the gradient the velocity only fades.",
            {"mu * v + g": "mu * v"},
        ),
        Misconception(
            "old velocity forgotten",
            "The velocity that came in is not used: it starts afresh in every call.",
            {"mu * v + g": "g"},
        ),
        Misconception(
            "bias correction",
            "Dividing by 1 - mu^t belongs to an average (as in Adam); a sum needs no correction.",
            {"lr * v": "lr * v / (1 - mu**t)"},
        ),
        Misconception(
            "wrong order of the outputs",
            "The new x comes first, then the state.",
            {"x, v": "v, x"},
        ),
        Misconception(
            "step returned in place of x",
            "The function returns the step; the new x is the old one minus that step.",
            {"x - lr * v": "lr * v"},
        ),
    ],
    hints=(
        "A ball that rolls keeps most of its velocity and gains a little from the slope. Two "
        "lines: first the new velocity, then the new x.",
        "v becomes mu times v, plus g. x becomes x minus lr times the new v.",
        "`v = mu * v + ...`, then `x = x - lr * ...`, then `return x, v`.",
    ),
    why=(
        "The velocity is a sum of all gradients so far, each weighted by mu to the power of its "
        "age. The learning rate stays outside, so that a schedule can change it without "
        "changing what is remembered."
    ),
)

nesterov_bug = rule_question(
    "nesterov-bug",
    rules.nesterov,
    chapter=CHAPTER,
    page=PAGE,
    given=Misconception(
        "old velocity used",
        "The step looks ahead along the velocity that came in. With it, g + mu v is nothing but "
        "the new velocity of plain momentum.",
        {"g + mu * v": "g + mu * old_v"},
    ),
    misconceptions=[
        Misconception(
            "opposite sign",
            "The step is added where it should be subtracted, so it climbs.",
            {"x - lr * (g + mu * v)": "x + lr * (g + mu * v)"},
        ),
        Misconception(
            "gradient missing from the step",
            "The step is lr times the gradient plus mu times the new velocity.",
            {"g + mu * v": "mu * v"},
        ),
        Misconception(
            "mu missing from the step",
            "The new velocity is one step old when it is used: it has to fade by mu once more.",
            {"g + mu * v": "g + v"},
        ),
        Misconception(
            "velocity not used",
            "The step follows the gradient, so the velocity is computed for nothing.",
            {"g + mu * v": "g"},
        ),
        Misconception(
            "averaged velocity, (1 - mu) on the gradient",
            "The velocity is a decaying sum, not an average: no factor (1 - mu).",
            {"mu * v + g": "mu * v + (1 - mu) * g"},
            section="Conventions",
        ),
        Misconception(
            "learning rate inside the velocity",
            "The velocity asked for doesn't contain `lr`.",
            {"mu * v + g": "mu * v + lr * g", "lr * (g + mu * v)": "(lr * g + mu * v)"},
        ),
        Misconception(
            "learning rate missing",
            "The step doesn't depend on `lr`.",
            {"lr * (g + mu * v)": "(g + mu * v)"},
        ),
        Misconception(
            "learning rate on one term only",
            "`lr` multiplies the whole step, g + mu v, so it needs brackets.",
            {"lr * (g + mu * v)": "(lr * g + mu * v)"},
        ),
        Misconception(
            "mu on both",
            "The gradient enters the step in full; only the velocity is multiplied by mu.",
            {"g + mu * v": "mu * (g + v)"},
        ),
        Misconception(
            "mu missing from the velocity",
            "The velocity adds up all gradients and forgets none of them.",
            {"mu * v + g": "v + g"},
        ),
        Misconception(
            "gradient added twice",
            "The step adds the gradient twice; it is g + mu v.",
            {"g + mu * v": "mu * v + g + g"},
        ),
        Misconception(
            "mu on the gradient of the step",
            "In the step mu belongs to the velocity, g + mu v, not to the gradient.",
            {"g + mu * v": "v + mu * g"},
        ),
        Misconception(
            "mu twice",
            "The new velocity fades by mu once: g + mu v, with v as the first line leaves it.",
            {"g + mu * v": "g + mu * mu * v"},
        ),
        Misconception(
            "mu on the gradient too",
            "In the velocity mu multiplies the old velocity only.",
            {"mu * v + g": "mu * (v + g)"},
        ),
        Misconception(
            "averages in both lines",
            "With the factor (1 - mu) on the gradients it is the average of Nadam; asked for is "
            "the sum.",
            {"mu * v + g": "mu * v + (1 - mu) * g", "g + mu * v": "(1 - mu) * g + mu * v"},
            section="Conventions",
        ),
        Misconception(
            "velocity pointing downhill, with the learning rate inside",
            "v = mu v - lr g is the convention of Keras and CS231n: the same path while `lr` "
            "is constant, but the velocity returned is not the one asked for.",
            {"mu * v + g": "mu * v - lr * g", "x - lr * (g + mu * v)": "x + mu * v - lr * g"},
            section="Conventions",
        ),
        Misconception(
            "velocity pointing downhill",
            "v = mu v - g gives the same path, but the velocity returned has the opposite sign "
            "from the one asked for.",
            {"mu * v + g": "mu * v - g", "x - lr * (g + mu * v)": "x + lr * (mu * v - g)"},
            section="Conventions",
        ),
        Misconception(
            "look-ahead returned as the velocity",
            "What is remembered is v; g + mu v is only what this step uses.",
            {"x, v": "x, g + mu * v"},
        ),
        Misconception(
            "wrong order of the outputs",
            "The new x comes first, then the state.",
            {"x, v": "v, x"},
        ),
    ],
    hints=(
        "Run it beside plain momentum: the paths are the same. Which velocity does its step "
        "use, and which one should it look ahead along?",
        "The step is lr times (g + mu times v), where v is the velocity that already contains g.",
        "Swap the two lines: `v = mu * v + g` comes first, the line for `x` second.",
    ),
    why=(
        "Both lines were right and their order was not. With the old velocity, g + mu v is "
        "exactly the new velocity, so x took the step of plain momentum. Nesterov's step goes "
        "along the velocity that the next gradient will see."
    ),
)


def _growth() -> str:
    """Run momentum on a constant gradient and report how long its steps are."""
    x, v, lengths = 0.0, 0.0, {}
    for t in range(1, 201):
        before = x
        x, v = rules.momentum(x, 1.0, t, v, lr=1.0, mu=0.95)
        lengths[t] = before - x
    shown = ", ".join(f"{lengths[t]:.2f} at step {t}" for t in (1, 2, 10, 50, 200))
    return f"Run with lr = 1 and a gradient of 1, the steps are {shown}."


momentum_growth = NumberQuestion(
    name="momentum-growth",
    variable="growth",
    section="The idea: add up the gradients",
    answer=20.0,
    chapter=CHAPTER,
    page=PAGE,
    wrong={
        0.05: WrongValue(
            "1 - mu",
            "0.05 is what the ball loses of its velocity in a step, not what it gains in all.",
        ),
        0.95: WrongValue(
            "mu itself", "0.95 is what is left of one gradient after one step; all of them add up."
        ),
        19.0: WrongValue(
            "newest gradient left out",
            "19 is what the earlier gradients add, 0.95 + 0.95² + …; the newest one counts too.",
        ),
        1.95: WrongValue(
            "two terms only", "1.95 is the second step. The ball goes on gaining after it."
        ),
        39.0: WrongValue(
            "agreement over alternation",
            "39 is (1 + mu) / (1 - mu), how much longer than with gradients that alternate; asked "
            "for is how much longer than one gradient.",
        ),
        1 / 1.95: WrongValue(
            "gradients that alternate",
            "0.51 is 1 / (1 + mu), the length with gradients that change sign at every step.",
        ),
        1.0: WrongValue(
            "no memory", "1 is plain gradient descent. The velocity adds earlier gradients to it."
        ),
        10.0: WrongValue("mu = 0.9", "10 belongs to mu = 0.9; here mu is 0.95."),
        10.256410256410257: WrongValue(
            "squares added",
            "10.26 is 1 / (1 - mu²), the sum of the squared weights: that is for noise.",
        ),
    },
    seen=_growth,
    hints=(
        "With the same g in every step, write down v after one, two and three steps.",
        "v tends to g (1 + mu + mu² + …), a geometric series.",
        "The series adds up to `1 / (1 - mu)`. Put mu = 0.95 in.",
    ),
    why="The steps grow by 1 + mu + mu² + … = 1 / (1 - mu), which is 20.",
)

QUESTIONS = (momentum, nesterov_bug, momentum_growth)
