"""The verbs used in the notebooks: right answers in any style, junk of any kind, hints, status."""

import functools
import math

import numpy as np
import pytest

from mytutor import exercises as tutor
from mytutor import rules
from mytutor.arrays import sqrt
from mytutor.checking import check
from mytutor.checking.misconceptions import wrong_version


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("MYTUTOR_HOME", str(tmp_path))


# -- right answers, each written another way -----------------------------------------------------


def momentum_plain(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    v = g + v * mu
    return x - v * lr, v


def momentum_loop(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    velocities = np.broadcast_to(v, x.shape)
    new_x, new_v = [], []
    for i in range(len(x)):
        new_v.append(mu * velocities[i] + g[i])
        new_x.append(x[i] - lr * new_v[-1])
    return new_x, new_v


def momentum_list(x, g, t, v=None, lr=0.01, mu=0.9):
    v = np.zeros_like(x) if v is None else v
    new_v = np.add(np.multiply(mu, v), g)
    return [np.subtract(x, lr * new_v), new_v]


def momentum_buffers(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    v = np.array(v, dtype=x.dtype) * np.ones_like(x)
    v *= mu
    v += g
    x = x.copy()
    x -= lr * v
    return np.array([x, v])


def momentum_torch(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    import torch

    x, g, v = torch.as_tensor(x), torch.as_tensor(g), torch.as_tensor(v)
    v = mu * v + g
    return x - lr * v, v


class MomentumObject:
    def __call__(self, x, g, t, v=0.0, *, lr=0.01, mu=0.9):
        new = mu * v + g
        return x - lr * new, new


def nesterov_two_steps(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    new_v = mu * v + g
    return x - lr * g - lr * mu * new_v, new_v


def nesterov_expanded(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    return x - lr * ((1 + mu) * g + mu**2 * v), mu * v + g


@np.vectorize
def nesterov_vectorized(x, g, t, v=0.0, lr=0.01, mu=0.9):
    v = mu * v + g
    return x - lr * (g + mu * v), v


def nesterov_from_ball(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    ball = mu * v + g
    step = [lr * (a + mu * b) for a, b in zip(np.ravel(g), np.ravel(ball), strict=True)]
    return x - np.reshape(step, x.shape), ball


def nesterov_lambda():
    return lambda x, g, t, v=0.0, *, lr=0.01, mu=0.9: (
        x - lr * (g + mu * (mu * v + g)),
        mu * v + g,
    )


def adam_plain(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = m + (1 - beta1) * (g - m)
    v = v + (1 - beta2) * (np.square(g) - v)
    rate = lr / (1 - math.pow(beta1, t))
    return x - rate * m / (np.sqrt(v) / math.sqrt(1 - beta2**t) + eps), m, v


def adam_keras(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """The shortened form, its eps scaled so that it means the same."""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return x - rate * m / (np.sqrt(v) + eps * np.sqrt(1 - beta2**t)), m, v


def adam_loop(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = m + np.zeros(len(x)), v + np.zeros(len(x))
    out = np.zeros(len(x))
    for i in range(len(x)):
        m[i] = beta1 * m[i] + (1 - beta1) * g[i]
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] ** 2
        mhat, vhat = m[i] / (1 - beta1**t), v[i] / (1 - beta2**t)
        out[i] = x[i] - lr * mhat / (math.sqrt(vhat) + eps)
    return out.tolist(), m.tolist(), v.tolist()


def adam_scalar(x, g, t, m, v, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    return x - lr * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)) ** 0.5 + eps), m, v


def adam_vectorized(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return np.vectorize(adam_scalar)(x, g, t, m, v, lr, beta1, beta2, eps)


def adam_objects(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return np.frompyfunc(adam_scalar, 9, 3)(x, g, t, m, v, lr, beta1, beta2, eps)


def adam_general(kind, x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    assert kind == "adam"
    return adam_plain(x, g, t, m, v, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


def adam_seen(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Repaired by undoing the last factor instead of leaving it out."""
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    denominator = sqrt(v / (1 - beta2**t)) + eps
    return x - (lr / denominator) * (m / (1 - beta1**t)), m, v


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


ADAMS = [
    adam_plain,
    adam_keras,
    adam_loop,
    adam_vectorized,
    adam_objects,
    functools.partial(adam_general, "adam"),
    logged(adam_plain),
    adam_seen,
]
RIGHT = {
    "momentum": [
        momentum_plain,
        momentum_loop,
        momentum_list,
        momentum_buffers,
        momentum_torch,
        MomentumObject(),
        MomentumObject().__call__,
    ],
    "nesterov-bug": [
        nesterov_two_steps,
        nesterov_expanded,
        nesterov_vectorized,
        nesterov_from_ball,
        nesterov_lambda(),
    ],
    "adam": ADAMS,
    "adam-bug": ADAMS,
    "momentum-growth": [
        20,
        20.0,
        np.float32(20),
        np.array([20]),
        "20",
        1 / (1 - 0.95),
        np.int64(20),
        [20],
    ],
    "adam-first-step": ["C", "c", " C ", "(C)", "c."],
}


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
        scope = {"sqrt": sqrt, "__name__": "__main__"}
        exec(note.code, scope)
        assert tutor.check(name, scope[question.reference.__name__]).outcome == "correct"
    assert "solution seen" in repr(tutor.status())


def test_the_status_counts_what_is_correct():
    assert tutor.status().title == "0 of 6 exercises correct"
    tutor.check("adam-first-step", "A")
    assert "✗ not yet" in repr(tutor.status())
    tutor.check("adam-first-step", "C")
    tutor.check("adam-first-step", "A")  # once correct, it stays correct
    assert tutor.status().title == "1 of 6 exercises correct"
    assert "✓ correct" in repr(tutor.status())


def test_every_exercise_has_three_hints_a_reason_and_a_kind():
    for question in tutor.questions().values():
        assert len(question.hints) == 3
        assert question.why
        assert question.kind in ("implement", "find the bug", "predict")
        assert question.variable.isidentifier()
