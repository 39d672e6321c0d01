"""Commands that failed and what mended them, by effect: the same program, later in the session, ended well. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from workbench.memory.reading.evidence import Evidence

LOOK_AHEAD: Final = 8
SESSIONS: Final = 2
LONGEST: Final = 160
_BEFORE: Final = re.compile("sudo|env|time|uv|npx|poetry|pipenv|python3?|-m|exec|bundle|run")
_LOOKS: Final = re.compile("ls|cat|head|tail|less|grep|rg|find|pwd|echo|which|stat|wc|env|cd|true|sleep|git|curl|wget")
"""Programs that only look, and those whose success depends on others."""


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    place: Evidence
    command: str
    worked: bool


@dataclass(frozen=True)
class Fix:
    """That `failed` was mended by `worked`, with the places in at least two sessions."""

    failed: str
    worked: str
    evidence: tuple[Evidence, ...]

    @property
    def text(self) -> str:
        return f"`{self.failed}` fails; `{self.worked}` works."


def fixes_of(ran: Sequence[Ran]) -> Iterator[Fix]:
    """What failed and was mended the same way in two sessions."""
    found: dict[tuple[str, str], list[Evidence]] = {}
    for _, session in groupby(ran, key=lambda one: one.place.session_id):
        for failed, mended in _pairs(list(session)):
            found.setdefault((failed.command, mended.command), []).extend((failed.place, mended.place))
    for (failed_command, worked), places in found.items():
        sessions = {place.session_id for place in places}
        if len(sessions) >= SESSIONS:
            yield Fix(failed_command, worked, tuple(places))


def _pairs(session: Sequence[Ran]) -> Iterator[tuple[Ran, Ran]]:
    for number, failed in enumerate(session):
        if failed.worked or not does_something(failed.command):
            continue
        for later in session[number + 1 : number + 1 + LOOK_AHEAD]:
            is_same = _program(later.command) == _program(failed.command)
            if is_same and later.worked and later.command != failed.command and does_something(later.command):
                yield failed, later
                break
            if later.command == failed.command:
                # It fails again, or something else than a command mended it.
                break


def does_something(command: str) -> bool:
    """Whether it is a short command of a program that does more than look."""
    return (
        0 < len(command) <= LONGEST
        and "\n" not in command
        and "`" not in command
        and not _LOOKS.fullmatch(_program(command))
    )


def _program(command: str) -> str:
    """The program that a command runs, whatever stands before it."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    kept = [word for word in words if not _BEFORE.fullmatch(word) and "=" not in word]
    return kept[0].rpartition("/")[2] if kept else ""
