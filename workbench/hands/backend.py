"""The Backend protocol: where a session's sandbox is started, found again after a restart and stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from workbench.contracts.hands import Check
from workbench.contracts.values import Json, Session
from workbench.hands.channel import Channel
from workbench.hands.sandbox_record import SandboxRecord

MIB = 1 << 20


Variables = Callable[[], Awaitable[Mapping[str, str]]]
"""What a sandbox finds in its environment."""


@dataclass(frozen=True)
class Limits:
    """How much one sandbox may take; `patience_s` is how long it outlives an engine that does not return."""

    pids: int = 512
    memory_bytes: int = 4 << 30
    temporary_bytes: int = 512 * MIB
    shared_memory_bytes: int = 64 * MIB
    open_files: int = 4096
    patience_s: float = 600


@dataclass(frozen=True)
class Started:
    """A sandbox that runs. Its runner has greeted over `channel`, and with the greeting came its egress listener.

    `warnings` name limits that are not enforced, as parts of a sentence.
    """

    record: SandboxRecord
    channel: Channel
    image_id: str
    warnings: tuple[str, ...] = ()


class Backend(Protocol):
    """One way to run sandboxes, at most one for each session. What cannot be had is raised as SandboxUnavailable.

    `limits` are what one sandbox may take, as the API tells it.
    """

    limits: Json

    def open(self, known: Collection[str] | None) -> None:
        """Told once, at the engine's start: running sandboxes of other sessions than these are leftovers, to be removed.

        Waits for nothing, and needs no sandbox to be possible here. None: every session may still be there.
        """

    def checks(self) -> AsyncIterator[Check]:
        """Whether this machine can run such sandboxes, for `workbench doctor`; nothing is changed by asking."""

    async def start(self, session: Session, variables: Variables) -> Started:
        """Start the session's sandbox on its files, with these environment variables, as confined as this backend promises.

        They are asked for once what it is made of is there, as an image tells where its package managers go by default.
        When it fails or is cancelled nothing is left behind. The caller saves the record.
        """

    async def attach(self, record: SandboxRecord) -> Channel:
        """Listen again for a sandbox that an earlier engine started; it has greeted when this returns."""

    async def bring_back(self, session_id: str) -> None:
        """Where the session's files are elsewhere: what it changed of its project, and its outputs, as its files here.

        Raises:
            OSError: that cannot be had now; the files here are as they were.
        """

    async def stop(self, session_id: str) -> None:
        """End the session's sandbox with everything in it; its files stay. No error when there is none."""

    async def close(self) -> None:
        """Let go of everything that belongs to this engine; sandboxes run on."""
