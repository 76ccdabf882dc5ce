"""Every typical mistake is named, and no one-operator mutant of a solution passes."""

import pytest

from mytutor import exercises
from mytutor.checking import FunctionQuestion, check
from mytutor.checking.comparing import close, expected, outputs_of
from mytutor.checking.misconceptions import pairs, wrong_version
from mytutor.checking.mutating import mutants

QUESTIONS = exercises.questions()
FUNCTIONS = [q for q in QUESTIONS.values() if isinstance(q, FunctionQuestion)]
VALUES = [q for q in QUESTIONS.values() if not isinstance(q, FunctionQuestion)]

# Mutants that compute what the solution computes, and why.
SQUARE = "a square has no sign"
ORDER = "the two lines don't depend on each other"
AGAIN = "the line gives the same when run again: it reads nothing that it writes"
EQUIVALENT = {
    "momentum": {},
    "nesterov-bug": {},
    "adam": {
        "v = beta2 * v + (1 - beta2) * g ** 2  ->  v = beta2 * v + (1 - beta2) * (-g) ** 2": SQUARE,
        "after the next line: m = beta1 * m + (1 - beta1) * g": ORDER,
        "after the next line: v = beta2 * v + (1 - beta2) * g ** 2": ORDER,
        "after the next line: mhat = m / (1 - beta1 ** t)": ORDER,
        "twice: mhat = m / (1 - beta1 ** t)": AGAIN,
        "twice: vhat = v / (1 - beta2 ** t)": AGAIN,
    },
}
# Two questions on one function share its cases and its misconceptions.
DIFFERENT = [question for question in FUNCTIONS if question.name in EQUIVALENT]


def name(question):
    return question.name


@pytest.mark.parametrize("question", FUNCTIONS, ids=name)
def test_every_misconception_is_rejected_and_named(question, record_property):
    confused = []
    for misconception in question.misconceptions:
        version = wrong_version(question.reference, misconception)
        assert version is not None, f"{misconception.name}: an edit finds nothing to change"
        verdict = check(question, version)
        if misconception is question.given:
            assert verdict.outcome == "not attempted"
        elif verdict.outcome != "not yet" or verdict.diagnosis != (misconception.name,):
            confused.append(f"{misconception.name}: {verdict.outcome}, {verdict.diagnosis}")
    named = len(question.misconceptions) - len(confused)
    of_all = f"{named} of {len(question.misconceptions)}"
    record_property("score", f"{question.name}: {of_all} misconceptions named")
    assert not confused, "\n".join(confused)


@pytest.mark.parametrize("question", FUNCTIONS, ids=name)
def test_every_misconception_shows_on_a_small_case(question):
    """More than 1e-4 away on one of the cases with a single element and round numbers."""
    small = [case for case in question.cases(0) if not case.about][:6]
    count = len(question.outputs)
    for misconception in question.misconceptions:
        version = wrong_version(question.reference, misconception)
        far = False
        for case in small:
            right = expected(question.reference, case, count)
            theirs = outputs_of(version, case, count)
            rough = right._replace(tolerances=(1e-4,) * count)
            far = far or theirs is None or not all(close(theirs, rough))
        if "ignored" not in misconception.name or misconception.name == "`t` ignored":
            assert far, f"{misconception.name} can't be seen on a small case"


@pytest.mark.parametrize("question", DIFFERENT, ids=name)
def test_pairs_of_misconceptions_are_recognised(question, record_property):
    """Both mistakes are named, or a single one, or a choice, that computes the very same."""
    combined = pairs(question.reference, question.misconceptions)[::11]
    named, unnamed, accepted = 0, [], []
    for both, version in combined:
        verdict = check(question, version)
        if verdict.outcome == "correct":
            accepted.append([m.name for m in both])
        elif {m.name for m in both} <= set(verdict.diagnosis):
            named += 1
        elif not verdict.diagnosis and verdict.outcome == "not yet":
            unnamed.append([m.name for m in both])
    record_property("score", f"{question.name}: {named} of {len(combined)} pairs named by both")
    assert not unnamed
    assert not accepted, accepted
    assert named > 0.8 * len(combined)


@pytest.mark.parametrize("question", DIFFERENT, ids=name)
def test_no_mutant_of_the_solution_passes(question, record_property):
    passed, total, named = [], 0, 0
    for description, mutant in mutants(question.reference):
        total += 1
        verdict = check(question, mutant)
        named += bool(verdict.diagnosis)
        if verdict.outcome == "correct" and description not in EQUIVALENT[question.name]:
            passed.append(description)
    equivalent = len(EQUIVALENT[question.name])
    killed = total - equivalent - len(passed)
    score = 100 * killed / (total - equivalent)
    record_property(
        "score",
        f"{question.name}: mutation score {score:.0f} % ({killed} of {total - equivalent} "
        f"mutants rejected, {equivalent} equivalent; {named} got a named diagnosis)",
    )
    assert not passed, "\n".join(passed)


def test_every_solution_has_its_mutants():
    assert {q.reference for q in FUNCTIONS} == {QUESTIONS[name].reference for name in EQUIVALENT}


@pytest.mark.parametrize("question", VALUES, ids=name)
def test_every_wrong_value_is_named(question):
    for value, wrong in question.wrong.items():
        verdict = check(question, value)
        assert verdict.outcome == "not yet"
        assert verdict.diagnosis == (wrong.name,)
    assert check(question, question.answer).outcome == "correct"
