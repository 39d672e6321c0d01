"""A line of the box for new work: the task, and before it who does it, where and on which folder."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NO_FOLDER: Final = "none"
"""Behind -C: an empty folder; one of this name is `./none`."""
NOTHING_TO_RUN: Final = "say what to run behind the !, as in !make test"
GOAL: Final = "/goal"
"""Before what is to be reached."""
NO_GOAL: Final = "say what is to be reached behind /goal, as in /goal `make test` exits 0"
_LAST_FOLDER: Final = re.compile(r"^(?:@\S+\s+)*-C\s+(?P<path>[^\s'\"]+)$")
_FIRST_WORD: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'|(\S+)")


@dataclass(frozen=True)
class Task:
    """New work; `names` are of an agent and of an environment, in any order."""

    text: str
    names: tuple[str, ...] = ()
    folder: str | None = None
    """Absolute; None is an empty one."""
    command: str = ""
    """What a person runs in the new session's sandbox; no model is asked anything then."""
    is_goal: bool = False
    """Whether the text is what is to be reached, and graded."""
    mode: str = ""
    """Its permission mode; "" where the agent's own policies count."""
    files: tuple[str, ...] = ()
    """Pictures and PDFs that go with it."""


class Unclear(Exception):
    """The line cannot be understood; the text says what to write instead."""


def task_of(line: str, default_folder: str | None = None, *, is_here: bool = True) -> Task:
    """Read `@agent @environment -C DIR what to do`, or `!command` or `/goal what is to be reached` at the end of it; only what stands before the first
    other word is meant so. Without `-C` it is `default_folder`; `-C none` is an empty folder. A folder
    of another machine (not `is_here`) is taken as it is written.

    Raises:
        Unclear: nothing to do or to run, `-C` without a folder, or a folder that is not there.
    """
    names: list[str] = []
    folder, rest = default_folder, line.strip()
    while rest.startswith("@") or rest.split(" ", 1)[0] == "-C":
        first, _, rest = rest.partition(" ")
        rest = rest.strip()
        if first == "-C":
            folder, rest = _folder(rest, is_here=is_here)
        else:
            names.append(first[1:])
    if not rest:
        raise Unclear("say what to do; @agent, @environment and -C DIR may come before it")
    if rest.split(None, 1)[0] == GOAL:
        goal = rest.removeprefix(GOAL).strip()
        if not goal:
            raise Unclear(NO_GOAL)
        return Task(goal, tuple(names), folder, is_goal=True)
    if rest.startswith("!"):
        command = rest[1:].strip()
        if not command:
            raise Unclear(NOTHING_TO_RUN)
        return Task("", tuple(names), folder, command)
    return Task(rest, tuple(names), folder)


def with_folder_completed(line: str) -> str | None:
    """The line with the folder at its end completed as far as it is clear; None where no folder is being written there."""
    found = _LAST_FOLDER.search(line)
    if found is None:
        return None
    above, slash, begun = found["path"].rpartition("/")
    try:
        inside = sorted(Path(f"{above}{slash}" or ".").expanduser().iterdir())
    except (OSError, RuntimeError):
        return line
    fitting = [one.name for one in inside if one.name.startswith(begun) and _is_offered(one, begun)]
    common = os.path.commonprefix(fitting) if fitting else begun  # noqa: RUF071 - of names, by letters
    return f"{line[: found.start('path')]}{above}{slash}{common}{'/' if len(fitting) == 1 else ''}"


def _is_offered(path: Path, begun: str) -> bool:
    """A folder; a hidden one where it is asked for."""
    with contextlib.suppress(OSError):
        return path.is_dir() and (begun.startswith(".") or not path.name.startswith("."))
    return False


def folder_before(line: str) -> tuple[bool, str]:
    """Of a line that is not whole yet: whether its task has not begun, and the folder that was named; "" for none."""
    rest, folder = line.strip(), ""
    while rest.startswith("@") or rest.split(" ", 1)[0] == "-C":
        first, _, rest = rest.partition(" ")
        rest = rest.strip()
        if first == "-C":
            try:
                named, rest = _folder(rest)
            except Unclear:
                return False, ""
            folder = named or ""
    return not rest, folder


def _folder(rest: str, *, is_here: bool = True) -> tuple[str | None, str]:
    """The folder at the start, in quotes where it has blanks, and what stands behind it."""
    found = _FIRST_WORD.match(rest)
    named = next((group for group in found.groups() if group is not None), "") if found else ""
    if found is not None and named == NO_FOLDER:
        return None, rest[found.end() :].strip()
    if named and found is not None and not is_here:
        return named, rest[found.end() :].strip()
    path = Path(named).expanduser().resolve()
    if not named or found is None or not path.is_dir():
        raise Unclear(f"-C: {named or '(nothing)'} is not a folder")
    return str(path), rest[found.end() :].strip()
