"""What a verdict looks like as text and as HTML, and that a diagnosis is true."""

import re

import numpy as np
import pytest

from mytutor import exercises
from mytutor.arrays import maximum, sqrt
from mytutor.checking import Note, Verdict, check
from mytutor.checking.plain import LARGEST, Unknown, as_array, plain, show, show_code

ADAM = exercises.question("adam")
MOMENTUM = exercises.question("momentum")


def adam(body):
    """An Adam whose x, m and v are computed by a function of the arguments as a namespace."""

    def answer(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        step = lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)
        return body(x, g, t, m, v, lr, step)

    return answer


# -- generic diagnosis: mistakes that no list names ----------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda x, g, t, m, v, lr, step: (x - step / 2, m, v), "`x` is 0.5 times"),
        (lambda x, g, t, m, v, lr, step: (x - step / t, m, v), "`(1 / t)` times"),
        (lambda x, g, t, m, v, lr, step: (x - step / t, m, v), "right for t = 1 and wrong later"),
        (lambda x, g, t, m, v, lr, step: (x - lr * step, m, v), "`lr` times"),
        (lambda x, g, t, m, v, lr, step: (x - step * g, 2 * m, v), "`m` is 2 times"),
        (lambda x, g, t, m, v, lr, step: (x - step, -m, v), "`m` has the right size and the opp"),
        (lambda x, g, t, m, v, lr, step: (m, x - step, v), "order is not"),
        (lambda x, g, t, m, v, lr, step: (x - step.mean(), m, v), "right for one element"),
        (lambda x, g, t, m, v, lr, step: (maximum(x - step, 0), m, v), "`m` and `v` are right"),
        (lambda x, g, t, m, v, lr, step: (x - step + 0 * (g / g), m, v), "a gradient of zero"),
        (lambda x, g, t, m, v, lr, step: (x - np.clip(step, -1, 1) * (abs(g) < 50), m, v), "huge"),
        (lambda x, g, t, m, v, lr, step: ((x - step).T.reshape(x.shape), m, v), "a matrix"),
    ],
)
def test_an_unlisted_mistake_is_described(body, message):
    verdict = check(ADAM, adam(body))
    assert verdict.outcome == "not yet"
    assert message in verdict.message


def test_nothing_done_is_said():
    verdict = check(MOMENTUM, lambda x, g, t, v=0.0, *, lr=0.01, mu=0.9: (x, np.asarray(v) + 0 * x))
    assert verdict.diagnosis == ("inputs returned unchanged",)


def test_outputs_wrong_for_different_reasons_are_explained_one_by_one():
    def fixed(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        return x - m, 0.9 * m + 0.1 * g, beta2 * v + g

    assert {"`beta1` ignored", "missing square"} <= set(check(ADAM, fixed).diagnosis)


def test_the_counterexample_is_the_smallest_case_and_can_be_pasted():
    def squareless(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g
        return x - lr * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + eps), m, v

    verdict = check(ADAM, squareless)
    assert verdict.diagnosis == ("missing square",)
    example = verdict.counterexample
    assert "g=np.array([2.0]), t=1" in example.call  # with g = 1 the mistake doesn't show
    got = eval(example.call, {"np": np, "adam": squareless})
    assert [show(part) for part in got] == [output.got for output in example.outputs]
    right = eval(example.call, {"np": np, "adam": ADAM.reference})
    assert [show(part) for part in right] == [output.expected for output in example.outputs]


def test_digits_are_shown_until_the_two_numbers_differ():
    verdict = check(ADAM, adam(lambda x, g, t, m, v, lr, step: (x - step + 3e-9, m, v)))
    first = verdict.counterexample.outputs[0]
    assert first.expected != first.got


# -- text and HTML -------------------------------------------------------------------------------


def test_text_has_no_traceback_and_no_marks_of_code():
    text = repr(check(ADAM, adam(lambda x, g, t, m, v, lr, step: (x + step, m, v))))
    assert text.startswith("✗ Not yet: adam\nThis is what comes out with: opposite sign.")
    assert "expected [" in text
    assert "<- differs" in text
    assert "`" not in text


def test_html_escapes_what_a_student_wrote():
    def evil(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
        print("<script>alert(1)</script>")
        raise ValueError("<img src=x onerror=alert(1)>")

    page = check(MOMENTUM, evil)._repr_html_()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;img" in page


@pytest.mark.parametrize("answer", [..., 3, lambda: 1, ADAM.reference])
def test_html_says_the_outcome_in_words_and_is_well_formed(answer):
    page = check(MOMENTUM, answer)._repr_html_()
    assert re.search("Correct|Not yet|Not attempted yet", page)
    opened = re.findall(r"<(\w+)", page)
    assert sorted(opened) == sorted(re.findall(r"</(\w+)", page))
    assert "http" not in page


def test_a_verdict_is_the_same_each_time():
    answer = adam(lambda x, g, t, m, v, lr, step: (x + step, m, v))
    assert check(ADAM, answer)._repr_html_() == check(ADAM, answer)._repr_html_()


def test_where_to_read_again_is_said():
    verdict = Verdict("adam", "not yet", "`m`", chapter="Adam", section="Bias correction")
    assert "Read again: Adam, section “Bias correction”" in repr(verdict)
    assert "Bias correction" in verdict._repr_html_()


def test_a_note_shows_its_code():
    note = Note("Solution", ("because `x`",), "x = 1 < 2")
    assert "x = 1 &lt; 2" in note._repr_html_()
    assert repr(note) == "Solution\nbecause x\n\nx = 1 < 2"


# -- plain values --------------------------------------------------------------------------------


def test_plain_values_are_copies_and_limited():
    array = np.zeros(3)
    assert plain(array) is not array
    assert plain([array, (1, "a")])[1] == (1, "a")
    assert isinstance(plain(np.zeros(LARGEST + 1)), Unknown)
    assert isinstance(plain([[0.0] * 1000] * 1000), Unknown)
    assert isinstance(plain(10**400), Unknown)
    assert plain(np.float32(0.5)).dtype == np.float32


def test_grids_of_numbers_are_arrays_and_nothing_else_is():
    assert as_array([[1, 2], (3, 4.0)]).shape == (2, 2)
    assert as_array(2**100).dtype == float
    for value in ([[1], [1, 2]], "3", [], [None], Unknown("x")):
        assert as_array(value) is None


def test_inputs_are_shown_as_code():
    assert show_code(np.array([[0.5, 1.0]])) == "np.array([[0.5, 1.0]])"
    assert show_code(np.float32([0.1])) == "np.array([0.1], dtype=np.float32)"
    assert show_code(np.array(2.0)) == "np.array(2.0)"
    assert show(np.arange(20)) == "[0, 1, 2, 3, 4, 5, 6, 7, …]"


def test_what_is_said_of_a_wrong_number_is_true_whatever_the_tolerance():
    from mytutor.checking import NumberQuestion, check

    settings = {"hints": ("a", "b", "c"), "why": "w", "chapter": "c", "page": "p", "variable": "v"}
    question = NumberQuestion(
        name="n", answer=115.0, wrong={}, seen=lambda: "", tolerance=0.17, **settings
    )
    assert check(question, 135.0).message == "135.0 is too large."
    assert check(question, 230.0).message == "230.0 is twice the answer."
    assert check(question, -115.0).message == "-115.0 has the right size and the opposite sign."
    assert check(question, float("inf")).message.startswith("inf is no finite number")
