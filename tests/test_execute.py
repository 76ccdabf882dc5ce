"""The same rule run in other ways gives the same numbers, in place and without allocating."""

import linecache
import shutil
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mytutor import Optimizer, _optional, execute, matrix_rules, rules, trace
from mytutor.arrays import clip, maximum, sign, sqrt, where
from mytutor.execute.compiled import compiled
from mytutor.execute.kernel import BLOCK
from mytutor.execute.parts import split
from mytutor.flat import flatten

RULES = trace.functions_of(rules)
DTYPES = [np.float64, np.float32]
ROUNDINGS = 8  # a fused loop multiplies where the rule divides by a number


def after(rule, how, dtype=np.float64, size=100, steps=50, seed=0, **options):
    """The parameters and the state of a rule after steps with changing gradients."""
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=size).astype(dtype)]
    arrays += [np.full(size, value, dtype) for value in trace.state(rule).values()]
    for t in range(1, steps + 1):
        g = (rng.normal(size=size) * 10 ** rng.uniform(-2, 2)).astype(dtype)
        settings = trace.hyperparameters(rule)
        execute.step_(rule, arrays[0], g, t, arrays[1:], settings, how=how, **options)
    return arrays


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RULES)
def test_blocked_gives_the_bits_of_the_rule(name, dtype):
    for plain, other in zip(
        after(RULES[name], "plain", dtype), after(RULES[name], "blocked", dtype), strict=True
    ):
        assert other.dtype == dtype
        np.testing.assert_array_equal(other, plain)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RULES)
def test_fused_gives_the_rule_within_rounding(name, dtype):
    for plain, other in zip(
        after(RULES[name], "plain", dtype), after(RULES[name], "fused", dtype), strict=True
    ):
        assert other.dtype == dtype
        bound = ROUNDINGS * np.finfo(dtype).eps * abs(plain).max()
        np.testing.assert_allclose(other, plain, rtol=0, atol=bound)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RULES)
def test_what_torch_compiles_is_the_rule(name, dtype, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)
    step = compiled.__wrapped__(RULES[name])
    plain = after(RULES[name], "plain", dtype, steps=20)
    rng = np.random.default_rng(0)
    tensors = [torch.tensor(rng.normal(size=100).astype(dtype))]
    tensors += [torch.full_like(tensors[0], value) for value in trace.state(RULES[name]).values()]
    for t in range(1, 21):
        g = torch.tensor((rng.normal(size=100) * 10 ** rng.uniform(-2, 2)).astype(dtype))
        step(tensors[0], g, t, tensors[1:], trace.hyperparameters(RULES[name]))
    for mine, other in zip(plain, tensors, strict=True):
        bound = 2 * ROUNDINGS * np.finfo(dtype).eps * abs(mine).max()
        np.testing.assert_allclose(other.numpy(), mine, rtol=0, atol=bound)


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, in its compiler
def test_torch_compiles_a_rule_once_for_all_steps():
    torch = pytest.importorskip("torch")
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    x, g = torch.ones(1000), torch.ones(1000)
    slots = [torch.zeros(1000), torch.zeros(1000)]
    for t in range(1, 6):
        execute.step_(rules.adam, x, g, t, slots, trace.hyperparameters(rules.adam), how="compiled")
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 1
    wanted, m, v = torch.ones(1000), 0.0, 0.0
    for t in range(1, 6):
        wanted, m, v = rules.adam(wanted, g, t, m, v)
    torch.testing.assert_close(x, wanted)


@pytest.mark.parametrize("how", ["blocked", "fused"])
@pytest.mark.parametrize("size", [0, 1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_size_and_number_of_threads_gives_the_same(how, size, threads):
    one = after(rules.adam, how, size=size, steps=3)
    many = after(rules.adam, how, size=size, steps=3, threads=threads)
    for a, b in zip(one, many, strict=True):
        np.testing.assert_array_equal(a, b)


ODD = st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-300, 1e300, 1e-40, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize("how", ["blocked", "fused"])
@pytest.mark.parametrize("name", RULES)
@settings(max_examples=25)
@given(values=st.lists(ODD, min_size=4, max_size=4), t=st.integers(1, 3))
def test_extreme_values_come_out_as_from_the_rule(how, name, values, t):
    rule = RULES[name]
    slots = len(trace.state(rule))
    results = []
    for way in ("plain", how):
        x, g, *rest = (np.array([value, 1.0]) for value in values)
        states = [abs(rest[n % 2]) for n in range(slots)]
        with np.errstate(all="ignore"):
            execute.step_(rule, x, g, t, states, trace.hyperparameters(rule), how=way)
        results.append([x, *states])
    for a, b in zip(*results, strict=True):
        finite = np.isfinite(a) & np.isfinite(b)
        np.testing.assert_allclose(b[finite], a[finite], rtol=1e-13, atol=1e-300)
        if how == "blocked":
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("how", ["blocked", "fused"])
@pytest.mark.parametrize("name", RULES)
def test_a_step_allocates_next_to_nothing(how, name):
    rule = RULES[name]
    arrays = [np.ones(100_000) for _ in range(2 + len(trace.state(rule)))]
    settings = trace.hyperparameters(rule)
    for t in (1, 2):
        execute.step_(rule, arrays[0], arrays[1], t, arrays[2:], settings, how=how)
    tracemalloc.start()
    try:
        execute.step_(rule, arrays[0], arrays[1], 3, arrays[2:], settings, how=how)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4096


@pytest.mark.parametrize("how", ["blocked", "fused"])
@pytest.mark.parametrize("count", [1, 6, 161])
def test_a_step_over_many_views_allocates_next_to_nothing(how, count):
    params, grads = (flatten([np.ones(50)] * count)[1](np.ones(50 * count)) for _ in range(2))
    optimizer = Optimizer(rules.adam)
    state = optimizer.init(params)
    for _ in range(2):
        state = optimizer.update_(params, grads, state, how=how)
    tracemalloc.start()
    try:
        optimizer.update_(params, grads, state, how=how)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4096


def test_scalars_are_computed_once_a_step_in_double_precision():
    parts = split(rules.adam)
    assert "1 - beta2 ** t" in parts.scalars.values()
    values = dict(
        zip(parts.scalars.values(), parts.values(1, trace.hyperparameters(rules.adam)), strict=True)
    )
    assert values["1 - beta2 ** t"] == 1 - 0.999


@pytest.mark.parametrize("how", ["auto", "plain", "blocked", "fused"])
def test_update_in_place_is_update(how):
    rng = np.random.default_rng(0)
    params = [rng.normal(size=(3, 4)), rng.normal(size=5)]
    mine = [x.copy() for x in params]
    optimizer = Optimizer(rules.adam, lr=lambda t: 0.1 / t)
    state, own = optimizer.init(params), optimizer.init(mine)
    for _ in range(10):
        grads = [rng.normal(size=x.shape) for x in params]
        params, state = optimizer.update(params, grads, state)
        own = optimizer.update_(mine, grads, own, how=how)
    assert own.t == state.t == 10
    for a, b in zip(params, mine, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)
    for a, b in zip(state.slots, own.slots, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


# -- choosing, and refusing ----------------------------------------------------------------------


def test_the_choice_follows_the_array_and_what_is_installed(monkeypatch):
    small, large = np.zeros(10), np.zeros(10**6)
    assert execute.choose(rules.adam, small) == "blocked"
    assert execute.choose(rules.adam, large) == "fused"
    assert execute.choose(matrix_rules.muon, large) == "plain"
    monkeypatch.setattr(execute, "installed", lambda package: False)
    monkeypatch.setattr(_optional, "has_numba", lambda: False)
    assert execute.choose(rules.adam, large) == "blocked"
    assert execute.choose(rules.adam, large, "fused") == "blocked"
    assert execute.available()["fused"] == "Numba is not installed"


@pytest.mark.parametrize("dtype", ["float16", "longdouble", ">f4", ">f8"])
@pytest.mark.parametrize("how", ["auto", "fused"])
def test_numbers_that_numba_does_not_compile_are_run_by_blocks(dtype, how):
    x, g = (np.linspace(1, 2, execute.WORTH_COMPILING).astype(dtype) for _ in range(2))
    optimizer, own = Optimizer(rules.momentum), x.copy()
    assert execute.choose(rules.momentum, x, how) == "blocked"
    optimizer.update_([own], [g], optimizer.init([own]), how=how)
    np.testing.assert_array_equal(own, optimizer.update([x], [g], optimizer.init([x]))[0][0])


def test_tensors_on_the_cpu_are_run_plainly():
    torch = pytest.importorskip("torch")
    assert execute.choose(rules.adam, torch.zeros(3)) == "plain"
    x, m, v = torch.ones(3), torch.zeros(3), torch.zeros(3)
    execute.step_(rules.adam, x, torch.ones(3), 1, [m, v], trace.hyperparameters(rules.adam))
    torch.testing.assert_close(x, rules.adam(torch.ones(3), torch.ones(3), 1)[0])


def test_an_unknown_executor_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'quick'; expected one of auto, plain, blocked, fused"):
        execute.choose(rules.adam, np.zeros(3), "quick")


def test_of_a_list_all_are_checked_before_one_is_written():
    optimizer, params = Optimizer(rules.adam), [np.ones(3), np.ones(4)]
    state = optimizer.init(params)
    for wrong, error, words in [
        (np.ones(5), ValueError, r"grads\[1\] has shape \(5,\); expected \(4,\)"),
        (np.ones(4, np.float32), TypeError, r"grads\[1\] is float32; expected float64"),
    ]:
        with pytest.raises(error, match=words):
            optimizer.update_(params, [np.ones(3), wrong], state)
    params[1].flags.writeable = False
    with pytest.raises(ValueError, match="x can't be written to"):
        optimizer.update_(params, [np.ones(3), np.ones(4)], state)
    np.testing.assert_array_equal(params[0], 1)


@pytest.mark.parametrize("how", ["blocked", "fused"])
def test_a_rule_over_whole_arrays_is_refused_with_its_line(how):
    with pytest.raises(ValueError, match=r"'muon' isn't elementwise: it has the line .*'plain'"):
        execute.choose(matrix_rules.muon, np.zeros((3, 3)), how)


@pytest.mark.parametrize("how", ["blocked", "fused"])
def test_an_executor_for_numpy_refuses_tensors(how):
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError, match="runs numpy arrays; x is one of torch"):
        execute.choose(rules.adam, torch.zeros(3), how)
    with pytest.raises(ValueError, match="'compiled' runs torch arrays"):
        execute.choose(rules.adam, np.zeros(3), "compiled")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x, g, m: (x, g.astype(np.float32), m), r"g is float32 .*expected float64"),
        (lambda x, g, m: (x, g[:2], m), r"g is .*shape \(2,\); expected float64 of shape \(4,\)"),
        (lambda x, g, m: (x, g, m.astype(np.float32)), r"slots\[0\] is float32"),
        (lambda x, g, m: (np.zeros(8)[::2], g, m), "x doesn't lie in one piece"),
        (lambda x, g, m: (np.broadcast_to(x, 4), g, m), "x can't be written to; pass a copy"),
        (lambda x, g, m: (x, g, np.broadcast_to(m, 4)), r"slots\[0\] can't be written to"),
    ],
)
@pytest.mark.parametrize("how", ["auto", "plain", "fused"])
def test_arrays_that_do_not_fit_are_refused_before_anything_is_written(change, says, how):
    x, g, m = change(np.ones(4), np.ones(4), np.ones(4))
    with pytest.raises(ValueError, match=says):
        execute.step_(rules.momentum, x, g, 1, [m], {"lr": 0.1, "mu": 0.9}, how=how)
    assert (m == 1).all()


def test_a_read_only_gradient_will_do():
    x = np.ones(4)
    execute.step_(rules.sgd, x, np.broadcast_to(np.float64(1), 4).copy(), 1, [], {"lr": 0.5})
    np.testing.assert_array_equal(x, 0.5)


def test_another_name_for_an_array_keeps_its_old_value():
    def late(x, g, t, v=0.0, *, lr=0.01):
        before = v
        v = v + g
        x = x - lr * before
        return x, v

    for how in ("blocked", "fused"):
        np.testing.assert_array_equal(
            after(late, how, steps=5)[0], after(late, "plain", steps=5)[0]
        )


def reads_the_old_value_twice(x, g, t, m=0.0, v=1.0, *, lr=0.01, beta=0.9):
    m = beta * m + m * g
    v = g - beta * v
    step = m * v - sqrt(abs(m * v)) * (m * v)
    x = x - lr * step
    return x, m, v


def hands_a_local_on_as_state(x, g, t, m=0.0, v=0.0, *, lr=0.01):
    old = m + g
    new = old * lr + maximum(old, g) * old
    v = where(new > old, v * 2, v + old)
    x = x - new
    return x, new, v


@pytest.mark.parametrize("rule", [reads_the_old_value_twice, hands_a_local_on_as_state])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_value_that_is_still_needed_is_not_overwritten(rule, dtype):
    for plain, other in zip(
        after(rule, "plain", dtype, steps=5), after(rule, "blocked", dtype, steps=5), strict=True
    ):
        np.testing.assert_array_equal(other, plain)


NAMES = ("x", "g", "m", "v", "a", "b")


def expressions(names):
    """Texts of elementwise expressions of these names."""
    leaves = st.sampled_from([*names, "lr", "beta", "2.0", "0.5"])
    binary = st.sampled_from(["({} + {})", "({} - {})", "({} * {})", "maximum({}, {})"])
    unary = st.sampled_from(["sqrt(abs({}))", "sign({})", "(-{})", "({} ** 2)"])
    return st.recursive(
        leaves,
        lambda part: st.one_of(
            st.builds(str.format, binary, part, part),
            st.builds(str.format, unary, part),
            st.builds("where({} < {}, {}, {})".format, part, part, part, part),
        ),
        max_leaves=6,
    ).filter(lambda text: any(name in text for name in ("x", "g", "m", "v")))


@st.composite
def random_rules(draw):
    """Rules of random lines, some of which assign what others read."""
    known, lines = ["x", "g", "m", "v"], []
    for _ in range(draw(st.integers(1, 6))):
        to = draw(st.sampled_from(["x", "m", "v", "a", "b"]))
        lines.append(f"    {to} = {draw(expressions(known))}")
        known = [*dict.fromkeys([*known, to])]
    outputs = [draw(st.sampled_from([name for name in known if name != "g"])) for _ in range(3)]
    head = "def made(x, g, t, m=0.5, v=1.5, *, lr=0.01, beta=0.9):\n"
    return head + "\n".join(lines) + f"\n    return {', '.join(outputs)}\n"


@given(source=random_rules())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_blocked_gives_the_bits_of_any_elementwise_rule(source):
    file = f"<{hash(source)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope = {"sqrt": sqrt, "sign": sign, "maximum": maximum, "where": where}
    exec(compile(source, file, "exec"), scope)
    rule = scope["made"]
    if not execute.elementwise(rule):
        return
    rng = np.random.default_rng(0)
    start = rng.normal(size=(4, 50))
    ends = []
    for how in ("plain", "blocked"):
        x, g, m, v = start.copy()
        with np.errstate(all="ignore"):
            for t in (1, 2):
                execute.step_(rule, x, g, t, [m, v], {"lr": 0.01, "beta": 0.9}, how=how)
        np.testing.assert_array_equal(g, start[1])
        ends.append([x, m, v])
    np.testing.assert_array_equal(*ends)


def returns_a_setting(x, g, t, m=0.0, *, lr=0.1):
    m = m + g
    x = x - lr * m
    return x, lr


def test_a_rule_that_returns_a_setting_as_its_state_is_run_plainly():
    x, g, m = np.ones(3), np.ones(3), np.zeros(3)
    assert not execute.elementwise(returns_a_setting)
    with pytest.raises(ValueError, match="isn't elementwise"):
        execute.step_(returns_a_setting, x, g, 1, [m], {"lr": 0.1}, how="blocked")
    execute.step_(returns_a_setting, x, g, 1, [m], {"lr": 0.1})
    np.testing.assert_array_equal(m, 0.1)


def test_literals_of_every_size_are_compiled():
    def capped(x, g, t, *, lr=0.1):
        x = x - lr * clip(g, -1e22, 1e22)
        return x

    x, g = np.ones(2), np.array([1e30, 1.0])
    execute.step_(capped, x, g, 1, [], {"lr": 0.1}, how="fused")
    np.testing.assert_allclose(x, [-1e21, 0.9])
