"""Checks of the whole tree, which the test command runs: commands of the Python environment, several at a time."""

from __future__ import annotations

_STORIES = {
    "more stories": ("canary", "documents", "export", "git", "projects", "skills", "stdio_server", "teams", "triggers"),
    "stories": ("as_users_have_it", "background", "credentials", "goals", "kills"),
}
_STORY_FILES = {name: tuple(f"tests/line/test_{file}.py" for file in files) for name, files in _STORIES.items()}
_SCREENS = tuple(f"tests/tui/test_{file}.py" for file in ("board", "hints", "pictures", "review", "talk", "typing"))

_PLACES = {
    "app": ("tests/tui", *(f"--ignore={file}" for file in _SCREENS)),
    "screens": _SCREENS,
    "commands": ("tests/commands", "tests/log"),
    "engine": ("tests/api", "tests/attacks"),
    "other stories": ("tests/line", *(f"--ignore={file}" for files in _STORY_FILES.values() for file in files)),
    **_STORY_FILES,
    "hands": ("tests/hands", "tests/sandboxes"),
}
_APART = [f"--ignore={place}" for places in _PLACES.values() for place in places if not place.startswith("-")]
_PYTEST = ("python", "-m", "pytest", "-q", "-m", "not long")

CHECKS = {
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "."),
    "types": ("mypy",),
    "imports": ("lint-imports", "--no-cache"),
    "tests": (*_PYTEST, *_APART),
    **{name: (*_PYTEST, *places) for name, places in _PLACES.items()},
}
"""What the test command runs; all run, and each must pass. They begin in this order, the long ones early."""

AT_ONCE = 6
"""Checks that run at a time: more of them than processors, as half of a test is waiting."""
