"""What programs can do with values: operators, methods and functions, each from a list and within bounds."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from workbench.workflows.bounds import Bounds, Overrun

_BINARY: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}
_UNARY: Final[Mapping[type[ast.unaryop], Callable[[Any], Any]]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_COMPARE: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
METHODS: Final[Mapping[type, frozenset[str]]] = {
    str: frozenset(
        [
            "split",
            "rsplit",
            "splitlines",
            "join",
            "strip",
            "lstrip",
            "rstrip",
            "lower",
            "upper",
            "title",
            "capitalize",
            "startswith",
            "endswith",
            "replace",
            "find",
            "rfind",
            "count",
            "index",
            "removeprefix",
            "removesuffix",
            "isdigit",
            "isalpha",
            "isspace",
            "partition",
            "rpartition",
        ]
    ),
    list: frozenset(
        ["append", "extend", "insert", "pop", "remove", "clear", "index", "count", "sort", "reverse", "copy"]
    ),
    dict: frozenset(["get", "keys", "values", "items", "update", "pop", "setdefault", "copy", "clear"]),
    set: frozenset(
        ["add", "discard", "remove", "union", "intersection", "difference", "issubset", "issuperset", "copy", "update"]
    ),
    tuple: frozenset(("index", "count")),
}
_TYPES: Final = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list": list,
    "dict": dict,
    "set": set,
    "tuple": tuple,
}
FUNCTIONS: Final = frozenset(
    [
        "len",
        "range",
        "min",
        "max",
        "sum",
        "sorted",
        "reversed",
        "enumerate",
        "zip",
        "any",
        "all",
        "abs",
        "round",
        "isinstance",
    ]
) | frozenset(_TYPES)
_MOST_POWER: Final = 4096


def binary(kind: type[ast.operator], left: Any, right: Any, bounds: Bounds) -> Any:
    """One operator; what would be large is refused before it is made."""
    if kind is ast.Mult:
        _refuse_repeated(left, right, bounds)
        return bounds.made(left * right)
    if kind is ast.Pow:
        if not all(isinstance(one, (int, float)) for one in (left, right)) or abs(right) > _MOST_POWER:
            raise Overrun("** takes numbers, and an exponent of at most 4096")
        _refuse_power(left, right)
        return bounds.made(left**right)
    if kind is ast.Mod:
        if isinstance(left, str):
            raise TypeError("text is put together with f-strings, not with %")
        return bounds.made(left % right)
    if isinstance(left, (str, list, tuple)) and isinstance(right, (str, list, tuple)):
        bounds.hold(len(left) + len(right))
    return bounds.made(_BINARY[kind](left, right))


def _refuse_repeated(left: Any, right: Any, bounds: Bounds) -> None:
    for many, times in ((left, right), (right, left)):
        if isinstance(many, (str, list, tuple)) and isinstance(times, int):
            bounds.hold(max(0, times) * max(1, len(many)) * (1 if isinstance(many, str) else 8))


def _refuse_power(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * max(0, right) > _MOST_POWER:
        raise Overrun("it made a number of more than 4096 bits")


def unary(kind: type[ast.unaryop], value: Any) -> Any:
    if kind not in _UNARY:
        raise TypeError("a program has no ~")
    return _UNARY[kind](value)


def compare(kind: type[ast.cmpop], left: Any, right: Any) -> bool:
    return bool(_COMPARE[kind](left, right))


def method(owner: Any, name: str, given: list[Any], named: dict[str, Any], bounds: Bounds) -> Any:
    """A method of a value; what it makes is counted."""
    if name not in METHODS.get(type(owner), ()):
        raise TypeError(f"{type(owner).__name__} has no method {name!r} here")
    if name == "replace" and isinstance(owner, str) and len(given) > 1:
        bounds.hold(len(owner) + owner.count(given[0]) * max(0, len(given[1]) - len(given[0])))
    if name == "join":
        given = [[*given[0]]]
        bounds.hold(sum(len(one) + len(owner) for one in given[0] if isinstance(one, str)))
    if name in ("extend", "update", "union"):
        bounds.hold(8 * sum(len(one) for one in given if hasattr(one, "__len__")))
    found = getattr(owner, name)(*given, **named)
    if name in ("keys", "values", "items"):
        found = list(found)
    if name in ("append", "insert", "add", "setdefault"):
        bounds.hold(8)
    return bounds.made(found)


def function(name: str, given: list[Any], named: dict[str, Any], bounds: Bounds) -> Any:
    """A function of the language."""
    if name == "range":
        many = range(*given)
        bounds.hold(8 * len(many))
        return list(many)
    if name == "isinstance":
        return _is_instance(*given)
    if name == "str":
        return bounds.made(shown(given[0], bounds) if given else "")
    if name in ("int", "float") and given and isinstance(given[0], str) and len(given[0]) > 400:
        raise ValueError("the text is too long for a number")
    if name in _TYPES:
        return bounds.made(_TYPES[name](*given, **named))
    if name in ("sorted", "reversed", "enumerate", "zip"):
        bounds.hold(16 * sum(len(one) for one in given if hasattr(one, "__len__")))
    found = _BUILT_IN[name](*given, **named)
    return bounds.made(list(found) if name in ("reversed", "enumerate", "zip") else found)


_BUILT_IN: Final[Mapping[str, Callable[..., Any]]] = {
    "len": len,
    "min": min,
    "max": max,
    "sum": sum,
    "sorted": sorted,
    "reversed": reversed,
    "enumerate": enumerate,
    "zip": zip,
    "any": any,
    "all": all,
    "abs": abs,
    "round": round,
}


def _is_instance(value: Any, kind: Any) -> bool:
    """Types are not values here: they are named."""
    named = kind if isinstance(kind, str) else None
    if named not in _TYPES:
        raise TypeError("isinstance takes a type's name, as in isinstance(x, dict)")
    return isinstance(value, _TYPES[named])


def shown(value: Any, bounds: Bounds) -> str:
    """A value as text, within bounds."""
    bounds.hold(_size(value, 0))
    return str(value)


def formatted(value: Any, spec: str, bounds: Bounds) -> str:
    """A value in an f-string; a format is short and of numbers and text only."""
    if not spec:
        return shown(value, bounds)
    digits = "".join(sign if sign.isdigit() else " " for sign in spec).split()
    if len(spec) > 12 or any(len(one) > 3 for one in digits) or not isinstance(value, (str, int, float)):
        raise ValueError(f"the format {spec!r} is not one that programs have")
    return str(bounds.made(format(value, spec)))


def _size(value: Any, depth: int) -> int:
    if depth > 20:
        return 16
    match value:
        case str():
            return len(value) + 2
        case dict():
            return 2 + sum(_size(key, depth + 1) + _size(one, depth + 1) + 4 for key, one in value.items())
        case list() | tuple() | set():
            return 2 + sum(_size(one, depth + 1) + 2 for one in value)
    return 32


def iterated(value: Any) -> list[Any]:
    """What a loop goes over.

    Raises:
        TypeError: it is nothing to go over.
    """
    if isinstance(value, (str, list, tuple, set)):
        return list(value)
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"there is nothing to go over in {type(value).__name__}")
