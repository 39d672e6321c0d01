"""What `npx` fetched before, started without it: it takes half a second and 80 MB only to find what lies there."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_AGREED = ("-y", "--yes", "-q", "--quiet")


def without_npx(command: Sequence[str], cache: Path, project: Path) -> list[str]:
    """The program that `npx` would start of npm's `cache`, by its path; the command as it is where that is not sure.

    A package that the project itself has comes first, and one of a cache is taken only when it was fetched for these very words.
    """
    spec, *arguments = _package(command) or [""]
    name = spec[: spec.rindex("@")] if "@" in spec[1:] else spec
    if not spec or (project / "node_modules" / name).exists():
        return list(command)
    for folder in sorted(cache.glob("_npx/*")):
        modules = folder / "node_modules"
        if _read(folder / "package.json").get("_npx") == {"packages": [spec]} and (program := _program(modules, name)):
            return [str(modules / ".bin" / program), *arguments]
    return list(command)


def _package(command: Sequence[str]) -> list[str] | None:
    """The package with its version and the words for its program; None for another command or one with other options."""
    if not command or command[0] != "npx":
        return None
    words = list(command[1:])
    while words and words[0] in _AGREED:
        del words[0]
    if not words or words[0].startswith(("-", ".", "/")) or ":" in words[0]:
        return None
    return words


def _program(modules: Path, name: str) -> str | None:
    """As npm chooses it: the only program of a package, or the one with the package's name."""
    own = name.rpartition("/")[2]
    programs = _read(modules / name / "package.json").get("bin")
    if isinstance(programs, str):
        programs = {own: programs}
    if not isinstance(programs, dict):
        return None
    chosen = next(iter(programs)) if len(set(programs.values())) == 1 else own if own in programs else None
    return chosen if chosen and os.access(modules / ".bin" / chosen, os.X_OK) else None


def _read(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
