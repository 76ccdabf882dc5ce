"""Every typical mistake is named, and no one-operator mutant of a solution passes."""

import pytest
from answers import EQUIVALENT

from mytutor import exercises
from mytutor.checking import FunctionQuestion, TuneQuestion, check
from mytutor.checking.comparing import close, expected, outputs_of
from mytutor.checking.misconceptions import pairs, wrong_version
from mytutor.checking.mutating import mutants

QUESTIONS = exercises.questions()
FUNCTIONS = [q for q in QUESTIONS.values() if isinstance(q, FunctionQuestion)]
TUNED = [q for q in QUESTIONS.values() if isinstance(q, TuneQuestion)]
VALUES = [q for q in QUESTIONS.values() if q not in FUNCTIONS and q not in TUNED]

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


# Two mistakes that make one right answer.
UNDOING = [
    {"root of the condition number", "square of the condition number"},
    {"half a step", "factor of two"},
    {"not divided by the rows", "divided by the rows once more"},
    {"`t` one too small", "`t` one too large"},
    {"root of the slope", "slope taken twice"},
]


@pytest.mark.parametrize("question", DIFFERENT, ids=name)
def test_pairs_of_misconceptions_are_recognised(question, record_property):
    """Both mistakes are named, or a single one, or a choice, that computes the very same."""
    combined = pairs(question.reference, question.misconceptions)
    combined = combined[:: max(1, len(combined) // 40)]
    named, single, unnamed, accepted = 0, 0, [], []
    for both, version in combined:
        verdict = check(question, version)
        names = {m.name for m in both}
        if names in UNDOING:
            assert verdict.outcome == "correct"
            single += 1
        elif verdict.outcome == "correct":
            accepted.append(names)
        elif names <= set(verdict.diagnosis):
            named += 1
        elif len(verdict.diagnosis) == 1:
            single += 1
        elif not verdict.diagnosis and verdict.outcome == "not yet":
            unnamed.append(names)
    told = f"{named} of {len(combined)} pairs named by both, {single} by the one that explains all"
    record_property("score", f"{question.name}: {told}")
    assert not unnamed
    assert not accepted, accepted
    assert named + single >= 0.9 * len(combined)


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


@pytest.mark.parametrize("question", TUNED, ids=name)
def test_every_bad_choice_of_hyperparameters_is_named(question):
    for mistuned in question.wrong:
        verdict = check(question, dict(mistuned.example))
        assert (verdict.outcome, verdict.diagnosis) == ("not yet", (mistuned.name,)), verdict
    assert check(question, dict(question.example)).outcome == "correct"


@pytest.mark.parametrize("question", TUNED, ids=name)
def test_a_choice_out_of_range_is_refused_before_it_is_run(question):
    for parameter, (low, high) in question.ranges.items():
        for value in (low - 1, high + 1, float("nan"), "fast", None, [1, 2]):
            verdict = check(question, {**question.example, parameter: value})
            assert verdict.outcome == ("not attempted" if value is None else "not yet")
            assert value is None or f"`{parameter}` is" in verdict.message


def test_five_misconceptions_a_question_on_average(record_property):
    counts = {
        q.name: len(q.misconceptions) if isinstance(q, FunctionQuestion) else len(q.wrong)
        for q in QUESTIONS.values()
    }
    average = sum(counts.values()) / len(counts)
    record_property("score", f"{len(counts)} questions, {average:.1f} misconceptions on average")
    assert average >= 5
    assert min(counts.values()) >= 3, min(counts.items(), key=lambda item: item[1])
