"""Read a rule as mathematics: rule -> equations -> LaTeX and JavaScript.

The source of the rule is evaluated one assignment at a time with SymPy symbols, unevaluated, so one
line of code is one equation and the order of operations survives. Nothing is written twice: the
formula on the page and the code under a slider are other printings of the same function.
"""

from __future__ import annotations

import ast
import inspect
import math
import re
import textwrap
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from mytutor._checks import check_function
from mytutor._grammar import ALLOWED, at_line, check_arithmetic, is_docstring, syntax_tree

__all__ = [
    "Equation",
    "Reading",
    "Shown",
    "functions_of",
    "hyperparameters",
    "javascript",
    "javascript_expression",
    "javascript_surface",
    "latex",
    "latex_surface",
    "read",
    "show",
    "state",
]


class Equation(NamedTuple):
    """One assignment of a rule: the new symbol and the expression it stands for."""

    name: str
    symbol: Any
    expression: Any


class Reading(NamedTuple):
    """A rule read as mathematics.

    ``inputs`` are the names x, g, t, the state and the hyperparameters, in the order of the
    signature; ``outputs`` are the symbols that the rule returns.
    """

    rule: Callable[..., Any]
    inputs: tuple[str, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[Any, ...]


def functions_of(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """The public functions that a module defines itself, by name, in the order of its source.

    For a folder these are the functions of its public modules, one module after the other. This is
    how everything that treats all rules finds them: a function in ``mytutor.rules`` is one.
    """
    found: dict[str, Callable[..., Any]] = {}
    for name, value in vars(module).items():
        if name.startswith("_"):
            continue
        if inspect.ismodule(value) and value.__name__ == f"{module.__name__}.{name}":
            found |= functions_of(value)
        elif inspect.isfunction(value) and value.__module__ == module.__name__:
            found[name] = value
    return found


def state(rule: Callable[..., Any]) -> dict[str, float]:
    """The state slots of a rule and their initial values, in order.

    Raises ValueError when the signature doesn't begin with x, g, t.
    """
    return dict(_declared(rule)[0])


def hyperparameters(rule: Callable[..., Any]) -> dict[str, float]:
    """The hyperparameters of a rule and their published defaults, in order.

    Raises ValueError when the signature doesn't begin with x, g, t.
    """
    return dict(_declared(rule)[1])


def _declared(rule: Callable[..., Any]) -> tuple[dict[str, float], dict[str, float]]:
    """State and hyperparameters of a rule, read once: a training asks for them at every step."""
    check_function("rule", rule, "mytutor.rules.adam")
    return _read_signature(rule)


@cache
def _read_signature(rule: Callable[..., Any]) -> tuple[dict[str, float], dict[str, float]]:
    slots = {name: p.default for name, p in _positional(rule)[3:]}
    parameters = inspect.signature(rule).parameters.items()
    return slots, {name: p.default for name, p in parameters if p.kind is p.KEYWORD_ONLY}


def _positional(rule: Callable[..., Any]) -> list[tuple[str, inspect.Parameter]]:
    parameters = list(inspect.signature(rule).parameters.items())
    positional = [(n, p) for n, p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    names = [name for name, _ in positional]
    _demand(names[:3] == ["x", "g", "t"], rule, f"begins with ({', '.join(names[:3])})", "x, g, t")
    for name, p in positional[3:]:
        number = type(p.default) in (int, float)
        _demand(number, rule, f"has a state {name!r} without a number to start from", "m=0.0")
    for name, p in parameters:
        known = p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        _demand(known, rule, f"takes *{name}", "named arguments only")
        if p.kind is p.KEYWORD_ONLY:
            number = type(p.default) in (int, float)
            _demand(number, rule, f"has {name!r} without a default number", "lr=0.01")
    return positional


def _demand(holds: bool, rule: Callable[..., Any], found: str, expected: str) -> None:
    if not holds:
        raise ValueError(f"rule {rule.__name__!r} {found}; expected {expected}")


@cache
def read(rule: Callable[..., Any]) -> Reading:
    """Evaluate a rule symbolically, one assignment at a time.

    Raises ValueError, naming the rule and the line, for anything but assignments to fresh names
    followed by one ``return x, <state in order>``.
    """
    import sympy

    slots = list(state(rule))
    inputs = ("x", "g", "t", *slots, *hyperparameters(rule))
    function = syntax_tree(rule)
    body = [line for line in function.body if not is_docstring(line)]
    scope: dict[str, Any] = {name: sympy.Symbol(name) for name in inputs}
    equations: list[Equation] = []
    assigned: set[str] = set()
    taken = {*rule.__code__.co_varnames}
    with sympy.evaluate(False):
        for line in body[:-1]:
            name = _assigned_name(rule, line)
            _demand(
                name not in assigned, rule, at_line(line, f"assigns {name!r} twice"), "fresh names"
            )
            assigned.add(name)
            symbol = sympy.Symbol(_fresh(name, taken) if name in inputs else name)
            check_arithmetic(rule, line)
            equations.append(Equation(name, symbol, sympy.sympify(_value(rule, line, scope))))
            scope[name] = symbol
        last = body[-1]
        is_return = isinstance(last, ast.Return) and last.value is not None
        _demand(
            is_return, rule, at_line(last, "doesn't return"), f"return {', '.join(['x', *slots])}"
        )
        returned = _value(rule, last, scope)
    outputs = returned if isinstance(returned, tuple) else (returned,)
    wanted = tuple(scope[name] for name in ("x", *slots))
    found = at_line(last, f"returns {', '.join(map(str, outputs))}")
    _demand(outputs == wanted, rule, found, f"return {', '.join(['x', *slots])}")
    return Reading(rule, inputs, tuple(equations), outputs)


def _fresh(name: str, taken: set[str]) -> str:
    """A name for the new value of an input, which the rule's own names leave free."""
    fresh = f"{name}_t"
    while fresh in taken:
        fresh += "_"
    return fresh


def _assigned_name(rule: Callable[..., Any], line: ast.stmt) -> str:
    if isinstance(line, ast.Assign) and len(line.targets) == 1:
        target = line.targets[0]
        if isinstance(target, ast.Name):
            return target.id
    found = at_line(line, "has something that is no assignment")
    raise ValueError(f"rule {rule.__name__!r} {found}; expected lines like m = beta1 * m + g")


def _value(rule: Callable[..., Any], line: Any, scope: dict[str, Any]) -> Any:
    code = compile(ast.Expression(line.value), rule.__code__.co_filename, "eval")
    try:
        return eval(code, {**rule.__globals__, **scope})
    except (TypeError, AttributeError, NameError) as error:
        found = at_line(line, "can't be read")
        raise ValueError(f"rule {rule.__name__!r} {found}: {error}; use only {ALLOWED}") from error


# -- LaTeX ---------------------------------------------------------------------------------------

GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi rho sigma tau phi psi "
    "omega"
).split()
SYMBOLS = {"lr": r"\eta", "eps": r"\varepsilon"}
ACCENTS = ("hat", "bar", "tilde")


def latex(rule: Callable[..., Any]) -> str:
    r"""The equations of a rule as one line of LaTeX, an ``aligned`` block, one row per assignment.

    x, g and whatever the rule assigns carry the step: ``m_{t-1}`` is the state that came in.
    """
    import sympy

    reading = read(rule)
    moving = {"x", "g"} | set(state(rule)) | {equation.name for equation in reading.equations}
    names = {}
    for name in reading.inputs:
        step = "t" if name == "g" else "t-1"
        names[sympy.Symbol(name)] = _letter(name, step if name in moving else "")
    for equation in reading.equations:
        names[equation.symbol] = _letter(equation.name, "t")
    rows = [
        rf"{names[equation.symbol]} &= "
        + sympy.latex(equation.expression, order="none", symbol_names=names)
        for equation in reading.equations
    ]
    return r"\begin{aligned} " + r" \\ ".join(rows) + r" \end{aligned}"


def latex_surface(surface: Any) -> str:
    """The value of a surface of two variables x, y as LaTeX."""
    import sympy

    with sympy.evaluate(False):
        point = np.array(sympy.symbols("x y"), dtype=object)
        value = sympy.sympify(surface.value(point))
        return str(sympy.latex(value, order="none"))


def _letter(name: str, step: str) -> str:
    base, accent = name, ""
    for suffix in ACCENTS:
        if name.endswith(suffix) and name != suffix:
            base, accent = name.removesuffix(suffix).rstrip("_"), suffix
    word, digits = re.fullmatch(r"(.*?)_?(\d*)", base).groups()  # type: ignore[union-attr]
    if word in SYMBOLS:
        letter = SYMBOLS[word]
    elif word in GREEK:
        letter = "\\" + word
    else:
        letter = word if len(word) == 1 else rf"\mathrm{{{word.replace('_', ' ')}}}"
    letter = rf"\{accent}{{{letter}}}" if accent else letter
    below = ",".join(part for part in (digits, step) if part)
    return f"{letter}_{{{below}}}" if below else letter


class Shown(NamedTuple):
    """Functions as they stand in the library: for a rule its formula, for every one its source."""

    functions: tuple[Callable[..., Any], ...]

    def __repr__(self) -> str:
        return "\n".join(_source(function) for function in self.functions)

    def _repr_markdown_(self) -> str:
        parts = []
        for function in self.functions:
            if list(inspect.signature(function).parameters)[:3] == ["x", "g", "t"]:
                parts.append(f"$$\n{latex(function)}\n$$")
            parts.append(f"```python\n{_source(function)}```")
        return "\n\n".join(parts)


def show(*functions: Callable[..., Any]) -> Shown:
    """Formula and source of functions, for the last line of a notebook cell.

    The formula is derived from the source, which is read from the library: neither can differ from
    what runs.
    """
    for function in functions:
        check_function("what is to be shown", function, "mytutor.rules.adam")
    return Shown(functions)


def _source(function: Callable[..., Any]) -> str:
    return textwrap.dedent(inspect.getsource(function))


# -- JavaScript ----------------------------------------------------------------------------------

RESERVED = frozenset(
    "arguments await case catch class const debugger default delete do enum eval export extends "
    "false function implements instanceof interface let new null package private protected public "
    "static super switch this throw true try typeof undefined var void yield Math NaN".split()
)


def javascript(rule: Callable[..., Any]) -> str:
    """A rule as a JavaScript function of numbers, arguments in the order of the Python signature.

    Returns the new x and state as an array. Every operation keeps its place, so the numbers are
    those of NumPy in float64 to the last bit (``**`` with an exponent other than 2 calls
    ``Math.pow``, whose last bit is up to the browser).
    """
    reading = read(rule)
    lines = [
        f"  const {_identifier(equation.symbol)} = {javascript_expression(equation.expression)};"
        for equation in reading.equations
    ]
    arguments = ", ".join(_identifier(name) for name in reading.inputs)
    outputs = ", ".join(_identifier(symbol) for symbol in reading.outputs)
    name = _identifier(rule.__name__)
    return "\n".join([f"function {name}({arguments}) {{", *lines, f"  return [{outputs}];", "}"])


def javascript_surface(surface: Any) -> str:
    """A surface of two variables as a JavaScript object ``{value, gradient}`` of functions (x, y).

    Raises ValueError for a surface of more variables.
    """
    import sympy

    if len(surface.box) != 2:
        raise ValueError(
            f"{surface.name} is a surface of {len(surface.box)} variables; expected two, x and y"
        )
    with sympy.evaluate(False):
        point = np.array(sympy.symbols("x y"), dtype=object)
        value = javascript_expression(sympy.sympify(surface.value(point)))
        gradient = [javascript_expression(sympy.sympify(g)) for g in surface.gradient(point)]
    return f"{{value: (x, y) => {value}, gradient: (x, y) => [{', '.join(gradient)}]}}"


def _identifier(name: Any) -> str:
    return f"{name}_" if str(name) in RESERVED else str(name)


SUM, PRODUCT, ATOM = 1, 2, 3
FUNCTIONS = {
    "Abs": "Math.abs",
    "Max": "Math.max",
    "Min": "Math.min",
    "sign": "Math.sign",
    "exp": "Math.exp",
    "log": "Math.log",
    "tanh": "Math.tanh",
    "sin": "Math.sin",
    "cos": "Math.cos",
}


def javascript_expression(expression: Any) -> str:
    """An unevaluated SymPy expression as JavaScript, every operation in its place."""
    return _javascript(expression)[0]


def _javascript(e: Any) -> tuple[str, int]:
    """The JavaScript of an expression and how tightly its outermost operation binds."""
    if e.is_Symbol:
        return _identifier(e), ATOM
    if e.is_Number:
        return _number(e)
    if e.is_Add:
        return _sum(e.args), SUM
    if e.is_Mul:
        return _product(e.args)
    if e.is_Pow:
        return _power(*e.args)
    if e.is_Relational:
        return f"{_tight(e.lhs, SUM)} {e.rel_op} {_tight(e.rhs, SUM)}", 0
    if e.is_Piecewise:
        (a, condition), (b, _) = e.args
        return f"({_javascript(condition)[0]} ? {_tight(a, SUM)} : {_tight(b, SUM)})", ATOM
    name = type(e).__name__
    if name not in FUNCTIONS:
        raise ValueError(f"no JavaScript for {name}(...); expected one of {', '.join(FUNCTIONS)}")
    arguments = sorted(e.args, key=str) if name in ("Max", "Min") else e.args
    return f"{FUNCTIONS[name]}({', '.join(_javascript(a)[0] for a in arguments)})", ATOM


def _tight(e: Any, least: int) -> str:
    text, binding = _javascript(e)
    return text if binding >= least else f"({text})"


def _number(e: Any) -> tuple[str, int]:
    if e.is_Rational and not e.is_Integer:
        return f"{e.p} / {e.q}", PRODUCT
    text = str(int(e)) if e.is_Integer else repr(float(e))
    return text, (ATOM if float(e) >= 0 and math.copysign(1, float(e)) > 0 else SUM)


def _sum(terms: tuple[Any, ...]) -> str:
    text = _tight(terms[0], SUM)
    for term in terms[1:]:
        if term.is_Mul and term.args[0] == -1:
            text += f" - {_rest(term.args[1:])}"
        elif term.is_Number and term < 0:
            text += f" - {_tight(-term, PRODUCT)}"
        else:
            text += f" + {_tight(term, PRODUCT)}"
    return text


def _rest(factors: tuple[Any, ...]) -> str:
    text, binding = _product(factors)
    return text if binding >= PRODUCT else f"({text})"


def _product(factors: tuple[Any, ...]) -> tuple[str, int]:
    if len(factors) == 1:
        return _javascript(factors[0])
    if factors[0] == -1:
        return f"-{_tight_product(factors[1:])}", SUM
    first, *others = factors
    text = f"1 / {_tight(first.args[0], ATOM)}" if _inverse(first) else _tight(first, PRODUCT)
    for factor in others:
        if _inverse(factor):
            text += f" / {_tight(factor.args[0], ATOM)}"
        else:
            text += f" * {_tight(factor, ATOM)}"
    return text, PRODUCT


def _tight_product(factors: tuple[Any, ...]) -> str:
    text, binding = _product(factors)
    return text if binding == ATOM else f"({text})"


def _inverse(e: Any) -> bool:
    return bool(e.is_Pow and e.args[1] == -1)


def _power(base: Any, exponent: Any) -> tuple[str, int]:
    if exponent == -1:
        return f"1 / {_tight(base, ATOM)}", PRODUCT
    if exponent.is_Rational and exponent.q == 2 and exponent.p == 1:
        return f"Math.sqrt({_javascript(base)[0]})", ATOM
    if exponent == 2:
        text = _tight(base, ATOM)
        return f"({text} * {text})", ATOM
    return f"Math.pow({_javascript(base)[0]}, {_javascript(exponent)[0]})", ATOM
