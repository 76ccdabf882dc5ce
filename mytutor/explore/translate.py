"""Translate the model of an explorable, a plain Python function, into JavaScript.

A model computes what an explorable shows. It is written once, in a small part of Python:
assignments, ``for`` over ``range`` or a list, ``while``, ``if``, lists, dictionaries with text
keys, f-strings without format, comparisons, + - * /, and calls of the functions in ``BUILTINS`` or
of other functions written in the same way. Lists are never compared, and only true or false is
tested. The numbers are those of Python to the last bit.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Callable
from typing import Any

from mytutor.trace import RESERVED

__all__ = ["BUILTINS", "dependencies", "javascript_function"]

# Python name -> JavaScript name; the engine's functions are called by their names there.
BUILTINS = {
    "abs": "Math.abs",
    "sqrt": "Math.sqrt",
    "log10": "Math.log10",
    "floor": "Math.floor",
    "tanh": "Math.tanh",
    "isfinite": "Number.isFinite",
    "decade": "decade",
    "number": "number",
}
METHODS = {"append": "push", "join": "join", "index": "indexOf"}
OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "===",
    ast.NotEq: "!==",
    ast.And: "&&",
    ast.Or: "||",
    ast.Not: "!",
    ast.USub: "-",
}


def javascript_function(function: Callable[..., Any]) -> str:
    """A model function as the source of a JavaScript function of the same name.

    Raises ValueError, naming the function and the line, for Python outside that small part.
    """
    return _Translator(function).function()


def dependencies(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """The functions that a model needs, itself last, every function after those that it calls."""
    found: dict[str, Callable[..., Any]] = {}
    _collect(function, found)
    return list(found.values())


def _collect(function: Callable[..., Any], found: dict[str, Callable[..., Any]]) -> None:
    for name in _names(_tree(function)):
        value = function.__globals__.get(name)
        if inspect.isfunction(value) and name not in BUILTINS and name not in found:
            _collect(value, found)
    found[function.__name__] = function


def _tree(function: Callable[..., Any]) -> ast.FunctionDef:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        name = function.__name__
        raise ValueError(f"model {name!r} is no function; expected def {name}(...)")
    return tree


def _names(tree: ast.AST) -> list[str]:
    """The names that a function reads, each once, in the order of the text."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(node.id for node in found if isinstance(node.ctx, ast.Load)))


class _Translator:
    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = function.__name__
        self.tree = _tree(function)
        self.constants = {
            name: value
            for name in _names(self.tree)
            if isinstance(value := function.__globals__.get(name), (int, float, str, list, dict))
        }

    def function(self) -> str:
        arguments = [argument.arg for argument in self.tree.args.args]
        inner = {
            id(name)
            for comprehension in ast.walk(self.tree)
            if isinstance(comprehension, ast.comprehension)
            for name in ast.walk(comprehension.target)
        }
        stored = {
            node.id
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Store)
            and id(node) not in inner
        }
        for name in sorted({*arguments, *stored} & RESERVED):
            raise ValueError(
                f"model {self.name!r} has a variable {name!r}, a word of JavaScript; rename it"
            )
        local = sorted(stored - set(arguments))
        head = f"let {', '.join(local)};" if local else ""
        body = [line for line in self.tree.body if not self.is_docstring(line)]
        return f"function {self.name}({', '.join(arguments)}) {{{head}{self.block(body)}}}"

    @staticmethod
    def is_docstring(line: ast.stmt) -> bool:
        return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)

    def block(self, lines: list[ast.stmt]) -> str:
        return "".join(self.statement(line) for line in lines)

    def unknown(self, node: Any) -> ValueError:
        text = ast.unparse(node)
        return ValueError(f"model {self.name!r} can't be translated in line {node.lineno}: {text}")

    def statement(self, node: ast.stmt) -> str:
        match node:
            case ast.Return(value=value) if value is not None:
                return f"return {self.value(value)};"
            case ast.Assign(targets=[target], value=value):
                # the bracket of a destructuring would otherwise continue the line before
                return f"{self.value(target)}={self.value(value)};"
            case ast.AnnAssign(target=target, value=value) if value is not None:
                return f"{self.value(target)}={self.value(value)};"
            case ast.AugAssign(target=target, op=op, value=value) if type(op) in OPERATORS:
                return f"{self.value(target)}{OPERATORS[type(op)]}={self.value(value)};"
            case ast.Expr(value=ast.Call() as value):
                return f"{self.value(value)};"
            case ast.If(test=test, body=body, orelse=rest):
                other = f"else{{{self.block(rest)}}}" if rest else ""
                return f"if({self.value(test)}){{{self.block(body)}}}{other}"
            case ast.While(test=test, body=body, orelse=[]):
                return f"while({self.value(test)}){{{self.block(body)}}}"
            case ast.For(orelse=[]):
                return self.loop(node)
            case ast.Break():
                return "break;"
            case ast.Continue():
                return "continue;"
        raise self.unknown(node)

    def loop(self, node: ast.For) -> str:
        body = self.block(node.body)
        target = self.value(node.target)
        match node.iter:
            case ast.Call(func=ast.Name(id="range"), args=bounds) if len(bounds) <= 2:
                first, last = ["0", *map(self.value, bounds)][-2:]
                return f"for({target}={first};{target}<{last};{target}++){{{body}}}"
        return f"for({target} of {self.value(node.iter)}){{{body}}}"

    def value(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=bool(value)):
                return "true" if value else "false"
            case ast.Constant(value=None):
                return "null"
            case ast.Constant(value=value) if isinstance(value, (int, float, str)):
                return json.dumps(value, ensure_ascii=False)
            case ast.Name(id=name):
                if name in self.constants:
                    return json.dumps(self.constants[name], ensure_ascii=False)
                return BUILTINS.get(name, name)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return f"[{','.join(map(self.value, elements))}]"
            case ast.Dict(keys=keys, values=values):
                return f"({{{','.join(map(self.entry, keys, values))}}})"
            case ast.Starred(value=value):
                return f"...{self.value(value)}"
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return f"({self.value(left)}{OPERATORS[type(op)]}{self.value(right)})"
            case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
                return f"({OPERATORS[type(op)]}{self.value(operand)})"
            case ast.BoolOp(op=op, values=values):
                return f"({OPERATORS[type(op)].join(map(self.value, values))})"
            case ast.Compare():
                return self.comparison(node)
            case ast.IfExp(test=test, body=body, orelse=rest):
                return f"({self.value(test)}?{self.value(body)}:{self.value(rest)})"
            case ast.Lambda(args=arguments, body=body):
                names = ",".join(argument.arg for argument in arguments.args)
                return f"(({names})=>{self.value(body)})"
            case ast.JoinedStr(values=parts):
                return f"`{''.join(map(self.part, parts))}`"
            case ast.Subscript(value=value, slice=index):
                return f"{self.value(value)}{self.subscript(index)}"
            case ast.ListComp(elt=element, generators=[generator]):
                return self.comprehension(element, generator)
            case ast.Call(keywords=[]):
                return self.call(node)
        raise self.unknown(node)

    def entry(self, key: ast.expr | None, value: ast.expr) -> str:
        return (
            f"...{self.value(value)}" if key is None else f"{self.value(key)}:{self.value(value)}"
        )

    def part(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=str(text)):
                return text.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return f"${{{self.value(value)}}}"
        raise self.unknown(node)

    def comparison(self, node: ast.Compare) -> str:
        operands = [node.left, *node.comparators]
        parts = []
        for left, op, right in zip(operands, node.ops, node.comparators, strict=False):
            if isinstance(op, ast.In):
                parts.append(f"{self.value(right)}.includes({self.value(left)})")
            elif isinstance(op, ast.NotIn):
                parts.append(f"!{self.value(right)}.includes({self.value(left)})")
            elif type(op) in OPERATORS:
                parts.append(f"{self.value(left)}{OPERATORS[type(op)]}{self.value(right)}")
            else:
                raise self.unknown(node)
        return f"({'&&'.join(parts)})"

    def subscript(self, index: ast.expr) -> str:
        match index:
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
                return f".at(-{value})"
            case ast.Slice(lower=lower, upper=upper, step=None):
                first = self.value(lower) if lower else "0"
                return f".slice({first}{',' + self.value(upper) if upper else ''})"
        return f"[{self.value(index)}]"

    def comprehension(self, element: ast.expr, generator: ast.comprehension) -> str:
        target = self.value(generator.target)
        source = self.value(generator.iter)
        kept = "".join(f".filter(({target})=>{self.value(test)})" for test in generator.ifs)
        return f"{source}{kept}.map(({target})=>{self.value(element)})"

    def call(self, node: ast.Call) -> str:
        arguments = [self.value(argument) for argument in node.args]
        match node.func:
            case ast.Name(id="list") if len(arguments) == 1:
                return arguments[0]
            case ast.Name(id="range") if len(arguments) == 1:
                return f"Array.from({{length:{arguments[0]}}},(_,i)=>i)"
            case ast.Name(id="range") if len(arguments) == 2:
                first, last = arguments
                return f"Array.from({{length:{last}-{first}}},(_,i)=>{first}+i)"
            case ast.Name(id="len"):
                return f"{arguments[0]}.length"
            case ast.Attribute(value=ast.Constant(value=str(text)), attr="join"):
                return f"{arguments[0]}.join({json.dumps(text, ensure_ascii=False)})"
            case ast.Attribute(value=value, attr=name) if name in METHODS:
                return f"{self.value(value)}.{METHODS[name]}({','.join(arguments)})"
            case ast.Name() | ast.Subscript():
                return f"{self.value(node.func)}({','.join(arguments)})"
        raise self.unknown(node)
