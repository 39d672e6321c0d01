"""Names looked up once: one question a host in flight, and its answer kept for a moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

KEPT_S = 5.0
"""A client that opens dozens of connections at once asks for each of them, and some resolvers drop such bursts."""
MOST_KEPT = 1000


class Resolve(Protocol):
    """Gives the addresses of a host; raises OSError where there are none."""

    async def __call__(self, host: str, port: int) -> Sequence[str]: ...


class LookedUpOnce:
    """A resolver in front of another; faults are shared by those who wait for them, and not kept."""

    def __init__(self, resolve: Resolve, clock: Callable[[], float] = time.monotonic) -> None:
        self._resolve = resolve
        self._clock = clock
        self._asking: dict[str, asyncio.Task[Sequence[str]]] = {}
        self._kept: dict[str, tuple[float, Sequence[str]]] = {}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Raises OSError where there are none."""
        if (kept := self._kept.get(host)) is not None and self._clock() - kept[0] < KEPT_S:
            return kept[1]
        if (asking := self._asking.get(host)) is None:
            asking = asyncio.ensure_future(self._asked(host, port))
            self._asking[host] = asking
            asking.add_done_callback(lambda ended: self._end(host, ended))
        # Those who go away leave the question to the others.
        return await asyncio.shield(asking)

    async def _asked(self, host: str, port: int) -> Sequence[str]:
        addresses = tuple(await self._resolve(host, port))
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[host] = self._clock(), addresses
        return addresses

    def _end(self, host: str, ended: asyncio.Task[Sequence[str]]) -> None:
        del self._asking[host]
        if not ended.cancelled():
            # Seen here, so that a fault that everybody left is no surprise.
            ended.exception()
