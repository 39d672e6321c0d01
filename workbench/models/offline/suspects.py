"""Which patches are worth trying for a test run's failures, the likeliest first."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from workbench.models.offline.cures import cures, renames
from workbench.models.offline.failures import Failure, Report
from workbench.models.offline.mutations import mutations
from workbench.models.offline.patches import Patch, function_at, functions


def is_test(path: str) -> bool:
    name = PurePath(path).name
    return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


def wanted_files(report: Report, paths: Sequence[str], read: Mapping[str, str]) -> list[str]:
    """Project files to read next: those in the tracebacks, and those that what was read imports."""
    in_frames = [frame.path for failure in report.failures for frame in failure.frames]
    asked = [path for path in paths if any(_is_same(path, frame) for frame in in_frames)]
    if not asked:
        asked = [path for path in paths if is_test(path)]
    imported = {module for source in read.values() for module in _imported(source)}
    asked += [path for path in paths if _module_names(path) & imported]
    return [path for path in dict.fromkeys(asked) if path not in read]


def patches(report: Report, sources: Mapping[str, str]) -> list[tuple[str, Patch]]:
    """Path and patch, in the order in which to try them; tests are never patched."""
    parsed = {path: source for path, source in sources.items() if _parses(source)}
    found: list[tuple[str, Patch]] = []
    for failure in report.failures:
        found += renames(failure, {path: source for path, source in parsed.items() if not is_test(path)})
        found += _at_frames(failure, parsed)
    for failure in report.failures:
        found += _in_called(failure, parsed)
    by_rank = sorted(found, key=lambda one: one[1].rank)
    unique = {(path, patch.after): (path, patch) for path, patch in reversed(by_rank)}
    return sorted(unique.values(), key=by_rank.index)


def _at_frames(failure: Failure, sources: Mapping[str, str]) -> Iterator[tuple[str, Patch]]:
    expected = _expected(failure, sources)
    for frame in reversed(failure.frames):
        path = next((path for path in sources if _is_same(path, frame.path)), None)
        if path is None or is_test(path):
            continue
        for patch in cures(failure, replace(frame, path=path), sources, expected):
            yield path, patch
        function = function_at(ast.parse(sources[path]), frame.line)
        if function is not None:
            for patch in mutations(sources[path], function):
                yield path, patch if patch.line == frame.line else replace(patch, rank=patch.rank + 2)


def _in_called(failure: Failure, sources: Mapping[str, str]) -> Iterator[tuple[str, Patch]]:
    """Changes in what the failing test calls, directly (first) or over one of the project's functions."""
    called = _called_by_test(failure, sources)
    for depth in range(3):
        beyond: set[str] = set()
        for path, source in sources.items():
            if is_test(path):
                continue
            for function in functions(ast.parse(source)):
                if function.name in called:
                    beyond |= _names_in(function)
                    for patch in mutations(source, function):
                        yield path, replace(patch, rank=patch.rank + 1 + depth)
        called = beyond - called


def _called_by_test(failure: Failure, sources: Mapping[str, str]) -> set[str]:
    names: set[str] = set()
    for frame in failure.frames:
        for path, source in sources.items():
            if is_test(path) and _is_same(path, frame.path):
                function = function_at(ast.parse(source), frame.line)
                names |= _names_in(function) if function is not None else set()
    classes = {
        node.name: node
        for source in sources.values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
    }
    methods = {one.name for name in names if name in classes for one in functions(classes[name])}
    return names | methods


def _names_in(node: ast.AST) -> set[str]:
    plain = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return plain | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def _expected(failure: Failure, sources: Mapping[str, str]) -> list[str]:
    """Values that the failing test writes down, the last first: what it compares with stands there."""
    for frame in failure.frames:
        for path, source in sources.items():
            function = (
                function_at(ast.parse(source), frame.line) if is_test(path) and _is_same(path, frame.path) else None
            )
            if function is not None:
                lines = [node for node in ast.walk(function) if getattr(node, "lineno", None) == frame.line]
                values = [ast.unparse(node) for node in lines if _is_plain_value(node)]
                return values[::-1]
    return []


def _is_plain_value(node: ast.AST) -> bool:
    if isinstance(node, ast.List | ast.Dict | ast.Tuple):
        return not any(isinstance(one, ast.Name) for one in ast.walk(node))
    return isinstance(node, ast.Constant)


def _imported(source: str) -> set[str]:
    if not _parses(source):
        return set()
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names |= {module.lstrip("."), *(f"{module}.{alias.name}".lstrip(".") for alias in node.names)}
    return names


def _module_names(path: str) -> set[str]:
    """The dotted names under which a file may be imported: its last part, its last two parts, and so on."""
    parts = list(PurePath(path).with_suffix("").parts)
    if parts and parts[-1] == "__init__":
        parts.pop()
    return {".".join(parts[index:]) for index in range(len(parts))}


def _is_same(path: str, other: str) -> bool:
    """Whether two paths name one file, either of them perhaps relative."""
    longer, shorter = sorted((PurePath(path).parts, PurePath(other).parts), key=len, reverse=True)
    return bool(shorter) and longer[-len(shorter) :] == shorter


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True
