import inspect
import re

import pytest
from py_mini_racer import MiniRacer

from mytutor import rules, surfaces, trace
from mytutor.arrays import clip, maximum, sign, sqrt, where


def odd_order(x, g, t, s=0.0, *, lr=0.1, eps=1e-3):
    """Operations whose order matters to the last bit."""
    a = lr / (s + eps) * g
    b = lr * (g / (t + eps))
    c = -(a - (b - x)) - -2 * g
    d = a / b / (g / 3)
    s = abs(s) + c / (d * d) ** 2 + (x + g) ** 3
    x = x - (a - b) - sqrt(abs(c)) * (1 / 2) ** t + 0.5**-2
    return x, s


def branching(x, g, t, var=0.0, *, lr=0.1, low=-1.0):
    """Every function a rule may call, and names that JavaScript reserves."""
    new = where(g > var, clip(g, low, 1.5), -g)
    x_t = maximum(sign(new) * lr, var)
    var = abs(new)
    x = x - lr * x_t
    return x, var


@pytest.mark.parametrize("rule", [odd_order, branching])
def test_javascript_keeps_every_operation_in_its_place(rule):
    settings = list(trace.hyperparameters(rule).values())
    x, s = 0.7, 0.1
    with MiniRacer() as context:
        context.eval(trace.javascript(rule))
        for t, g in enumerate([0.3, -1.7, 2.9, 0.01, 5.0, -0.3], start=1):
            ours = [float(v) for v in rule(x, g, t, s)]
            call = ", ".join(map(repr, [x, g, t, s, *settings]))
            assert list(context.eval(f"{rule.__name__}({call})")) == ours
            x, s = ours


def test_latex_of_adam_is_the_papers_algorithm():
    formula = trace.latex(rules.adam)
    assert "\n" not in formula
    assert r"m_{t} &= \beta_{1} m_{t-1} + \left(1 - \beta_{1}\right) g_{t}" in formula
    assert r"\hat{v}_{t} &= \frac{v_{t}}{1 - \beta_{2}^{t}}" in formula
    assert (
        r"x_{t} &= x_{t-1} - \frac{\eta \hat{m}_{t}}{\sqrt{\hat{v}_{t}} + \varepsilon}" in formula
    )


def test_show_gives_formula_and_source_from_the_library():
    page = trace.show(rules.momentum)._repr_markdown_()
    assert page.startswith("$$\n\\begin{aligned}")
    assert "def momentum(x, g, t, v=0.0, *, lr=0.01, mu=0.9):" in page
    assert "    v = mu * v + g\n" in page
    assert "$$" not in trace.show(surfaces.quadratic)._repr_markdown_()
    assert repr(trace.show(rules.sgd)).startswith("def sgd(")


def assigned_twice(x, g, t, *, lr=0.1):
    x = x - lr * g
    x = x - lr * g
    return x


def in_place(x, g, t, *, lr=0.1):
    x -= lr * g
    return x


def conditional(x, g, t, *, lr=0.1):
    if t > 1:
        x = x - lr * g
    return x


def wrong_return(x, g, t, m=0.0, *, lr=0.1):
    m = m + g
    x = x - lr * m
    return m, x


def no_return(x, g, t, *, lr=0.1):
    x = x - lr * g


def unknown_call(x, g, t, *, lr=0.1):
    x = x - lr * g.sum()
    return x


def other_arguments(w, grad, *, lr=0.1):
    w = w - lr * grad
    return w


def state_without_value(x, g, t, m, *, lr=0.1):
    m = m + g
    x = x - lr * m
    return x, m


def many_arguments(x, g, t, *rest):
    return x


def no_default(x, g, t, *, lr):
    x = x - lr * g
    return x


def equality(x, g, t, *, lr=0.1):
    # SymPy decides == at once: unrefused, the equations and the JavaScript would say x - lr.
    x = x - lr * where(g == 0, 0.0, 1.0)
    return x


def choice(x, g, t, *, lr=0.1):
    x = x - lr * (g if lr > 0 else -g)
    return x


def whole_division(x, g, t, *, lr=0.1):
    x = x - lr * g // 2
    return x


def text(x, g, t, *, lr=0.1):
    x = x - lr * g * "2"
    return x


def state_of_text(x, g, t, m="0", *, lr=0.1):
    return x, m


def switched(x, g, t, *, lr=True):
    return x


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (equality, "can't be read, for an operation Eq, in line 3"),
        (choice, "can't be read, for 'g if lr > 0 else -g', in line 2"),
        (whole_division, "can't be read, for an operation FloorDiv, in line 2"),
        (text, """can't be read, for "'2'", in line 2"""),
        (state_of_text, "state 'm' without a number"),
        (switched, "'lr' without a default number"),
        (assigned_twice, "assigns 'x' twice in line 3 (x = x - lr * g)"),
        (in_place, "no assignment in line 2 (x -= lr * g)"),
        (conditional, "no assignment in line 2"),
        (wrong_return, "returns m_t, x_t in line 4 (return (m, x)); expected return x, m"),
        (no_return, "doesn't return in line 2"),
        (unknown_call, "can't be read in line 2"),
        (other_arguments, "expected x, g, t"),
        (state_without_value, "state 'm' without a number"),
        (many_arguments, "takes *rest"),
        (no_default, "'lr' without a default number"),
    ],
)
def test_what_is_no_rule_is_refused_by_name_and_line(rule, words):
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        trace.read(rule)
    assert repr(rule.__name__) in str(caught.value)


def test_a_function_without_source_is_refused():
    scope = {}
    exec("def ghost(x, g, t, *, lr=0.1):\n    x = x - lr * g\n    return x", scope)
    with pytest.raises(ValueError, match="'ghost' has no source"):
        trace.read(scope["ghost"])


def test_a_lambda_is_refused():
    with pytest.raises(ValueError, match="is no function"):
        trace.read(lambda x, g, t: x)


SURFACES = [getattr(surfaces, name) for name in surfaces.__all__ if name != "Surface"]
PLANES = [surface() if inspect.isfunction(surface) else surface for surface in SURFACES]


@pytest.mark.parametrize("surface", PLANES, ids=lambda surface: surface.name)
def test_surfaces_in_javascript_equal_python(surface):
    script = trace.javascript_surface(surface)
    # A browser's own sin, cos, exp and tanh may differ from NumPy's in their last bits.
    borrowed = re.search(r"Math\.(sin|cos|exp|tanh)", script)
    tolerance = {"rel": 1e-12, "abs": 1e-12} if borrowed else {"rel": 1e-15, "abs": 0}
    for x, y in [(0.3, -1.7), (2.5, 0.5), (-3.1, 4.0), (1.0, 1.0), (0.0, 0.0)]:
        with MiniRacer() as context:
            value, dx, dy = context.eval(
                f"(s => [s.value({x}, {y}), ...s.gradient({x}, {y})])({script})"
            )
        assert [value] == pytest.approx([float(surface([x, y]))], **tolerance)
        tolerance["rel"] = max(tolerance["rel"], 1e-13)
        assert [dx, dy] == pytest.approx([float(d) for d in surface.gradient([x, y])], **tolerance)


def test_a_surface_of_more_variables_has_no_javascript():
    with pytest.raises(ValueError, match="rosenbrock is a surface of 3 variables; expected two"):
        trace.javascript_surface(surfaces.rosenbrock.in_dimensions(3))


def test_the_formula_of_a_surface_is_read_from_its_code():
    formula = trace.latex_surface(surfaces.rosenbrock)
    assert formula == r"\left(1 - x\right)^{2} + 100 \left(y - x^{2}\right)^{2}"
