"""Procedures: runs of different commands that worked, one after the other, in three sessions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from workbench.memory.reading.evidence import Evidence
from workbench.memory.reading.fixes import Ran, does_something

SESSIONS: Final = 3
SHORTEST: Final = 3
LONGEST: Final = 8


@dataclass(frozen=True)
class Procedure:
    """Commands in order, with the places of all of them in at least three sessions."""

    commands: tuple[str, ...]
    evidence: tuple[Evidence, ...]

    @property
    def text(self) -> str:
        return "Steps that worked: " + ", then ".join(f"`{command}`" for command in self.commands) + "."


def procedures_of(ran: Sequence[Ran]) -> Iterator[Procedure]:
    """The longest runs that three sessions have in common; a part of one that as many sessions have is none of its own."""
    seen: dict[tuple[str, ...], dict[str, tuple[Evidence, ...]]] = {}
    for session_id, session in groupby(ran, key=lambda one: one.place.session_id):
        done = [one for one in session if does_something(one.command)]
        for start in range(len(done)):
            for length in range(SHORTEST, LONGEST + 1):
                run = done[start : start + length]
                commands = tuple(one.command for one in run)
                if len(set(commands)) < length or not all(one.worked for one in run):
                    break
                seen.setdefault(commands, {}).setdefault(session_id, tuple(one.place for one in run))
    common = {commands: places for commands, places in seen.items() if len(places) >= SESSIONS}
    for commands, places in common.items():
        if not any(_within(commands, other) and len(common[other]) >= len(places) for other in common):
            yield Procedure(commands, tuple(place for own in places.values() for place in own))


def _within(run: tuple[str, ...], other: tuple[str, ...]) -> bool:
    starts = range(len(other) - len(run) + 1)
    return len(run) < len(other) and any(other[start : start + len(run)] == run for start in starts)
