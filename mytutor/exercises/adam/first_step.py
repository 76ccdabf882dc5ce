"""How long the first step is."""

from mytutor import rules
from mytutor.checking import ChoiceQuestion, WrongValue
from mytutor.exercises.adam.page import CHAPTER, PAGE


def _first_steps() -> str:
    """Take Adam's first step for a tiny and a huge gradient."""
    tiny, huge = (-rules.adam(0.0, g, 1, lr=0.01)[0] for g in (0.001, 1000.0))
    return (
        f"Run with lr = 0.01, the first step is {tiny:.5f} for g = 0.001 "
        f"and {huge:.5f} for g = 1000."
    )


adam_first_step = ChoiceQuestion(
    name="adam-first-step",
    variable="first_step",
    options={
        "A": "A million times longer for g = 1000 than for g = 0.001.",
        "B": "A thousand times longer for g = 1000.",
        "C": "Practically the same for both, about lr.",
        "D": "Shorter for g = 1000, because v is larger there.",
        "E": "Practically the same for both, about 3.2 lr.",
    },
    answer="C",
    chapter=CHAPTER,
    page=PAGE,
    wrong={
        "A": WrongValue(
            "proportional to the gradient",
            "That is gradient descent. Adam divides m by the root of v, and both scale with g.",
        ),
        "B": WrongValue(
            "proportional to the root of the gradient",
            "A factor of a thousand would be left if the root of v grew like the root of |g|; v "
            "holds squares, so its root grows like |g|.",
        ),
        "D": WrongValue(
            "numerator forgotten",
            "v is larger, and so is m: the step is their ratio.",
        ),
        "E": WrongValue(
            "bias correction forgotten",
            "Uncorrected, m is 0.1 g and the root of v is 0.032 |g|, so the step would be 3.2 lr. "
            "At t = 1 the corrections make them g and |g|.",
            section="Both averages start at zero, and that needs a correction",
        ),
    },
    seen=_first_steps,
    hints=(
        "Put t = 1 and zero moments into the formulas before any number.",
        "At t = 1 the corrected m is g and the corrected v is g².",
        "So the step is lr g / (|g| + eps). What does that make of 0.001, and of 1000?",
    ),
    why=(
        "At the first step corrected m is g and the root of corrected v is |g|: only the sign "
        "is left."
    ),
)
