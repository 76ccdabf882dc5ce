"""The verbs used in the notebooks: right answers in any style, junk of any kind, hints, status."""

import pytest
from answers import RIGHT
from answers.adam import adam_loop

from mytutor import exercises as tutor
from mytutor import rules
from mytutor.arrays import sqrt
from mytutor.checking import check
from mytutor.checking.misconceptions import wrong_version


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("MYTUTOR_HOME", str(tmp_path))


# -- right answers, each written another way -----------------------------------------------------


@pytest.mark.parametrize(("name", "number"), [(n, i) for n in RIGHT for i in range(len(RIGHT[n]))])
def test_a_right_answer_is_accepted_however_it_is_written(name, number):
    verdict = tutor.check(name, RIGHT[name][number])
    assert verdict.outcome == "correct", verdict


def test_five_or_more_right_ways_for_every_question():
    assert set(RIGHT) == set(tutor.questions())
    assert min(map(len, RIGHT.values())) >= 5


@pytest.mark.parametrize("name", ["momentum", "nesterov-bug", "adam"])
@pytest.mark.parametrize("seed", range(1, 6))
def test_other_seeds_judge_alike(name, seed):
    question = tutor.question(name)
    assert check(question, RIGHT[name][0], seed).outcome == "correct"
    for misconception in question.misconceptions:
        version = wrong_version(question.reference, misconception)
        assert check(question, version, seed).outcome != "correct", misconception.name


def test_a_loop_over_a_vector_is_right_and_is_told_about_matrices():
    verdict = tutor.check("adam", adam_loop)
    assert "a matrix" in " ".join(verdict.remarks) or verdict.remarks == ()


# -- not attempted -------------------------------------------------------------------------------


def stub(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Take one step."""


def half_done(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = ...
    return x - lr * m / sqrt(v), m, v


def to_do(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    raise NotImplementedError


@pytest.mark.parametrize("answer", [..., None, stub, half_done, to_do, rules.adam])
def test_a_stub_is_not_attempted(answer):
    assert tutor.check("adam", answer).outcome == "not attempted"


def test_no_answer_at_all_is_not_attempted():
    for name in tutor.questions():
        assert tutor.check(name).outcome == "not attempted"


def test_a_function_without_a_return_was_attempted():
    def forgot(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        m = beta1 * m + (1 - beta1) * g

    verdict = tutor.check("adam", forgot)
    assert verdict.outcome == "not yet"
    assert "returns nothing" in verdict.message


# -- names ---------------------------------------------------------------------------------------


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'adam'"):
        tutor.check("adm", stub)
    with pytest.raises(ValueError, match="no exercise is called 'zzz'"):
        tutor.hint("zzz")
    with pytest.raises(ValueError, match="comes first, in quotes"):
        tutor.check(stub, "adam")


# -- hints, solutions, status --------------------------------------------------------------------


def test_hints_come_one_after_the_other():
    for stage in (1, 2, 3, 3):
        note = tutor.hint("momentum")
        assert note.title == f"Hint {stage} of 3: momentum"
        assert len(note.paragraphs) == stage
    assert tutor.hint("adam", 2).title == "Hint 2 of 3: adam"
    with pytest.raises(ValueError, match="expected 1 to 3"):
        tutor.hint("adam", 4)


@pytest.mark.parametrize("name", list(RIGHT))
def test_the_solution_is_right_and_is_remembered(name):
    note = tutor.solution(name)
    question = tutor.question(name)
    if hasattr(question, "reference"):
        scope = {**question.reference.__globals__, "__name__": "__main__"}
        exec(note.code, scope)
        assert tutor.check(name, scope[question.reference.__name__]).outcome == "correct"
    assert "solution seen" in repr(tutor.status())


def test_the_status_counts_what_is_correct():
    assert tutor.status().title == f"0 of {len(tutor.questions())} exercises correct"
    tutor.check("adam-first-step", "A")
    assert "✗ not yet" in repr(tutor.status())
    tutor.check("adam-first-step", "C")
    tutor.check("adam-first-step", "A")  # once correct, it stays correct
    assert tutor.status().title == f"1 of {len(tutor.questions())} exercises correct"
    assert "✓ correct" in repr(tutor.status())


def test_every_exercise_has_three_hints_a_reason_and_a_kind():
    for question in tutor.questions().values():
        assert len(question.hints) == 3
        assert question.why
        assert question.kind in ("implement", "find the bug", "derive", "predict", "tune")
        assert question.variable.isidentifier()
        given = getattr(question, "given", None)
        assert (question.kind == "find the bug") == (given is not None)


def test_every_kind_of_exercise_is_asked():
    kinds = {question.kind for question in tutor.questions().values()}
    assert kinds == {"implement", "find the bug", "derive", "predict", "tune"}


def test_every_chapter_has_two_exercises_or_more():
    pages = [question.page for question in tutor.questions().values()]
    assert len(set(pages)) >= 18
    assert min(map(pages.count, pages)) >= 2
