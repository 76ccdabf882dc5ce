"""Whatever comes back instead of the right values, the check describes it and never raises."""

import numpy as np
import pytest

from mytutor import exercises
from mytutor.checking import FunctionQuestion, check
from mytutor.checking.plain import plain

FUNCTIONS = [q for q in exercises.questions().values() if isinstance(q, FunctionQuestion)]
DAMAGE = {
    "negative": lambda a: -a,
    "twice": lambda a: 2 * a,
    "off by one": lambda a: a + 1,
    "squared": lambda a: a * a,
    "transposed": lambda a: a.T,
    "flat": lambda a: a.ravel(),
    "one axis more": lambda a: a[None],
    "one axis more, behind": lambda a: a[..., None],
    "summed": lambda a: a.sum(),
    "mean of rows": lambda a: a.mean(axis=0) if a.ndim else a,
    "first element": lambda a: a.ravel()[:1],
    "empty": lambda a: a.ravel()[:0],
    "doubled": lambda a: np.concatenate([a.ravel(), a.ravel()]),
    "outer": lambda a: np.outer(a, a)[:50, :50],
    "half precision": lambda a: a.astype(np.float16),
    "whole": lambda a: np.round(a).astype(int),
    "truth": lambda a: a > 0,
    "complex": lambda a: a + 1j,
    "not a number": lambda a: a * np.nan,
    "infinite": lambda a: a + np.inf,
    "zero": lambda a: 0 * a,
    "reversed": lambda a: a[::-1] if a.ndim else a + 3,
    "noise": lambda a: a + 1e-3 * np.arange(a.size).reshape(a.shape),
    "huge": lambda a: a * 1e300,
    "text": lambda a: str(a.tolist())[:100],
    "list": lambda a: (a + 2).tolist(),
    "dictionary": lambda a: {"y": a},
    "nothing": lambda a: None,
}


def damaged(question, damage, slots):
    """An answer whose outputs are the right ones, some of them damaged."""

    def answer(*args, **kwargs):
        right = question.reference(*args, **kwargs)
        values = right if isinstance(right, tuple) else (right,)
        with np.errstate(all="ignore"):
            wrong = [
                damage(np.asarray(plain(value))) if slot in slots else value
                for slot, value in enumerate(values)
            ]
        return tuple(wrong) if isinstance(right, tuple) else wrong[0]

    return answer


@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize("question", FUNCTIONS, ids=lambda q: q.name)
def test_damaged_outputs_are_described(question, kind):
    for slots in ({0}, {len(question.outputs) - 1}, set(range(len(question.outputs)))):
        verdict = check(question, damaged(question, DAMAGE[kind], slots))
        assert verdict.outcome in ("not yet", "correct", "not attempted")
        assert verdict.message
        assert verdict._repr_html_()
        if kind in ("off by one", "one axis more", "empty", "complex", "text", "nothing"):
            assert verdict.outcome == "not yet", (slots, verdict)


@pytest.mark.parametrize("question", FUNCTIONS, ids=lambda q: q.name)
def test_an_answer_that_fails_now_and_then_is_described(question):
    calls = []

    def answer(*args, **kwargs):
        calls.append(1)
        if len(calls) % 3 == 0:
            raise ValueError("every third call")
        return question.reference(*args, **kwargs)

    assert check(question, answer).outcome == "not yet"
