"""The exam that every rule sits by existing: it is a function of ``mytutor.rules``."""

import inspect
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from py_mini_racer import MiniRacer

from mytutor import arrays, rules, trace

RULES = trace.functions_of(rules)

# Somebody else's implementation, and the hyperparameters under which both are the same rule.
MOMENTS = {"lr": 0.02, "beta1": 0.8, "beta2": 0.95, "eps": 1e-2}
BETAS = {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-2}
RMS, TORCH_RMS = {"lr": 0.02, "rho": 0.8, "eps": 1e-2}, {"lr": 0.02, "alpha": 0.8, "eps": 1e-2}
TORCH = {
    "sgd": (torch.optim.SGD, {"lr": 0.05}, {"lr": 0.05}),
    "momentum": (torch.optim.SGD, {"lr": 0.05, "mu": 0.8}, {"lr": 0.05, "momentum": 0.8}),
    "dampened_momentum": (
        torch.optim.SGD,
        {"lr": 0.05, "mu": 0.8, "dampening": 0.3},
        {"lr": 0.05, "momentum": 0.8, "dampening": 0.3},
    ),
    "nesterov": (
        torch.optim.SGD,
        {"lr": 0.05, "mu": 0.8},
        {"lr": 0.05, "momentum": 0.8, "nesterov": True},
    ),
    "classical_momentum": (
        torch.optim.SGD,
        {"lr": 0.05, "mu": 0.8},
        {"lr": 0.05, "momentum": 0.8},
    ),
    "classical_nesterov": (
        torch.optim.SGD,
        {"lr": 0.05, "mu": 0.8},
        {"lr": 0.05, "momentum": 0.8, "nesterov": True},
    ),
    "rprop": (
        torch.optim.Rprop,
        {"lr": 0.03, "grow": 1.3, "shrink": 0.4, "low": 1e-3, "high": 0.5},
        {"lr": 0.03, "etas": (0.4, 1.3), "step_sizes": (1e-3, 0.5)},
    ),
    "adagrad": (torch.optim.Adagrad, {"lr": 0.1, "eps": 1e-2}, {"lr": 0.1, "eps": 1e-2}),
    "rmsprop": (torch.optim.RMSprop, RMS, TORCH_RMS),
    "centered_rmsprop": (torch.optim.RMSprop, RMS, {**TORCH_RMS, "centered": True}),
    "rmsprop_momentum": (torch.optim.RMSprop, {**RMS, "mu": 0.7}, {**TORCH_RMS, "momentum": 0.7}),
    "adadelta": (
        torch.optim.Adadelta,
        {"lr": 0.5, "rho": 0.8, "eps": 1e-2},
        {"lr": 0.5, "rho": 0.8, "eps": 1e-2},
    ),
    "adam": (torch.optim.Adam, MOMENTS, BETAS),
    "adamw": (
        torch.optim.AdamW,
        {**MOMENTS, "weight_decay": 0.3},
        {**BETAS, "weight_decay": 0.3},
    ),
    "adamax": (torch.optim.Adamax, MOMENTS, BETAS),
    "nadam": (torch.optim.NAdam, {**MOMENTS, "psi": 0.1}, {**BETAS, "momentum_decay": 0.1}),
    "amsgrad_corrected": (torch.optim.Adam, MOMENTS, {**BETAS, "amsgrad": True}),
    "radam": (torch.optim.RAdam, MOMENTS, BETAS),
}

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)


def run(rule, start, gradients, **hyperparameters):
    """Every x on the way, for gradients that are given rather than computed from x."""
    x, state, path = start, [], []
    for t, g in enumerate(gradients, start=1):
        out = rule(x, g, t, *state, **hyperparameters)
        x, *state = out if isinstance(out, tuple) else (out,)
        path.append(x)
    return path, state


def changing_gradients(steps, shape=(4, 3), dtype=np.float64, seed=1):
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.integers(-3, 2, size=(steps, *shape))
    return (rng.normal(size=(steps, *shape)) * scale).astype(dtype)


@pytest.fixture
def scalars_in_double():
    """torch keeps Nadam's product of momenta in the default dtype, whatever the parameter's."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@every_rule
@pytest.mark.usefixtures("scalars_in_double")
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_agrees_with_torch_optim_over_changing_gradients(rule, dtype, tolerance):
    if rule.__name__ not in TORCH:
        pytest.skip(f"torch.optim has no twin of {rule.__name__}")
    optimizer, ours, theirs = TORCH[rule.__name__]
    gradients = changing_gradients(100, dtype=dtype)
    start = np.linspace(-1, 1, 12, dtype=dtype).reshape(4, 3)
    parameter = torch.nn.Parameter(torch.tensor(start))
    twin = optimizer([parameter], **theirs)
    for x, g in zip(run(rule, start, gradients, **ours)[0], gradients, strict=True):
        parameter.grad = torch.tensor(g)
        twin.step()
        np.testing.assert_allclose(
            x, parameter.detach().numpy(), rtol=tolerance, atol=tolerance, strict=True
        )


@every_rule
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_on_torch_tensors_equals_numpy(rule, device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    gradients = changing_gradients(100)
    start = np.linspace(-1, 1, 12).reshape(4, 3)
    path, state = run(rule, start, gradients)
    tensors, tensor_state = run(
        rule, torch.tensor(start, device=device), torch.tensor(gradients, device=device)
    )
    for ours, theirs in zip([*path, *state], [*tensors, *tensor_state], strict=True):
        theirs = arrays.to_numpy(theirs)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15, strict=True)


@every_rule
def test_in_javascript_equals_numpy_to_the_last_bit(rule):
    # Arrays of one element: NumPy's scalars square by the C library's pow, which may differ from
    # g * g in the last bit.
    gradients = changing_gradients(200, shape=(1,))
    path, _ = run(rule, np.array([0.3]), gradients)
    state = list(trace.state(rule).values())
    settings = list(trace.hyperparameters(rule).values())
    script = f"""{trace.javascript(rule)}
    (function() {{
      let x = 0.3, state = {json.dumps(state)};
      return JSON.stringify({json.dumps(gradients[:, 0].tolist())}.map((g, i) => {{
        [x, ...state] = {trace.read(rule).rule.__name__}(x, g, i + 1, ...state,
                                                          ...{json.dumps(settings)});
        return x;
      }}));
    }})()"""
    with MiniRacer() as context:
        assert json.loads(context.eval(script)) == [float(x[0]) for x in path]


@every_rule
def test_the_equations_compute_what_the_code_computes(rule):
    sympy = pytest.importorskip("sympy")
    reading = trace.read(rule)
    rng = np.random.default_rng(3)
    values = dict(zip(reading.inputs, rng.uniform(0.1, 0.9, len(reading.inputs)), strict=True))
    values["t"] = 3
    known = {sympy.Symbol(name): value for name, value in values.items()}
    for equation in reading.equations:
        known[equation.symbol] = float(equation.expression.subs(known))
    names = list(trace.hyperparameters(rule))
    positional = [values[name] for name in reading.inputs if name not in names]
    out = rule(*positional, **{name: values[name] for name in names})
    returned = out if isinstance(out, tuple) else (out,)
    for symbol, expected in zip(reading.outputs, returned, strict=True):
        assert known[symbol] == pytest.approx(expected, rel=1e-12)


@every_rule
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 6), columns=st.integers(1, 5))
def test_is_elementwise(rule, seed, rows, columns):
    gradients = changing_gradients(3, shape=(rows, columns), seed=seed)
    start = np.random.default_rng(seed).normal(size=(rows, columns))
    order = np.random.default_rng(seed).permutation(rows)
    whole, _ = run(rule, start, gradients)
    permuted, _ = run(rule, start[order], gradients[:, order])
    single, _ = run(rule, start[0, 0], gradients[:, 0, 0])
    for x, y, z in zip(whole, permuted, single, strict=True):
        np.testing.assert_allclose(x[order], y, rtol=1e-14)
        np.testing.assert_allclose(x[0, 0], z, rtol=1e-14)


@every_rule
@pytest.mark.parametrize("dtype", [np.float32, np.float64, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
def test_keeps_shape_and_dtype(rule, dtype, shape):
    library = torch if isinstance(dtype, torch.dtype) else np
    x, g = library.ones(shape, dtype=dtype), library.full(shape, 0.5, dtype=dtype)
    path, state = run(rule, x, [g, g])
    for value in [*path, *state]:
        if type(value) is float:  # a slot that no gradient enters, as Nadam's product of momenta
            continue
        assert value.dtype == dtype
        assert tuple(value.shape) == shape


@every_rule
def test_writes_into_none_of_its_inputs(rule):
    x, *state = [np.full(3, 0.5) for _ in range(1 + len(trace.state(rule)))]
    g = np.array([1.0, 0.0, -2.0])
    kept = [value.copy() for value in (x, g, *state)]
    rule(x, g, 2, *state)
    for now, before in zip((x, g, *state), kept, strict=True):
        np.testing.assert_array_equal(now, before)


@every_rule
def test_works_on_plain_numbers(rule):
    path, _ = run(rule, 0.3, [0.5, -0.25, 2.0])
    arrays, _ = run(rule, np.array(0.3), np.array([0.5, -0.25, 2.0]))
    assert all(type(x) is float for x in path)
    np.testing.assert_allclose(path, [float(x) for x in arrays], rtol=1e-15)


@every_rule
def test_docstring_begins_with_one_sentence_and_names_its_source(rule):
    summary, *rest = inspect.getdoc(rule).split("\n\n")
    assert summary.endswith(".")
    assert summary.count(". ") == 0
    assert any(re.search(r"\((1[89]|20)\d\d\)", part) for part in rest), "no paper with its year"


@every_rule
def test_every_hyperparameter_has_a_finite_default_in_range(rule):
    from mytutor.optimizer import Optimizer

    assert Optimizer(rule, **trace.hyperparameters(rule)).rule is rule


def test_a_zero_gradient_leaves_gradient_descent_still():
    x = np.array([1.0, -2.0])
    np.testing.assert_array_equal(rules.sgd(x, np.zeros(2), 1), x)


@given(scale=st.floats(1e-6, 1e6), seed=st.integers(0, 1000))
def test_adam_without_epsilon_does_not_see_the_scale_of_the_gradient(scale, seed):
    gradients = changing_gradients(20, shape=(3,), seed=seed)
    start = np.zeros(3)
    path, _ = run(rules.adam, start, gradients, eps=0.0)
    scaled, _ = run(rules.adam, start, scale * gradients, eps=0.0)
    np.testing.assert_allclose(path, scaled, rtol=1e-9, atol=1e-15)


def test_adams_first_step_is_the_learning_rate_against_the_sign():
    g = np.array([1e-3, -1e3, 7.0])
    np.testing.assert_allclose(rules.adam(np.zeros(3), g, 1, lr=0.1, eps=0)[0], -0.1 * np.sign(g))


def test_both_forms_of_nesterov_follow_the_same_path():
    """Sutskever et al. (2013), Equations (3) and (4), look ahead and report the point before it."""
    lr, mu, a = 0.02, 0.9, np.array([1.0, 25.0])
    theta, velocity = np.array([2.0, -1.0]), np.zeros(2)
    x, v = theta.copy(), 0.0
    for t in range(1, 101):
        velocity = mu * velocity - lr * a * (theta + mu * velocity)
        theta = theta + velocity
        x, v = rules.nesterov(x, a * x, t, v, lr=lr, mu=mu)
        np.testing.assert_allclose(x, theta + mu * velocity, rtol=1e-12, atol=1e-14)


PEERS = json.loads((Path(__file__).parent / "vectors" / "peers.json").read_text())


@pytest.mark.parametrize("row", PEERS["rows"], ids=lambda row: f"{row['peer']}-{row['rule']}")
def test_follows_the_recorded_path_of_optax_and_keras(row):
    gradients = np.array(PEERS["gradients"])
    path, _ = run(RULES[row["rule"]], np.array(PEERS["start"]), gradients, **row["hyperparameters"])
    np.testing.assert_allclose(path, row["path"], rtol=1e-13, atol=1e-14)


def counter_example(rule, *, big, small, period, steps, **hyperparameters):
    """Reddi, Kale & Kumar (2018): a rare large gradient against many small ones, x in [-1, 1]."""
    x, state = 0.0, []
    for t in range(1, steps + 1):
        g = big if t % period == 1 else -small
        x, *state = rule(x, g, t, *state, lr=0.5 / t**0.5, **hyperparameters)
        x = min(1.0, max(-1.0, x))
    return x


def test_adam_walks_to_the_worst_point_of_the_counter_example_and_amsgrad_to_the_best():
    theorem_1 = {"big": 3.0, "small": 1.0, "period": 3, "steps": 3000, "beta1": 0.0}
    assert counter_example(rules.adam, **theorem_1, beta2=0.1, eps=0.0) > 0.95
    for rule in (rules.amsgrad, rules.amsgrad_corrected, rules.amsgrad_max_corrected, rules.adopt):
        assert counter_example(rule, **theorem_1, beta2=0.1) < -0.9, rule.__name__


def test_adam_fails_and_amsgrad_does_not_on_the_papers_synthetic_experiment():
    """Section 5, with momentum: 1010 once in 101 steps, -10 otherwise."""
    section_5 = {"big": 1010.0, "small": 10.0, "period": 101, "steps": 20_000, "beta2": 0.99}
    assert counter_example(rules.adam, **section_5) > 0.9
    assert counter_example(rules.amsgrad, **section_5) < 0
