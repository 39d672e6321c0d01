"""Mechanical changes of an expression: another operator, one more or less, another name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from workbench.models.offline.patches import Function, Patch, replaced, text_of

_COMPARISONS: Final[dict[type[ast.cmpop], tuple[str, ...]]] = {
    ast.Lt: ("<=", ">", ">="),
    ast.LtE: ("<", ">=", ">"),
    ast.Gt: (">=", "<", "<="),
    ast.GtE: (">", "<=", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
}
_ARITHMETIC: Final[dict[type[ast.operator], tuple[str, ...]]] = {
    ast.Add: ("-", "*"),
    ast.Sub: ("+",),
    ast.Mult: ("+", "/", "**"),
    ast.Div: ("//", "*"),
    ast.FloorDiv: ("/", "%"),
    ast.Mod: ("//",),
    ast.Pow: ("*",),
}
_TWINS: Final = (
    ("min", "max"),
    ("any", "all"),
    ("append", "extend"),
    ("lower", "upper"),
    ("startswith", "endswith"),
    ("lstrip", "rstrip"),
    ("keys", "values"),
    ("values", "items"),
    ("floor", "ceil"),
    ("insert", "append"),
)
_SYMBOLS: Final[dict[type[ast.AST], str]] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
}  # fmt: skip


def mutations(source: str, function: Function) -> Iterator[Patch]:
    """All single changes within one function."""
    names = _names(function)
    for node in ast.walk(function):
        if not isinstance(node, ast.expr | ast.stmt):
            continue
        before = text_of(source, node)
        for rank, text in _variants(source, node, names):
            after = replaced(source, node, text)
            if text != before and _is_python(after):
                yield Patch(node.lineno, f"`{_short(before)}` → `{_short(text)}`", source, after, rank)


def _variants(source: str, node: ast.expr | ast.stmt, names: list[str]) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            for other in _COMPARISONS.get(type(operator), ()):
                yield 1, f"{text_of(source, left)} {other} {text_of(source, right)}"
        case ast.BinOp(left=left, op=operation, right=right):
            for other in _ARITHMETIC.get(type(operation), ()):
                yield 1, f"{text_of(source, left)} {other} {text_of(source, right)}"
            yield 4, f"{text_of(source, right)} {_SYMBOLS.get(type(operation), '+')} {text_of(source, left)}"
        case ast.AugAssign(target=target, op=operation, value=value):
            for other in _ARITHMETIC.get(type(operation), ()):
                yield 1, f"{text_of(source, target)} {other}= {text_of(source, value)}"
        case ast.BoolOp(op=joint, values=values):
            other = " or " if isinstance(joint, ast.And) else " and "
            yield 2, other.join(text_of(source, value) for value in values)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield 2, text_of(source, operand)
        case ast.Constant(value=bool() as value):
            yield 2, str(not value)
        case ast.Constant(value=int() as value):
            yield 2, str(value + 1)
            yield 2, str(value - 1)
        case ast.Call() | ast.Subscript() | ast.Name() | ast.Attribute():
            yield from _off_by_one(source, node)
            yield from _other_names(source, node, names)


def _off_by_one(source: str, node: ast.expr) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Call(func=ast.Name(id="range"), args=[*firsts, last]) if len(firsts) < 2:
            written, head = text_of(source, last), "".join(f"{text_of(source, first)}, " for first in firsts)
            if isinstance(last, ast.BinOp) and isinstance(last.right, ast.Constant):
                yield 0, f"range({head}{text_of(source, last.left)})"
            yield 1, f"range({head}{written} + 1)"
            yield 1, f"range({head}{written} - 1)"
            if not firsts:
                yield 2, f"range(1, {written})"
                yield 2, f"range(1, {written} + 1)"
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=None)):
            low, high = (text_of(source, one) if one else "" for one in (lower, upper))
            for changed in (
                f"{low}:{high} + 1" if high else "",
                f"{low}:{high} - 1" if high else "",
                f"{low} + 1:{high}",
            ):
                if changed.strip():
                    yield 2, f"{text_of(source, value)}[{changed}]"
            yield 3, f"{text_of(source, value)}[{low}:]"
        case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Constant):
            yield 2, f"{text_of(source, value)}[{text_of(source, index)} - 1]"
            yield 2, f"{text_of(source, value)}[{text_of(source, index)} + 1]"


def _other_names(source: str, node: ast.expr, names: list[str]) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            twins = [other for pair in _TWINS if name in pair for other in pair if other != name]
            yield from ((2, twin) for twin in twins)
            if name in names:
                yield from ((3, other) for other in names if other != name)
        case ast.Attribute(value=value, attr=name):
            for pair in _TWINS:
                if name in pair:
                    yield 2, f"{text_of(source, value)}.{pair[name == pair[0]]}"


def _names(function: Function) -> list[str]:
    """The function's own names: what it is given and what it sets."""
    arguments = [one.arg for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    stored = [node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    return list(dict.fromkeys(name for name in (*arguments, *stored) if name not in {"self", "cls"}))


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:59] + "…"
