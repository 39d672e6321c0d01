"""Which image a session's sandbox is made of; each is built or pulled once, for all sessions that want it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from workbench.contracts.values import Progress, Session
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import command, stored_images
from workbench.hands.podman.connection import Podman
from workbench.hands.podman.images import ensure_image
from workbench.hands.podman.layers import ensure_layer
from workbench.hands.podman.managers import ask_managers
from workbench.hands.podman.own_images import own_image
from workbench.hands.podman.tools_layer import ensure_tools, tools_reference

TOOLS_AFTER_S = 20.0


class SessionImages:
    """Images by session. `sweep` removes what dead engines left, when the machine has been prepared for the first sandbox."""

    def __init__(self, podman: Podman, progress: Progress, sweep: Callable[[], Awaitable[None]]) -> None:
        self._podman = podman
        self._progress = progress
        self._sweep = sweep
        self._base: asyncio.Task[str] | None = None
        self._tools: asyncio.Task[str] | None = None

    async def image_for(self, session: Session) -> tuple[str | None, str]:
        """The image that the session names, if any, and the one its sandbox is made of.

        Raises:
            SandboxUnavailable: it cannot be had; progress tells it as well, to those who saw the work begin.
        """
        try:
            own = await self._own(session)
            packages = session.environment.get("packages") or {}
            image = own or await self._usual(waits=bool(packages))
            image = await ensure_layer(self._podman, image, packages, self._progress)
            await ask_managers(self._podman, image)
        except SandboxUnavailable as missing:
            self._progress(str(missing))
            raise
        return own, image

    def distrust(self) -> None:
        """A start has failed: image or host may have changed since they were found good."""
        self._base = None

    async def close(self) -> None:
        """End what is being built."""
        ended = [task for task in (self._base, self._tools) if task is not None]
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)

    async def _own(self, session: Session) -> str | None:
        if session.image is not None or session.containerfile is not None:
            await command.prepare(self._podman.settings)
        return await own_image(self._podman, session, self._base_reference, self._progress)

    async def _usual(self, *, waits: bool) -> str:
        """The base image, with the tools where they are in it; a layer waits for them, a first call does not."""
        base = await self._base_reference()
        if not self._podman.settings.tools:
            return base
        reference = tools_reference(base)
        if await self._podman.ask(stored_images.has_image, reference):
            return reference
        if waits:
            with contextlib.suppress(SandboxUnavailable):
                return await ensure_tools(self._podman, base, self._progress, self._progress)
        elif self._tools is None:
            self._tools = asyncio.create_task(self._add_tools(base))
        return base

    async def _add_tools(self, base: str) -> str:
        """Once an engine, after what is waited for now."""
        await asyncio.sleep(TOOLS_AFTER_S)
        try:
            return await ensure_tools(self._podman, base, self._progress)
        except SandboxUnavailable as missing:
            self._progress(str(missing))
            return base

    async def _base_reference(self) -> str:
        """The base image; the first who asks has the host prepared, the image built and leftovers swept away, for all."""
        if self._base is not None and self._base.done() and (self._base.cancelled() or self._base.exception()):
            self._base = None
        if self._base is None:
            self._base = asyncio.create_task(self._prepare())
        return await asyncio.shield(self._base)

    async def _prepare(self) -> str:
        await command.prepare(self._podman.settings)
        reference = await ensure_image(self._podman, self._progress)
        await self._sweep()
        return reference
