"""Lines of a dream in a project's AGENTS.md: shown as a diff, written after a yes."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from workbench import settings
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong, paint
from workbench.text.display import safe

NAME: Final = "AGENTS.md"
HEADING: Final = "## Remembered"
_MOST_BYTES: Final = 1 << 20


def put(dream: Json, chosen: Sequence[str], folder: Path, *, is_agreed: bool) -> int:
    """Bring the chosen proposals, or all that landed, into the project's file; gives the exit code.

    Raises:
        Wrong: no such project, a file that is no text of its own, or nothing to bring.
    """
    place = folder.expanduser().resolve()
    if not place.is_dir():
        raise Wrong(f"{place} is no folder; name the project's with -C")
    file = (settings.project_root(place) or place) / NAME
    proposals = [
        one
        for one in dream["workbench"]["proposals"]
        if one["text"] and (one["id"] in chosen if chosen else one["decision"] == "landed")
    ]
    if not proposals:
        raise Wrong(f"nothing of dream {dream['id']} has landed; name its proposals, or accept them first")
    before = _read(file)
    after = with_lines(before, [one["text"] for one in proposals], [old for one in proposals for old in one["old"]])
    if after == before:
        surface.say(f"{file} says all of it already")
        return 0
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), NAME, NAME, lineterm=""):
        colour = {"+": "green", "-": "red"}.get(line[:1], "dim")
        surface.out(paint(safe(line), colour))
    if not is_agreed and surface.ask(f"write this into {file}? [y/N] ").lower() not in ("y", "yes"):
        surface.say("nothing was written")
        return 0
    _write(file, after)
    surface.say(f"{file} is written")
    return 0


def with_lines(content: str, texts: Sequence[str], old: Sequence[str]) -> str:
    """The content with the lines below their heading, which is made at the end where there is none; old ones give their places up."""
    lines = content.split("\n") if content else []
    said = {line.strip().removeprefix("- ").strip() for line in lines}
    new = [f"- {text}" for text in dict.fromkeys(texts) if text not in said]
    lines = [line for line in lines if line.strip().removeprefix("- ").strip() not in old]
    if not new:
        return "\n".join(lines)
    if HEADING not in lines:
        while lines and not lines[-1].strip():
            lines.pop()
        return "\n".join([*lines, *([""] if lines else []), HEADING, "", *new, ""])
    place = lines.index(HEADING) + 1
    while place < len(lines) and not lines[place].startswith("#"):
        place += 1
    while not lines[place - 1].strip():
        place -= 1
    head = [*lines[:place], *([""] if lines[place - 1] == HEADING else []), *new]
    rest = lines[place:] or [""]
    while rest[:2] == ["", ""]:
        rest.pop(0)
    return "\n".join([*head, *rest])


def _read(file: Path) -> str:
    if file.is_symlink() or (file.exists() and not file.is_file()):
        raise Wrong(f"{file} is a link or no file; put a file of its own there")
    if not file.exists():
        return ""
    content = file.read_bytes()
    if len(content) > _MOST_BYTES:
        raise Wrong(f"{file} is larger than {_MOST_BYTES >> 20} MiB; nothing was written")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Wrong(f"{file} is no UTF-8 text; nothing was written") from None


def _write(file: Path, content: str) -> None:
    """In one step: who reads meanwhile sees the old file or the new one."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".AGENTS-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as new:
            new.write(content)
        Path(name).chmod(file.stat().st_mode & 0o777 if file.exists() else 0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
