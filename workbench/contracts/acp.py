"""What is promised of agents of others that are the brain of a session, by the Agent Client Protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from workbench.contracts.values import Json, Outcome, Session

PROTOCOL_VERSION: Final = 1


@dataclass(frozen=True)
class Said:
    """One line of an agent's output, counted from 1."""

    number: int
    text: str


@dataclass(frozen=True)
class AcpFault:
    """Why an agent could not be begun with, in words for a person."""

    message: str


class AcpTalk(Protocol):
    """A conversation with an agent that runs in a session's sandbox, and goes on there without an engine."""

    @property
    def name(self) -> str:
        """Under which any later engine finds it."""

    @property
    def took(self) -> int:
        """The number of the last line that the agent is known to have got."""

    @property
    def ending(self) -> str | None:
        """Why it has ended, in words; None while it goes on."""

    @property
    def has_ended(self) -> bool:
        """Whether it says no more than what is still to be read."""

    def say(self, number: int, line: str) -> None:
        """One line, counted from 1; one that it has got before is not given to it again."""

    def heard(self, through: int) -> None:
        """What it said up to this number is durable in the log."""

    async def next(self) -> Said | None:
        """The next line, kept in the sandbox until it is `heard`; None when it has said its last."""

    def when_ended(self, tell: Callable[[], None]) -> None:
        """Tell when it ends by itself, while nobody waits for its next line."""

    def shut(self) -> None:
        """Have it ended."""


@dataclass(frozen=True)
class Modes:
    """The modes that an agent offers by their ids, the one that it is in, and the option that sets it where it is one."""

    ids: tuple[str, ...] = ()
    current: str = ""
    option: str = ""


@dataclass(frozen=True)
class Begun:
    """An agent that is ready for a prompt: its own session's id, what it can, its modes, and how many lines were exchanged.

    `is_resumed` says that it knows what its earlier session said and heard.
    """

    talk: AcpTalk
    agent_session_id: str
    capabilities: Json
    modes: Modes
    said: int
    heard: int
    is_resumed: bool = False


class AcpAgents(Protocol):
    """The agents of sessions. What fails is a fault or an ending, never raised."""

    async def rejoined(self, session: Session, name: str, after: int) -> AcpTalk | None:
        """The conversation of this name, to be read after a line; None where its agent has gone."""

    async def begun(self, session: Session, earlier: Json) -> Begun | AcpFault:
        """Start the agent, and have it make a session of its own, or load its `earlier` one where it can.

        `earlier` has `talk` and `agent_session_id`, where there are any.
        """

    async def cleaned(self, session: Session, outcome: Outcome) -> Outcome:
        """What the agent's tools gave, without the session's secrets."""


class NoAcpAgents:
    """Where there is no sandbox to run one in."""

    async def rejoined(self, session: Session, name: str, after: int) -> AcpTalk | None:
        return None

    async def begun(self, session: Session, earlier: Json) -> Begun | AcpFault:
        return AcpFault("agents of others are not run here")

    async def cleaned(self, session: Session, outcome: Outcome) -> Outcome:
        return outcome
