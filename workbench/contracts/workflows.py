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

MANUAL: Final = (
    "The program is a small part of Python, without imports, classes, attributes, clock, chance, files or network. It has: variables,"
    " if, for, while, def, lambda, try/except, lists, dicts, sets, tuples, comprehensions, f-strings, methods of text, lists, dicts and"
    " sets, and len range min max sum sorted reversed enumerate zip any all abs round str int float bool list dict set tuple"
    " isinstance.\n"
    "agent(prompt, name=None, agent=None, system=None, schema=None, on_error='stop') runs one agent on the prompt and gives its last"
    " words, or with a JSON schema (type object) the object that it answered. Each agent knows only its prompt. agent names one of the"
    " predefined agents; without it the agent is like you, with system as its system prompt. on_error='skip' gives None where it failed.\n"
    "parallel([agent(...) for x in items]) runs the elements of the list side by side and gives their results in order.\n"
    "pipeline(items, f, g, ...) gives for each item side by side what f, then g, … make of it.\n"
    "phase('name') at the top level begins a phase; each once. args is what the run was given; log(text) notes a line; what is"
    " assigned to result is the run's result."
)


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


class Runs(Protocol):
    """What the brain needs of the engine that hosts runs."""

    def checked(self, text: str) -> Plan:
        """Raises: ProgramFault."""

    def fitting(self, said: str, schema: dict[str, Any]) -> tuple[Any, str]:
        """The value in an agent's answer, and where it does not fit its schema; "" where it does."""

    def began(self, session_id: str, run_id: str) -> None:
        """A run is written down and is to be carried out."""

    def answered(self, session_id: str, thread_id: str) -> None:
        """An agent of a run has ended, and what it gave is written down."""

    async def stop(self, session_id: str, run_id: str) -> None:
        """End a run at its agent's word. No error where it has ended."""


class NoRuns:
    """An engine without runs."""

    def checked(self, text: str) -> Plan:
        raise ProgramFault("no workflow runs can be started here")

    def fitting(self, said: str, schema: dict[str, Any]) -> tuple[Any, str]:
        return said, ""

    def began(self, session_id: str, run_id: str) -> None:
        pass

    def answered(self, session_id: str, thread_id: str) -> None:
        pass

    async def stop(self, session_id: str, run_id: str) -> None:
        pass
