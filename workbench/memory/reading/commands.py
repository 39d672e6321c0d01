"""What commands show by themselves: what mended one that failed, steps that worked, what people ran in an agent's place. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from workbench.memory.reading.evidence import Evidence

FIX: Final = "fix"
STEPS: Final = "steps"
INSTEAD: Final = "instead"
KINDS: Final = (FIX, STEPS, INSTEAD)
LOOK_AHEAD: Final = 8
SESSIONS: Final = {FIX: 2, STEPS: 3, INSTEAD: 2}
"""In so many sessions it is seen before it is proposed."""
STEPS_IN_A_ROW: Final = range(3, 9)
LONGEST: Final = 160
_BEFORE: Final = re.compile("sudo|env|time|uv|npx|poetry|pipenv|python3?|-m|exec|bundle|run")
_LOOKS: Final = re.compile("ls|cat|head|tail|less|grep|rg|find|pwd|echo|which|stat|wc|env|cd|true|sleep|git|curl|wget")
"""Programs that only look, and those whose success depends on others."""


@dataclass(frozen=True)
class Ran:
    """A command that has ended; `instead_of` is the agent's, where a person ran this one in its place or after it."""

    place: Evidence
    command: str
    worked: bool
    instead_of: str = ""


@dataclass(frozen=True)
class Shown:
    """What commands showed, of one of the kinds, with the places in enough sessions."""

    kind: str
    commands: tuple[str, ...]
    evidence: tuple[Evidence, ...]

    @property
    def text(self) -> str:
        quoted = [f"`{command}`" for command in self.commands]
        match self.kind:
            case "fix":
                return f"{quoted[0]} fails; {quoted[1]} works."
            case "instead":
                return f"Use {quoted[1]} instead of {quoted[0]}."
        return f"Steps that worked: {', then '.join(quoted)}."


def shown_by(ran: Sequence[Ran]) -> Iterator[Shown]:
    """Everything that commands of several sessions, in order, have in common."""
    agents = [one for one in ran if not one.instead_of]
    yield from _common(FIX, _fixes(agents))
    yield from _steps(agents)
    changes = [(change_of(one.instead_of, one.command), (one.place,)) for one in ran if one.instead_of]
    opposed = {(new, old) for (old, new), _ in changes}
    yield from _common(INSTEAD, [one for one in changes if one[0] not in opposed])


def _common(kind: str, found: Sequence[tuple[tuple[str, ...], tuple[Evidence, ...]]]) -> Iterator[Shown]:
    together: dict[tuple[str, ...], list[Evidence]] = {}
    for commands, places in found:
        together.setdefault(commands, []).extend(places)
    for commands, every in together.items():
        if len({place.session_id for place in every}) >= SESSIONS[kind]:
            yield Shown(kind, commands, tuple(every))


def _fixes(ran: Sequence[Ran]) -> list[tuple[tuple[str, ...], tuple[Evidence, ...]]]:
    """What failed, and the same program that ended well later in the session, by their effect."""
    found: list[tuple[tuple[str, ...], tuple[Evidence, ...]]] = []
    for _, group in groupby(ran, key=lambda one: one.place.session_id):
        session = list(group)
        for number, failed in enumerate(session):
            if failed.worked or not does_something(failed.command):
                continue
            for later in session[number + 1 : number + 1 + LOOK_AHEAD]:
                if later.command == failed.command:
                    # It fails again, or something else than a command mended it.
                    break
                is_same = _program(later.command) == _program(failed.command)
                if is_same and later.worked and does_something(later.command):
                    found.append(((failed.command, later.command), (failed.place, later.place)))
                    break
    return found


def _steps(ran: Sequence[Ran]) -> Iterator[Shown]:
    """The longest runs that enough sessions have in common; a part of one that as many sessions have is none of its own."""
    seen: dict[tuple[str, ...], dict[str, tuple[Evidence, ...]]] = {}
    for session_id, session in groupby(ran, key=lambda one: one.place.session_id):
        done = [one for one in session if does_something(one.command)]
        for start in range(len(done)):
            for length in STEPS_IN_A_ROW:
                run = done[start : start + length]
                commands = tuple(one.command for one in run)
                if len(set(commands)) < length or not all(one.worked for one in run):
                    break
                seen.setdefault(commands, {}).setdefault(session_id, tuple(one.place for one in run))
    common = {commands: places for commands, places in seen.items() if len(places) >= SESSIONS[STEPS]}
    for commands, places in common.items():
        if not any(_within(commands, other) and len(common[other]) >= len(places) for other in common):
            yield Shown(STEPS, commands, tuple(place for own in places.values() for place in own))


def _within(run: tuple[str, ...], other: tuple[str, ...]) -> bool:
    starts = range(len(other) - len(run) + 1)
    return len(run) < len(other) and any(other[start : start + len(run)] == run for start in starts)


def change_of(old: str, new: str) -> tuple[str, str]:
    """What a person put in the place of what: the one word in which two commands differ, else the commands."""
    words = old.split(), new.split()
    differing = [pair for pair in zip(*words, strict=False) if pair[0] != pair[1]]
    return differing[0] if len(words[0]) == len(words[1]) and len(differing) == 1 else (old, new)


def is_changed(old: str, new: str) -> bool:
    """Whether a person's command is the agent's, changed: the same program, or the same but for one word."""
    if old == new or not (is_short(old) and is_short(new)):
        return False
    return _program(old) == _program(new) or change_of(old, new) != (old, new)


def is_short(command: str) -> bool:
    return 0 < len(command) <= LONGEST and "\n" not in command and "`" not in command


def does_something(command: str) -> bool:
    """Whether it is a short command of a program that does more than look."""
    return is_short(command) and not _LOOKS.fullmatch(_program(command))


def _program(command: str) -> str:
    """The program that a command runs, whatever stands before it."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    kept = [word for word in words if not _BEFORE.fullmatch(word) and "=" not in word]
    return kept[0].rpartition("/")[2] if kept else ""
