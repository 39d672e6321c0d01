"""One live sandbox: its container's channel and its way out, from the greeting to the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from workbench.contracts import Json
from workbench.hands import standing as standings
from workbench.hands.channel import Channel
from workbench.hands.egress import Decision, Egress, Resolve
from workbench.hands.ending import end, ended
from workbench.hands.policy import Policy
from workbench.hands.standing import Standing

Tell = Callable[[str, str, Json], Awaitable[None]]
"""Records a fact: its name, the session, its body."""


class Sandbox:
    """Owns the channel and the egress of one container, and notices when the container ends."""

    def __init__(self, standing: Standing, folder: Path, channel: Channel, *, tell: Tell) -> None:
        self.standing = standing
        self.channel = channel
        self._folder = folder
        self._tell = tell
        self._egress: Egress | None = None
        self._watch: asyncio.Task[None] | None = None

    async def open(self, policy: Policy, resolve: Resolve) -> Json:
        """Wait for the greeting and let the sandbox out by its policy; the posture that it found.

        Raises:
            SandboxUnavailable: no greeting came.
        """
        hello = await self.channel.hello()
        self._egress = Egress(hello.egress, policy, resolve=resolve, tell=self._decided)
        await self._egress.open()
        self._watch = asyncio.create_task(self._until_the_end())
        return hello.posture

    @property
    def is_live(self) -> bool:
        return not self.channel.ended.is_set()

    async def _decided(self, decision: Decision) -> None:
        body = {
            "host": decision.host,
            "port": decision.port,
            "allowed": decision.allowed,
            "reason": decision.reason,
        }
        await self._tell("egress.decided", self.standing.session_id, body)

    async def _until_the_end(self) -> None:
        await self.channel.ended.wait()
        if self._egress is not None:
            await self._egress.close()
        standings.forget(self._folder)
        await self._tell_end("the sandbox ended by itself")

    async def _tell_end(self, reason: str) -> None:
        body = {"container_id": self.standing.container_id, "reason": reason}
        await self._tell("sandbox.ended", self.standing.session_id, body)

    async def let_go(self) -> None:
        """Stop listening and proxying; the container lives on and is found again by what stands in its folder."""
        await self._hang_up(calls_go_on=True)

    async def _hang_up(self, *, calls_go_on: bool) -> None:
        if self._watch is not None:
            await (end(self._watch) if self.is_live else ended(self._watch))
        await self.channel.close(calls_go_on=calls_go_on)
        if self._egress is not None:
            await self._egress.close()

    async def end(self, remove: Callable[[], Awaitable[None]], reason: str) -> None:
        """Answer the calls that still run, have the container removed, and say why."""
        was_live = self.is_live
        await self._hang_up(calls_go_on=False)
        await remove()
        standings.forget(self._folder)
        if was_live:
            await self._tell_end(reason)
