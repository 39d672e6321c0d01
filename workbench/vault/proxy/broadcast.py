"""Broadcast: passes each item on to those who listen at that moment, in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Broadcast(Generic[T]):
    """Listening begins with the call of `listen`, not with the first turn of its loop: nothing between is missed."""

    def __init__(self) -> None:
        self._listeners: list[asyncio.Queue[T | None]] = []

    def tell(self, thing: T) -> None:
        for listener in self._listeners:
            listener.put_nowait(thing)

    def end(self) -> None:
        """Let every listener end when it has heard what was told before."""
        for listener in self._listeners:
            listener.put_nowait(None)

    def listen(self) -> AsyncIterator[T]:
        queue: asyncio.Queue[T | None] = asyncio.Queue()
        self._listeners.append(queue)

        async def following() -> AsyncIterator[T]:
            try:
                while (thing := await queue.get()) is not None:
                    yield thing
            finally:
                self._listeners.remove(queue)

        return following()
