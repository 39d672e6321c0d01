"""What is promised of agents' MCP servers."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from workbench.contracts.elicitation import Question
from workbench.contracts.values import Call, Json, Outcome, Session


@dataclass(frozen=True)
class ServerFault:
    """An MCP server that could not be used: `kind` is the `error.type` of its session.error."""

    kind: str
    message: str


@dataclass(frozen=True)
class Asked:
    """A call that goes on when its server's questions are answered; without questions of its own, when those of others are.

    `state` is what any later process can go on with; None where the server waits on the connection that is open now.
    """

    questions: tuple[Question, ...] = ()
    state: Json | None = None


STDIO = "stdio:"
"""How the URL of an MCP server begins that is a program in the session's own sandbox; the rest is its command."""


def server_command(url: str) -> tuple[str, ...] | None:
    """The words of a server's command, split as a shell splits them; None for a server that is reached by HTTP.

    Raises:
        ValueError: a quotation that does not end.
    """
    return tuple(shlex.split(url.removeprefix(STDIO))) if url.startswith(STDIO) else None


class Servers(Protocol):
    """The MCP servers of agents. What fails is an outcome or a fault, never raised."""

    async def listed(self, session: Session, server: Json) -> tuple[Json, ...] | ServerFault:
        """Connect, or connect again, and tell the server's tools: {name, description, input_schema} of each.

        A model's API takes each schema. `own_names` are the server's names of properties that are told under plain ones. A
        tool that cannot be offered has a name and its `fault`.
        """

    async def call(self, session: Session, server: Json, call: Call) -> Outcome | Asked:
        """Run one tool until it has ended or asks a person; cancelling the task tells the server."""

    async def go_on(
        self, session: Session, server: Json, call: Call, replies: Mapping[str, Json], state: Json | None
    ) -> Outcome | Asked:
        """Give a call that asked the replies by the keys of its questions, each {action, content}, and run it on.

        Where nothing waits for them any more the outcome says that the call may have run.
        """

    async def abandon(self, session_id: str, call_id: str) -> None:
        """End a call that asked and will not be answered; no error when there is none."""

    async def release(self, session_id: str) -> None:
        """End the session's connections; no error when there are none."""
