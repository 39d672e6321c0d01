"""A line of the box for new work: the task, and before it who does it, where and on which folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NOTHING_TO_RUN: Final = "say what to run behind the !, as in !make test"
_FIRST_WORD: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'|(\S+)")


@dataclass(frozen=True)
class Task:
    """New work; `names` are of an agent and of an environment, in any order."""

    text: str
    names: tuple[str, ...] = ()
    folder: str | None = None
    command: str = ""
    """What a person runs in the new session's sandbox; no model is asked anything then."""


class Unclear(Exception):
    """The line cannot be understood; the text says what to write instead."""


def task_of(line: str) -> Task:
    """Read `@agent @environment -C DIR what to do`, or `!command` at the end of it; only what stands before the first
    other word is meant so.

    Raises:
        Unclear: nothing to do or to run, `-C` without a folder, or a folder that is not there.
    """
    names: list[str] = []
    folder, rest = None, line.strip()
    while rest.startswith("@") or rest.split(" ", 1)[0] == "-C":
        first, _, rest = rest.partition(" ")
        rest = rest.strip()
        if first == "-C":
            folder, rest = _folder(rest)
        else:
            names.append(first[1:])
    if not rest:
        raise Unclear("say what to do; @agent, @environment and -C DIR may come before it")
    if rest.startswith("!"):
        command = rest[1:].strip()
        if not command:
            raise Unclear(NOTHING_TO_RUN)
        return Task("", tuple(names), folder, command)
    return Task(rest, tuple(names), folder)


def folder_before(line: str) -> tuple[bool, str]:
    """Of a line that is not whole yet: whether its task has not begun, and the folder that was named; "" for none."""
    rest, folder = line.strip(), ""
    while rest.startswith("@") or rest.split(" ", 1)[0] == "-C":
        first, _, rest = rest.partition(" ")
        rest = rest.strip()
        if first == "-C":
            try:
                folder, rest = _folder(rest)
            except Unclear:
                return False, ""
    return not rest, folder


def _folder(rest: str) -> tuple[str, str]:
    """The folder at the start, in quotes where it has blanks, and what stands behind it."""
    found = _FIRST_WORD.match(rest)
    named = next((group for group in found.groups() if group is not None), "") if found else ""
    path = Path(named).expanduser().resolve()
    if not named or found is None or not path.is_dir():
        raise Unclear(f"-C: {named or '(nothing)'} is not a folder")
    return str(path), rest[found.end() :].strip()
