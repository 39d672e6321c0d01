"""Calls of Podman's REST API for the event loop: each in a thread, on a service that is started where none answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from workbench.contracts.values import Progress
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import storage
from workbench.hands.podman.client import CALL_LIMIT_S, Client, ServiceGone
from workbench.hands.podman.service import Service
from workbench.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

END_LIMIT_S = 5.0


class Podman:
    """One Podman service; its calls are functions of a `Client` and of plain values."""

    def __init__(self, settings: Settings, service: Service) -> None:
        self.settings = settings
        self._service = service
        self._running: set[asyncio.Future[Any]] = set()

    async def ask(self, call: Callable[Concatenate[Client, P], T], /, *arguments: P.args, **named: P.kwargs) -> T:
        """Make a call that may be made twice: once more where the service died under it."""
        try:
            return await self.once(call, *arguments, **named)
        except ServiceGone:
            if await self._service.answers():
                raise
        return await self.once(call, *arguments, **named)

    async def once(self, call: Callable[Concatenate[Client, P], T], /, *arguments: P.args, **named: P.kwargs) -> T:
        """Make a call that is not repeated; each of its requests is answered soon, or fails."""
        return await self._made(CALL_LIMIT_S, call, *arguments, **named)

    async def within(
        self, limit_s: float, call: Callable[Concatenate[Client, P], T], /, *arguments: P.args, **named: P.kwargs
    ) -> T:
        """Make a long call, which is given up after `limit_s`.

        Raises:
            SandboxUnavailable: Podman refuses, or took longer.
        """
        try:
            async with asyncio.timeout(limit_s):
                # The connection is kept for as long as `close` needs to see how a call ends that was given up.
                return await self._made(limit_s + 2 * END_LIMIT_S, call, *arguments, **named)
        except TimeoutError:
            raise SandboxUnavailable(
                f"Podman worked on this for more than {limit_s / 60:.0f} minutes and was ended; try again, and see with "
                "`workbench doctor` that it works."
            ) from None

    async def close(self) -> None:
        """End the service if it was started here, and before that the calls that were given up."""
        if self._running:
            await self._service.end_steps(self._ended)
        await self._service.close()
        if self._running:
            await asyncio.wait(self._running, timeout=END_LIMIT_S)

    def _ended(self) -> bool:
        return not self._running

    def _forget(self, running: asyncio.Future[Any]) -> None:
        self._running.discard(running)
        # Said here that it is known, for a call that was given up.
        _ = running.cancelled() or running.exception()

    async def _made(
        self, limit_s: float, call: Callable[Concatenate[Client, P], T], /, *arguments: P.args, **named: P.kwargs
    ) -> T:
        client = Client(await self._service.socket(), limit_s)
        running = asyncio.ensure_future(asyncio.to_thread(call, client, *arguments, **named))
        self._running.add(running)
        running.add_done_callback(self._forget)
        # A thread cannot be cancelled: who gives up leaves it to `close`.
        return await asyncio.shield(running)


@contextlib.asynccontextmanager
async def temporary_podman(settings: Settings, environment: Mapping[str, str] | None = None) -> AsyncIterator[Podman]:
    """A service of its own, in the given environment, that ends with this block and with it what it is still building."""
    podman = Podman(settings, Service(settings, storage.temporary_socket(settings), environment))
    try:
        yield podman
    finally:
        await podman.close()


def from_threads(progress: Progress) -> Progress:
    """The same progress, to be told by a call in its thread."""
    loop = asyncio.get_running_loop()

    def tell(sentence: str) -> None:
        loop.call_soon_threadsafe(progress, sentence)

    return tell
