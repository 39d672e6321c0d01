"""One live sandbox: its channel and its way out, from the greeting to the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from workbench.contracts.fact_kinds import FactKind
from workbench.contracts.facts import SANDBOX_ENDED
from workbench.contracts.hands import Outlets
from workbench.contracts.values import Json
from workbench.hands import sandbox_record
from workbench.hands.channel import Channel
from workbench.hands.ending import end, ended
from workbench.hands.sandbox_record import SandboxRecord

Tell = Callable[[FactKind, str, Json], Awaitable[None]]
"""Records a fact: its name, the session, its body."""


class Sandbox:
    """Owns the channel of one sandbox, has its way out opened and closed, and notices when the sandbox ends."""

    def __init__(self, record: SandboxRecord, folder: Path, channel: Channel, *, outlets: Outlets, tell: Tell) -> None:
        self.record = record
        self.channel = channel
        self._folder = folder
        self._outlets = outlets
        self._tell = tell
        self._watch: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Have the sandbox let out through the listener that came with its greeting."""
        hello = await self.channel.hello()
        with hello.egress:
            await self._outlets.open(self.record.session_id, hello.egress)
        self._watch = asyncio.create_task(self._until_the_end())

    @property
    def is_live(self) -> bool:
        return not self.channel.ended.is_set()

    async def _until_the_end(self) -> None:
        await self.channel.ended.wait()
        await self._outlets.close(self.record.session_id)
        sandbox_record.forget(self._folder)
        await self._tell_end("the sandbox ended by itself")

    async def _tell_end(self, reason: str) -> None:
        body = {"container_id": self.record.container_id, "reason": reason}
        await self._tell(SANDBOX_ENDED, self.record.session_id, body)

    async def let_go(self) -> None:
        """Stop listening; the sandbox lives on and is found again by the record in its folder."""
        await self._hang_up(calls_go_on=True)

    async def _hang_up(self, *, calls_go_on: bool) -> None:
        if self._watch is not None:
            await (end(self._watch) if self.is_live else ended(self._watch))
        await self.channel.close(calls_go_on=calls_go_on)
        await self._outlets.close(self.record.session_id)

    async def end(self, stop: Callable[[], Awaitable[None]], reason: str) -> None:
        """Answer the calls that still run, have the sandbox stopped, and say why."""
        was_live = self.is_live
        await self._hang_up(calls_go_on=False)
        await stop()
        sandbox_record.forget(self._folder)
        if was_live:
            await self._tell_end(reason)
