"""What the hands promise: tool calls in a sandbox of the session's own, and its way out."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from workbench.contracts.values import Call, Heard, Outcome, Session, unheard


class Hands(Protocol):
    """Tool calls in a session's own sandbox. Failure is an outcome; only cancellation is raised."""

    async def provision(self, session: Session) -> Outcome:
        """Have a sandbox ready; the text says what is ready, or what is missing and the command that mends it."""

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        """Run one call, provisioning first where needed; cancelling the task ends the call inside as well.

        `heard` is told what it has printed so far, a few times a second while it runs, and nothing once this has returned.
        """

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        """After a restart: the kept outcome, or that of the process still running; None when the sandbox knows nothing of it."""

    async def inspect(self, session: Session, call: Call) -> Outcome | None:
        """A call that only reads, where a sandbox runs: none is started for it, nothing is kept, and None says that there is none."""

    async def acknowledge(self, session: Session, call_id: str) -> None:
        """The call's result is durable in the log: its outcome is forgotten, and a call that still runs is ended."""

    async def release(self, session_id: str) -> None:
        """End the sandbox; the session's files stay. No error when there is none."""


class Outlets(Protocol):
    """What a sandbox's way out is, and what it finds in its environment."""

    async def variables(self, session: Session) -> Mapping[str, str]:
        """Environment variables of a new sandbox: placeholders of its secrets, settings of programs that use them."""

    async def open(self, session_id: str, listener: socket.socket) -> None:
        """Everything inside that wants out comes to this listener. Again after a restart; the caller may close its own."""

    async def close(self, session_id: str) -> None:
        """The sandbox has ended, and so has its way out. No error when there is none."""


@dataclass(frozen=True)
class Check:
    """One line of `workbench doctor`."""

    name: str
    ok: bool
    found: str
    cure: str = ""
    serious: bool = True
