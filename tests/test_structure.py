"""The shape of the package: short files, and no class that is cut out of several others by inheritance."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.parsing import tree_of

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 350
LONGEST_FUNCTION = 55
SHORT_FUNCTION = 40
MEMORY = 2_000
LANGUAGE = 60
FILES = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in ROOT.glob("workbench/**/*.py")}


def bases() -> dict[str, list[str]]:
    """Every class of the package by its whole name, with the whole names of its bases."""
    found: dict[str, list[str]] = {}
    for path, text in FILES.items():
        module, tree = path.removesuffix(".py").replace("/", "."), tree_of(text)
        known = {one.name: f"{module}.{one.name}" for one in ast.walk(tree) if isinstance(one, ast.ClassDef)}
        for one in ast.walk(tree):
            if isinstance(one, ast.ImportFrom):
                known |= {name.asname or name.name: f"{one.module}.{name.name}" for name in one.names}
        for one in ast.walk(tree):
            if isinstance(one, ast.ClassDef):
                named = [ast.unparse(base).partition("[")[0] for base in one.bases]
                first = [name.partition(".") for name in named]
                found[f"{module}.{one.name}"] = [f"{known.get(name, name)}{dot}{rest}" for name, dot, rest in first]
    return found


def ancestors(name: str, known: dict[str, list[str]]) -> list[str]:
    """What a class inherits from, over all levels."""
    return [one for base in known.get(name, []) for one in (base, *ancestors(base, known))]


def test_no_class_has_more_than_one_ancestor_in_the_package() -> None:
    known = bases()
    assert ancestors("workbench.tui.screens.board.Board", known)[0] == "workbench.tui.screens.base_screen.BaseScreen"
    assert "pydantic.BaseModel" in ancestors("workbench.catalog.agents.CreateAgent", known)
    every = {name: ancestors(name, known) for name in known}
    own = {name: [one for one in above if one in known] for name, above in every.items()}
    assert {name: above for name, above in own.items() if len(above) > 1} == {}


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    assert {path for path, text in FILES.items() if len(text.splitlines()) > LONGEST} == set()


def test_memory_is_small_and_a_language_of_it_is_one_file() -> None:
    room = {path: text for path, text in FILES.items() if path.startswith("workbench/memory/")}
    assert sum(len(text.splitlines()) for text in room.values()) < MEMORY
    languages = sorted((ROOT / "workbench" / "memory" / "reading" / "languages").iterdir())
    assert [file.name for file in languages if len(file.read_text().splitlines()) >= LANGUAGE] == []
    assert {file.suffix for file in languages} == {".toml"}


def test_functions_are_short_and_those_of_api_and_engine_shorter() -> None:
    """A `routes` of the API is its handlers one after the other, and as long as its noun has verbs."""
    found = [
        (path, one.name, (one.end_lineno or 0) - one.lineno + 1)
        for path, text in FILES.items()
        for one in ast.walk(tree_of(text))
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [one for one in found if one[2] > LONGEST_FUNCTION] == []
    rooms = ("workbench/api/", "workbench/engine/")
    assert [one for one in found if one[2] > SHORT_FUNCTION and one[0].startswith(rooms)] == []


def test_few_modules_stand_beside_the_rooms() -> None:
    assert len([path for path in FILES if path.count("/") == 1]) <= 10
