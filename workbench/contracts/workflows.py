"""What programs of workflow runs promise: they are checked, run where they can harm nobody, and ask for agents by stable keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

MOST_PROGRAM: Final = 64_000
"""Characters of a program."""
MOST_STEPS: Final = 1_000_000
MOST_BYTES: Final = 16 << 20
"""What all values together that a program makes may hold."""
MOST_AT_ONCE: Final = 64
MOST_AGENTS: Final = 1_000
MOST_OPEN_RUNS: Final = 10
LIFETIME_S: Final = 24 * 3600.0
MOST_REPAIRS: Final = 5
"""How often an agent is told that its answer does not fit its schema."""


class ProgramFault(Exception):
    """A program that cannot be run, or that failed: the words name its own line."""


@dataclass(frozen=True)
class Plan:
    """A program that was checked, and the phases that it declares, in order."""

    text: str
    phases: tuple[str, ...] = ()


@dataclass(frozen=True)
class AgentCall:
    """An agent that a program asks for. `place` is where in the program: line, item and how often so far, the same in every run
    of the program whatever order things happen in."""

    place: str
    prompt: str
    phase: str | None = None
    agent: str | None = None
    """The name of a predefined agent, or None for one like the session's own."""
    name: str | None = None
    system: str | None = None
    schema: dict[str, Any] | None = None


@dataclass(frozen=True)
class AgentAnswer:
    """What an agent gave: a text, or an object that fits the schema; or why there is none."""

    value: Any = None
    error: str | None = None


class Host(Protocol):
    """What a program asks for while it runs."""

    async def agent(self, call: AgentCall) -> AgentAnswer: ...

    async def phase(self, name: str) -> None:
        """The program has come to this phase, and the one before has ended."""

    async def log(self, text: str) -> None: ...


class Programs(Protocol):
    """Checks programs, and runs them apart from the engine."""

    def checked(self, text: str) -> Plan:
        """Raises: ProgramFault."""

    async def run(self, plan: Plan, args: Any, host: Host) -> Any:
        """The program's result: what it assigned to `result`, or None.

        Raises:
            ProgramFault: it failed, or went over a bound.
        """
