"""One live sandbox: its container's channel and its way out, from the greeting to the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from workbench.contracts.facts import SANDBOX_ENDED, FactKind
from workbench.contracts.hands import Outlets
from workbench.contracts.values import Json
from workbench.hands import sandbox_record as standings
from workbench.hands.channel import Channel
from workbench.hands.ending import end, ended
from workbench.hands.sandbox_record import Standing

Tell = Callable[[FactKind, str, Json], Awaitable[None]]
"""Records a fact: its name, the session, its body."""


class Sandbox:
    """Owns the channel of one container, has its way out opened and closed, and notices when the container ends."""

    def __init__(self, standing: Standing, folder: Path, channel: Channel, *, outlets: Outlets, tell: Tell) -> None:
        self.standing = standing
        self.channel = channel
        self._folder = folder
        self._outlets = outlets
        self._tell = tell
        self._watch: asyncio.Task[None] | None = None

    async def open(self) -> Json:
        """Wait for the greeting and have the sandbox let out; the posture that it found.

        Raises:
            SandboxUnavailable: no greeting came.
        """
        hello = await self.channel.hello()
        with hello.egress:
            await self._outlets.open(self.standing.session_id, hello.egress)
        self._watch = asyncio.create_task(self._until_the_end())
        return hello.posture

    @property
    def is_live(self) -> bool:
        return not self.channel.ended.is_set()

    async def _until_the_end(self) -> None:
        await self.channel.ended.wait()
        await self._outlets.close(self.standing.session_id)
        standings.forget(self._folder)
        await self._tell_end("the sandbox ended by itself")

    async def _tell_end(self, reason: str) -> None:
        body = {"container_id": self.standing.container_id, "reason": reason}
        await self._tell(SANDBOX_ENDED, self.standing.session_id, body)

    async def let_go(self) -> None:
        """Stop listening; the container lives on and is found again by what stands in its folder."""
        await self._hang_up(calls_go_on=True)

    async def _hang_up(self, *, calls_go_on: bool) -> None:
        if self._watch is not None:
            await (end(self._watch) if self.is_live else ended(self._watch))
        await self.channel.close(calls_go_on=calls_go_on)
        await self._outlets.close(self.standing.session_id)

    async def end(self, remove: Callable[[], Awaitable[None]], reason: str) -> None:
        """Answer the calls that still run, have the container removed, and say why."""
        was_live = self.is_live
        await self._hang_up(calls_go_on=False)
        await remove()
        standings.forget(self._folder)
        if was_live:
            await self._tell_end(reason)
