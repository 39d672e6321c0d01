"""Patches that an error's own words suggest: a missing import, a mistyped name, a missing guard."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import PurePath
from typing import Final

from workbench.models.offline.failures import Failure, Frame
from workbench.models.offline.patches import (
    Function,
    Patch,
    function_at,
    functions,
    guarded,
    inserted,
    replaced,
    text_of,
)

_UNDEFINED: Final = re.compile(r"name '(\w+)' is not defined")
_NO_ATTRIBUTE: Final = re.compile(r"has no attribute '(\w+)'")
_NO_IMPORT: Final = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_HOMES: Final = {
    name: module
    for module, names in {
        "math": ("sqrt", "ceil", "floor", "pi", "prod", "gcd", "isclose", "log", "inf"),
        "collections": ("defaultdict", "Counter", "deque", "namedtuple", "OrderedDict", "ChainMap"),
        "functools": ("reduce", "lru_cache", "partial", "wraps", "cache", "cached_property", "total_ordering"),
        "itertools": (
            "chain",
            "groupby",
            "product",
            "combinations",
            "permutations",
            "islice",
            "pairwise",
            "accumulate",
        ),
        "pathlib": ("Path", "PurePath"),
        "datetime": ("datetime", "timedelta", "date", "timezone"),
        "dataclasses": ("dataclass", "field", "replace", "asdict"),
        "typing": ("Any", "Optional", "Iterable", "Sequence", "NamedTuple"),
        "decimal": ("Decimal",),
        "fractions": ("Fraction",),
        "enum": ("Enum", "IntEnum"),
        "contextlib": ("contextmanager", "suppress"),
        "statistics": ("mean", "median", "stdev"),
        "copy": ("deepcopy",),
        "operator": ("itemgetter", "attrgetter"),
        "abc": ("ABC", "abstractmethod"),
    }.items()
    for name in names
}
_EMPTY: Final = ("[]", '""', "0", "None", "{}", "False", "0.0")


def cures(failure: Failure, frame: Frame, sources: Mapping[str, str], expected: list[str]) -> Iterator[Patch]:
    """Patches of the file at `frame`; `expected` are values that the failing test names, likely answers of a guard."""
    source = sources[frame.path]
    tree = ast.parse(source)
    if match := _UNDEFINED.search(failure.message):
        yield from _imports(source, match[1], frame, sources)
        yield from _names_like(source, tree, match[1], frame)
    function = function_at(tree, frame.line)
    if function is not None and "NoneType" in failure.message:
        yield from _none_guards(source, function, frame.line, expected)
    elif match := _NO_ATTRIBUTE.search(failure.message):
        yield from _attributes_like(source, tree, match[1], frame, sources)
    if function is not None and failure.kind == "ZeroDivisionError":
        yield from _zero_guards(source, function, frame.line, expected)
    if failure.kind == "KeyError":
        yield from _defaults(source, tree, frame.line)


def renames(failure: Failure, sources: Mapping[str, str]) -> Iterator[tuple[str, Patch]]:
    """For a name that a module should give and does not: its nearest name there takes the asked-for one; with the path."""
    match = _NO_IMPORT.search(failure.message)
    if match is None:
        return
    wanted, module = match[1], match[2].rpartition(".")[2]
    for path, source in sources.items():
        if PurePath(path).stem != module:
            continue
        tree = ast.parse(source)
        defined = [node.name for node in ast.walk(tree) if isinstance(node, Function | ast.ClassDef)]
        for near in get_close_matches(wanted, defined, n=2, cutoff=0.5):
            after = re.sub(rf"\b{near}\b", wanted, source)
            yield path, Patch(1, f"`{near}` is called `{wanted}`", source, after, 0)


def _imports(source: str, name: str, frame: Frame, sources: Mapping[str, str]) -> Iterator[Patch]:
    lines: list[str] = []
    if name in _HOMES:
        lines.append(f"from {_HOMES[name]} import {name}")
    if name in sys.stdlib_module_names:
        lines.append(f"import {name}")
    for path, other in sources.items():
        if path != frame.path and any(one.name == name for one in functions(ast.parse(other))):
            lines.append(f"from {PurePath(path).stem} import {name}")
    for line in lines:
        yield Patch(1, f"`{line}` was missing", source, inserted(source, _import_line(source), line + "\n"), 0)


def _import_line(source: str) -> int:
    """Before the first import, after the docstring and what must come first."""
    body = ast.parse(source).body
    late = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    if late:
        return (late[-1].end_lineno or 0) + 1
    starts_with_text = bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    return (body[0].end_lineno or 0) + 1 if starts_with_text else 1


def _names_like(source: str, tree: ast.Module, name: str, frame: Frame) -> Iterator[Patch]:
    known = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    known |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    known |= {node.name for node in ast.walk(tree) if isinstance(node, Function | ast.ClassDef)}
    known |= set(dir(builtins))
    for near in get_close_matches(name, sorted(known - {name}), n=4, cutoff=0.5):
        after = re.sub(rf"(?<![\w.]){name}\b", near, source)
        yield Patch(frame.line, f"`{name}` → `{near}`", source, after, 0)


def _attributes_like(
    source: str, tree: ast.Module, name: str, frame: Frame, sources: Mapping[str, str]
) -> Iterator[Patch]:
    known = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    known |= {one.name for other in sources.values() for one in functions(ast.parse(other))}
    known |= {attribute for kind in (str, list, dict, set, int) for attribute in dir(kind) if attribute[0] != "_"}
    nodes = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == name and node.lineno <= frame.line <= (node.end_lineno or 0)
    ]
    for near in get_close_matches(name, sorted(known - {name}), n=4, cutoff=0.5):
        for node in nodes:
            after = replaced(source, node, f"{text_of(source, node.value)}.{near}")
            yield Patch(frame.line, f"`.{name}` → `.{near}`", source, after, 0)


def _none_guards(source: str, function: Function, line: int, expected: list[str]) -> Iterator[Patch]:
    used = [
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.lineno == line and isinstance(node.ctx, ast.Load)
    ]
    given = {one.arg for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)}
    for name in dict.fromkeys(used):
        if name not in given:
            continue
        for value in dict.fromkeys([*expected, *_EMPTY]):
            after = guarded(source, function, f"{name} is None", value)
            yield Patch(function.lineno, f"`{name}` may be None, then `{value}`", source, after, 0)
    for value in ("[]", '""', "0", "{}"):
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.lineno == line and isinstance(node.ctx, ast.Load):
                after = replaced(source, node, f"({node.id} or {value})")
                yield Patch(line, f"`{node.id}` → `({node.id} or {value})`", source, after, 1)


def _zero_guards(source: str, function: Function, line: int, expected: list[str]) -> Iterator[Patch]:
    divisors = [
        node.right
        for node in ast.walk(function)
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod)
        and node.lineno <= line <= (node.end_lineno or 0)
    ]
    given = {one.arg for one in function.args.args}
    for divisor in divisors:
        names = dict.fromkeys(node.id for node in ast.walk(divisor) if isinstance(node, ast.Name) and node.id in given)
        for name in names:
            for value in dict.fromkeys([*expected, *_EMPTY]):
                after = guarded(source, function, f"not {name}", value)
                yield Patch(function.lineno, f"`{name}` may be empty or 0, then `{value}`", source, after, 0)


def _defaults(source: str, tree: ast.Module, line: int) -> Iterator[Patch]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and node.lineno == line:
            for value in ("0", "None", "[]", '""'):
                text = f"{text_of(source, node.value)}.get({text_of(source, node.slice)}, {value})"
                yield Patch(line, f"`{text_of(source, node)}` → `{text}`", source, replaced(source, node, text), 1)
