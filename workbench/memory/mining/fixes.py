"""What tools verifiably did: commands that failed and what fixed them, and runs of commands that worked again and again. Pure."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from workbench.contracts.tools import BASH
from workbench.memory.mining.evidence import Evidence

LOOK_AHEAD: Final = 8
SESSIONS_FOR_A_FIX: Final = 2
SESSIONS_FOR_STEPS: Final = 3
SHORTEST_RUN: Final = 3
LONGEST_RUN: Final = 8
LONGEST_COMMAND: Final = 200
_LOOKING: Final = re.compile(
    r"^(?:ls|cat|head|tail|less|grep|rg|find|pwd|echo|which|type|file|stat|wc|tree|env|printenv|date|whoami|id|ps|df|du|true|sleep|"
    r"git (?:status|diff|log|show|branch)|cd)\b"
)
_DANGEROUS: Final = re.compile(
    r"\b(?:curl|wget|fetch)\b.*\|\s*(?:sudo\s+)?(?:\w*sh|python\d?|perl|ruby|node)\b|base64\s+(?:-d|--decode)|\brm\s+-\w*[rf]\w*\s+[/~]|"
    r"/dev/tcp/|\bnc\s+-|\beval\b|chmod\s+(?:-R\s+)?777|>\s*/etc/|mkfs|:\(\)\s*\{",
    re.IGNORECASE,
)
_WRAPPERS: Final = frozenset(
    {"sudo", "env", "time", "uv", "run", "npx", "poetry", "pipenv", "python", "python3", "-m", "exec", "bundle"}
)
_ASSIGNED: Final = re.compile(r"^\w+=")
_ALIKE: Final = 0.5


@dataclass(frozen=True)
class Ran:
    """One tool call that has ended: a command, or something that changed a file."""

    place: Evidence
    tool: str
    command: str
    ok: bool


@dataclass(frozen=True)
class Lesson:
    """What several sessions show: `kind` is fix or steps; `text` is the line of memory."""

    kind: str
    text: str
    key: tuple[str, ...]
    evidence: tuple[Evidence, ...]

    @property
    def sessions(self) -> set[str]:
        return {place.session_id for place in self.evidence}


def lessons_of(calls: Sequence[Ran]) -> list[Lesson]:
    """The fixes and the runs that enough sessions show; calls stand by session, in the order of each one's log."""
    by_session = {name: list(ran) for name, ran in groupby(calls, key=lambda ran: ran.place.session_id)}
    return [*_fixes(by_session.values()), *_steps(by_session.values())]


# ── what fixed a command ──────────────────────────────────────────────────────────────────────────────────────────────


def _fixes(sessions: Iterable[Sequence[Ran]]) -> list[Lesson]:
    found: dict[tuple[str, ...], list[tuple[Ran, Ran]]] = defaultdict(list)
    for calls in sessions:
        for failed, fixing, is_first in _repairs(calls):
            found["first" if is_first else "instead", normal(failed.command), normal(fixing.command)].append(
                (failed, fixing)
            )
    lessons = []
    for key, pairs in found.items():
        if len({failed.place.session_id for failed, _ in pairs}) < SESSIONS_FOR_A_FIX:
            continue
        how, failed_command, fixing_command = key
        text = (
            f"`{failed_command}` fails until `{fixing_command}` was run: run that first."
            if how == "first"
            else f"`{failed_command}` fails here; `{fixing_command}` works instead."
        )
        evidence = tuple(ran.place for pair in pairs for ran in pair)
        lessons.append(Lesson("fix", text, key, evidence))
    return lessons


def _repairs(calls: Sequence[Ran]) -> Iterator[tuple[Ran, Ran, bool]]:
    """Each failed command with what made it succeed: another command before it, or another wording of it."""
    for index, failed in enumerate(calls):
        if failed.tool != BASH.name or failed.ok or not _is_usable(failed.command):
            continue
        changed: Ran | None = None
        for later in calls[index + 1 : index + 1 + LOOK_AHEAD]:
            if later.tool != BASH.name:
                # A file was changed: what succeeds after it says nothing about the command.
                break
            is_same = normal(later.command) == normal(failed.command)
            if is_same and not later.ok:
                continue
            if is_same:
                if changed is not None:
                    yield failed, changed, True
                break
            if later.ok and _is_usable(later.command):
                if _is_variant(failed.command, later.command):
                    yield failed, later, False
                    break
                if not _LOOKING.match(normal(later.command)):
                    changed = later


def normal(command: str) -> str:
    """The command without what changes from time to time: spaces, a leading change of folder, a trailing redirection."""
    text = " ".join(command.split())
    text = re.sub(r"^cd \S+ (?:&&|;) ", "", text)
    return re.sub(r"\s*(?:2>&1)?\s*\|\s*(?:tail|head)\b[^|]*$|\s*2>&1$", "", text).strip()


def _is_usable(command: str) -> bool:
    return (
        bool(command.strip())
        and len(command) <= LONGEST_COMMAND
        and "\n" not in command.strip()
        and not _DANGEROUS.search(command)
    )


def _is_variant(failed: str, worked: str) -> bool:
    """Whether it is the same command said otherwise: the same program, and half of its words."""
    one, other = _words(failed), _words(worked)
    if not one or not other or _LOOKING.match(normal(worked)):
        return False
    same_program = one[0] == other[0] or one[0] in other or other[0] in one
    common = len(set(one) & set(other))
    return same_program and common / max(len(set(one)), len(set(other))) >= _ALIKE


def _words(command: str) -> list[str]:
    try:
        split = shlex.split(normal(command))
    except ValueError:
        split = normal(command).split()
    return [word for word in split if not _ASSIGNED.match(word) and word not in _WRAPPERS]


# ── steps that worked ─────────────────────────────────────────────────────────────────────────────────────────────────


def _steps(sessions: Iterable[Sequence[Ran]]) -> list[Lesson]:
    """The longest runs of different successful commands that several sessions have in common."""
    seen: dict[tuple[str, ...], dict[str, tuple[Evidence, ...]]] = defaultdict(dict)
    for calls in sessions:
        worked = [ran for ran in calls if ran.tool == BASH.name and not _LOOKING.match(normal(ran.command))]
        for start in range(len(worked)):
            for length in range(SHORTEST_RUN, LONGEST_RUN + 1):
                run = worked[start : start + length]
                commands = tuple(normal(ran.command) for ran in run)
                if (
                    len(run) < length
                    or len(set(commands)) < length
                    or not all(ran.ok and _is_usable(ran.command) for ran in run)
                ):
                    break
                seen[commands].setdefault(run[0].place.session_id, tuple(ran.place for ran in run))
    common = {commands: places for commands, places in seen.items() if len(places) >= SESSIONS_FOR_STEPS}
    longest = [
        run
        for run in common
        if not any(_within(run, other) and len(common[other]) >= len(common[run]) for other in common)
    ]
    return [
        Lesson(
            "steps",
            "Steps that worked: " + ", then ".join(f"`{command}`" for command in run) + ".",
            run,
            tuple(place for places in common[run].values() for place in places),
        )
        for run in longest
    ]


def _within(run: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return len(run) < len(other) and any(
        other[start : start + len(run)] == run for start in range(len(other) - len(run) + 1)
    )
