"""The update to implement, and three versions of it to repair."""

from mytutor import rules
from mytutor.checking import Misconception, rule_question
from mytutor.exercises.adam.mistakes import MISTAKES
from mytutor.exercises.adam.page import CHAPTER, PAGE

adam = rule_question(
    "adam",
    rules.adam,
    chapter=CHAPTER,
    page=PAGE,
    misconceptions=MISTAKES,
    hints=(
        "Two running averages: m of the gradients, v of their squares. Both start at zero, so "
        "both are too small at first and are corrected before they are used.",
        "m ← beta1 m + (1 - beta1) g, and v likewise with beta2 and g². Divide m by 1 - beta1^t "
        "and v by 1 - beta2^t. The step is lr times corrected m over (root of corrected v, plus "
        "eps).",
        "`mhat = m / (1 - beta1**t)`, `vhat = ...`, `x = x - lr * mhat / (np.sqrt(vhat) + "
        "eps)`, then `return x, m, v` - the moments uncorrected.",
    ),
    why=(
        "m says where to go, the root of v how large gradients usually are; their ratio is "
        "about 1 in size, so lr is about the length of a step. The state that is returned is "
        "uncorrected: the correction belongs to one step only."
    ),
)

adam_bug = rule_question(
    "adam-bug",
    rules.adam,
    chapter=CHAPTER,
    page=PAGE,
    variable="adam_seen",
    given=next(mistake for mistake in MISTAKES if mistake.name == "gradient times the update"),
    misconceptions=[mistake for mistake in MISTAKES if mistake.name != "gradient times the update"],
    hints=(
        "Start left of the minimum, then right of it, and watch which way x goes.",
        "The sign of the step has to be that of the average gradient. Which factor in the last "
        "line takes the sign away?",
        "In the line for `x`, `g` appears where it has no business: m contains the gradient "
        "already.",
    ),
    why=(
        "The step was multiplied by g once more. g times m is positive whenever the two agree, "
        "so x could only ever move one way; and a step proportional to g gives up what dividing "
        "by the root of v had gained."
    ),
)

RAW = Misconception(
    "both averages of the raw gradient, uncorrected",
    "v averages the gradient itself, so it is m with another beta and can be negative under the "
    "root; and neither is corrected for starting at zero.",
    {"g**2": "g", "m / (1 - beta1**t)": "m", "v / (1 - beta2**t)": "v"},
)
adam_two_averages = rule_question(
    "adam-two-averages",
    rules.adam,
    chapter=CHAPTER,
    page=PAGE,
    variable="adam_raw",
    given=RAW,
    misconceptions=MISTAKES,
    hints=(
        "Three things are missing. Start on the left of the minimum, where the gradient is "
        "negative: what is under the root then?",
        "v is the average of the squared gradients. And both averages start at zero: divide them "
        "by 1 - beta1^t and 1 - beta2^t before they are used.",
        "`v = beta2 * v + (1 - beta2) * g**2`, then `mhat = m / (1 - beta1**t)` and `vhat = ...`, "
        "and the step uses mhat and vhat.",
    ),
    why=(
        "With the raw gradient v has its sign, and the root of a negative number is none. Where "
        "the gradient is positive the step is m over the root of nearly m: it shrinks with the "
        "root of the gradient, and the units no longer cancel. The corrections keep the early "
        "steps at lr."
    ),
)

OUTSIDE = next(m for m in MISTAKES if m.name == "epsilon outside the denominator")
adam_epsilon = rule_question(
    "adam-epsilon",
    rules.adam,
    chapter=CHAPTER,
    page=PAGE,
    variable="adam_epsilon",
    given=OUTSIDE,
    misconceptions=[mistake for mistake in MISTAKES if mistake is not OUTSIDE],
    hints=(
        "What does it do with a parameter whose gradient is zero? And what is eps good for?",
        "Division comes before addition: a / b + eps is (a / b) + eps, and eps is added to x.",
        "Brackets around the denominator: `(sqrt(vhat) + eps)`.",
    ),
    why=(
        "Without brackets eps doesn't protect the division: a gradient of zero gives 0 / 0. And "
        "it is added to every parameter at every step. With 1e-8 that can't be seen, which is why "
        "the mistake survives."
    ),
)
