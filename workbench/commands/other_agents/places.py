"""Where agents keep their sessions in a home folder, and what lies there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from workbench.commands import surface
from workbench.text.display import safe


@dataclass(frozen=True)
class Place:
    """A folder or database of one program: how many files of sessions it has, and when the newest was written."""

    program: str
    path: Path
    files: int
    newest: float


_PLACES: Final = (
    ("Claude Code", "CLAUDE_CONFIG_DIR", ".claude", "projects", "*.jsonl"),
    ("Codex", "CODEX_HOME", ".codex", "sessions", "*.jsonl"),
    ("opencode", "XDG_DATA_HOME", ".local/share", "opencode", "opencode.db"),
    ("Gemini CLI", "", ".gemini", "tmp", "session-*.jsonl"),
    ("Qwen Code", "", ".qwen", "projects", "*.jsonl"),
    ("Mistral Vibe", "VIBE_HOME", ".vibe", "logs/session/unified", "CURRENT"),
)
"""Program, the variable that moves its folder, that folder in the home, the place in it, and what its files are called."""


def found(home: Path, environ: Mapping[str, str]) -> list[Place]:
    """The places that have sessions."""
    there = []
    for program, variable, usual, inner, pattern in _PLACES:
        folder = Path(environ.get(variable) or home / usual) / inner
        files = [file for file in folder.rglob(pattern) if file.is_file()] if folder.is_dir() else []
        if files:
            there.append(Place(program, folder, len(files), max(file.stat().st_mtime for file in files)))
    return there


def show(there: list[Place], *, as_json: bool) -> None:
    """What is there, and what to write to take it."""
    if as_json:
        surface.print_json([vars(place) | {"path": str(place.path)} for place in there])
        return
    rows = [
        [
            place.program,
            str(place.files),
            f"{datetime.fromtimestamp(place.newest, UTC):%Y-%m-%d}",
            safe(str(place.path)),
        ]
        for place in there
    ]
    surface.out(surface.table(rows, ["program", "files", "newest", "place"]))
    surface.say("nothing was taken; workbench import --all takes all of it, workbench import PATH one of them")
