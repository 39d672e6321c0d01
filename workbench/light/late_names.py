"""A package that gathers names of thousands of modules, of which few are used: each is imported when it is asked for.

The SDK's packages import 3,100 modules when the first of them is named, 1.4 s of processor time and 80 MiB. The engine uses
a tenth: its events, and for a request the client. With `late` an `__init__` that only gathers is not run; its names are
looked up in its source, and each is imported the first time that somebody asks for it. One that does more is run as ever.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any, Final

_BELOW: Final = ("types", "resources")
"""The packages below it that gather as well; what stands in others is imported whole."""


def late(package: str) -> None:
    """Have this package import names when they are asked for; nothing where it is imported already."""
    if package not in sys.modules:
        sys.meta_path.insert(0, _Finder(package))


class _Finder(MetaPathFinder):
    def __init__(self, package: str) -> None:
        self._package = package
        self._below = tuple(f"{package}.{name}" for name in _BELOW)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._package and not name.startswith(self._below):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None and spec.submodule_search_locations is not None:
            # What a root does beside gathering is for people who read its errors and its log.
            spec.loader = _Gatherer(name, spec.origin, is_root=name == self._package)
        return spec


class _Gatherer(SourceFileLoader):
    def __init__(self, name: str, path: str, *, is_root: bool) -> None:
        super().__init__(name, path)
        self._is_root = is_root

    def exec_module(self, module: ModuleType) -> None:
        body = ast.parse(self.get_data(self.path)).body
        if not self._is_root and not all(_only_gathers(node) for node in body):
            super().exec_module(module)
            return
        places: dict[str, tuple[str, str]] = {}
        whole: list[str] = []
        for node in _imports(body):
            source = "." * node.level + (node.module or "")
            for one in node.names:
                if one.name == "*":
                    whole.append(source)
                else:
                    places[one.asname or one.name] = (source, one.name)

        def named(name: str) -> Any:
            value = _found(module, name, places, whole)
            setattr(module, name, value)
            return value

        module.__dict__["__getattr__"] = named


def _only_gathers(node: ast.stmt) -> bool:
    """Whether it imports names, lists them or is a docstring."""
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    is_list = isinstance(node, ast.Assign) and all(
        isinstance(one, ast.Name) and one.id == "__all__" for one in node.targets
    )
    return isinstance(node, ast.ImportFrom) or is_text or is_list


def _imports(body: Sequence[ast.stmt]) -> Iterator[ast.ImportFrom]:
    """Those of names of the package itself, also under a condition."""
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node
        elif isinstance(node, ast.If):
            yield from _imports(node.body)


def _found(module: ModuleType, name: str, places: dict[str, tuple[str, str]], whole: Sequence[str]) -> Any:
    if name in places:
        source, own = places[name]
        if not source.strip("."):
            return importlib.import_module(source + own, module.__name__)
        return getattr(importlib.import_module(source, module.__name__), own)
    # A name that begins so is no export: whoever asks wants a module below, and looks for it after this.
    for source in () if name.startswith("_") else whole:
        there = importlib.import_module(source, module.__name__)
        if hasattr(there, name):
            return getattr(there, name)
    raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
