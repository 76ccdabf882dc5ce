"""Hyperparameters as an answer: they are run, and what is wrong with them is said."""

import math

import numpy as np
import pytest

from mytutor.checking import Mistuned, TuneQuestion, check

QUESTION = TuneQuestion(
    name="parabola",
    ranges={"lr": (0.0, 10.0), "mu": (0.0, 0.99)},
    run=lambda lr, mu: math.inf if lr > 2 else abs(1 - lr) + mu,
    measure="distance after a step",
    target=0.1,
    example={"lr": 1.0, "mu": 0.0},
    wrong=(
        Mistuned(
            "diverged", "lr is above 2.", lambda s, score: score == math.inf, {"lr": 3, "mu": 0}
        ),
        Mistuned("too slow", "lr is small.", lambda s, score: s["lr"] < 0.5, {"lr": 0.1, "mu": 0}),
    ),
    hints=("a", "b", "c"),
    why="The step lands in the minimum.",
    chapter="Chapter",
    page="page",
    variable="settings",
)


@pytest.mark.parametrize(
    "settings",
    [
        {"lr": 1, "mu": 0},
        {"mu": 0.0, "lr": np.float32(1)},
        {"lr": np.array([1.0]), "mu": "0"},
        {"lr": [1.05], "mu": 0.01},
    ],
)
def test_settings_that_reach_the_target_are_correct(settings):
    verdict = check(QUESTION, settings)
    assert verdict.outcome == "correct"
    assert "asked for was 0.1 or less" in verdict.message


def test_a_typical_bad_choice_is_named():
    assert check(QUESTION, {"lr": 5, "mu": 0}).diagnosis == ("diverged",)
    assert "It diverged" in check(QUESTION, {"lr": 5, "mu": 0}).message
    assert check(QUESTION, {"lr": 0.2, "mu": 0}).diagnosis == ("too slow",)
    assert check(QUESTION, {"lr": 1.5, "mu": 0}).diagnosis == ()


@pytest.mark.parametrize("answer", [..., None, {"lr": ..., "mu": 0.5}, {"lr": 1, "mu": None}])
def test_a_gap_is_not_attempted(answer):
    assert check(QUESTION, answer).outcome == "not attempted"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (1.0, "expected is a dictionary"),
        ("fast", "expected is a dictionary"),
        (lambda: 1, "expected is a dictionary"),
        ({"lr": 1}, 'The dictionary has `lr`; expected is {"lr": ..., "mu": ...}'),
        ({"lr": 1, "mu": 0, "eps": 1}, "The dictionary has `lr`, `mu`, `eps`"),
        ({}, "no names"),
        ({1: 2}, "expected is a dictionary"),
        ({"lr": -1, "mu": 0}, r"`lr` is -1.0; expected is a number from 0.0 to 10.0"),
        ({"lr": math.nan, "mu": 0}, "`lr` is nan"),
        ({"lr": True, "mu": 0}, "`lr` is True"),
        ({"lr": "big", "mu": 0}, "`lr` is 'big'"),
        ({"lr": {}, "mu": 0}, "`lr` is {}"),
    ],
)
def test_what_cannot_be_run_is_refused_with_what_is_expected(answer, says):
    verdict = check(QUESTION, answer)
    assert verdict.outcome == "not yet"
    assert says in verdict.message


def test_one_hyperparameter_may_be_a_plain_number():
    alone = TuneQuestion(
        **{
            **{name: getattr(QUESTION, name) for name in QUESTION.__dataclass_fields__},
            "ranges": {"lr": (0.0, 10.0)},
            "run": lambda lr: abs(1 - lr),
            "example": {"lr": 1.0},
        }
    )
    assert check(alone, 1.02).outcome == "correct"
    assert check(alone, {"lr": 1.02}).outcome == "correct"
    assert check(alone, ...).outcome == "not attempted"


def test_the_solution_shows_settings_and_what_they_reach():
    note = QUESTION.solution()
    assert note.paragraphs[0] == "lr = 1.0, mu = 0.0"
    assert "distance after a step: 0.0" in note.paragraphs[2]
