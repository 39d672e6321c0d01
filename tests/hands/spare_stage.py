"""Hands on a real Podman whose spare is looked at, and an end with nothing left of it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from tests.hands.places import Notes, own_settings, podman, until
from workbench.contracts.values import Call, Session
from workbench.events import new_id, now, text_of
from workbench.hands import sandbox_record
from workbench.hands.backend import Limits
from workbench.hands.no_egress import Sealed
from workbench.hands.podman.backend import PodmanBackend
from workbench.hands.registry import backends
from workbench.hands.sandbox_record import SandboxRecord
from workbench.hands.sandboxes import Sandboxes
from workbench.settings import Settings

WAIT_S = 120.0


class Named(Sealed):
    """A way out that leads nowhere, with a variable of each session's own."""

    async def variables(self, session: Session) -> Mapping[str, str]:
        return {"TOKEN": f"placeholder of {session.id}"}

    async def open(self, session_id: str, listener: socket.socket) -> None:
        # Left as it is: a later engine's greeting comes with the same one.
        return


@dataclass
class Stage:
    """Hands on a real Podman, and the backend beside them."""

    settings: Settings
    limits: Limits | None = None

    def __post_init__(self) -> None:
        self.notes = Notes()
        progress = self.notes.sentences.append
        made = backends(self.settings, progress, self.limits)
        assert isinstance(made["podman"], PodmanBackend)
        self.backend = made["podman"]
        self.hands = Sandboxes(self.settings, self.notes.record, made, clock=now, progress=progress, outlets=Named())

    async def bash(self, session: Session, command: str) -> str:
        call = Call(new_id("sevt"), "bash", {"command": command})
        return text_of((await self.hands.execute(session, call)).content)

    async def spare(self) -> str:
        """The container that waits, which is soon there."""
        await until(lambda: self.backend.spares.waiting is not None)
        spare = self.backend.spares.waiting
        assert spare is not None
        return spare.container.container_id

    def record(self, session: Session) -> SandboxRecord:
        found = sandbox_record.load(self.settings.sandboxes / session.id)
        assert found is not None
        return found

    async def end(self) -> None:
        await self.hands.release_all()
        await self.hands.close()


@contextlib.asynccontextmanager
async def staged(limits: Limits | None = None) -> AsyncIterator[Stage]:
    """Ends with nothing left of it."""
    with own_settings() as settings:
        stage = Stage(settings, limits)
        try:
            async with asyncio.timeout(WAIT_S):
                yield stage
        finally:
            await stage.end()
        assert names(settings) == []
        assert list(settings.channels.glob("*")) == []


def names(settings: Settings) -> list[str]:
    """The names of all containers of this workbench."""
    return podman("ps", "-a", "--filter", f"label=home={settings.data}", "--format", "{{.Names}}").split()


def ids() -> list[str]:
    """The containers of all workbenches of this user."""
    return podman("ps", "-aq", "--no-trunc").split()
