"""The engine's own state on the feed: the model of new sessions, where it is reached, and what is out of order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from workbench.contracts.values import Json


class EngineState:
    """`current` as the feed sends it; `refresh` looks again, and tells the listeners where it has changed.

    Fields: `model` (id), `endpoint` (its URL, or null), `source` (where the endpoint is named: environment, settings,
    keyring, a local server's name, offline), `trouble` (a sentence with its cure, or null), `progress` (what calls wait
    for now, such as an image that is built, or null), `build` (see `workbench.contracts.build`).
    """

    def __init__(self, look: Callable[[], Awaitable[Json]]) -> None:
        self._look = look
        self._listeners: set[asyncio.Queue[None]] = set()
        self._progress: str | None = None
        self.current: Json | None = None

    async def refresh(self) -> Json:
        """Look, and tell what changed."""
        self._put({**await self._look(), "progress": self._progress})
        assert self.current is not None
        return self.current

    def progress(self, sentence: str) -> None:
        """What long work says: a sentence that ends in … goes on until the next one."""
        self._progress = sentence if sentence.endswith("…") else None
        if self.current is not None:
            self._put({**self.current, "progress": self._progress})

    def _put(self, state: Json) -> None:
        if state != self.current:
            self.current = state
            for listener in self._listeners:
                listener.put_nowait(None)

    async def follow(self) -> AsyncGenerator[Json, None]:
        """The state as it is now, where it is known, and each later one."""
        changed: asyncio.Queue[None] = asyncio.Queue()
        self._listeners.add(changed)
        try:
            if self.current is not None:
                yield self.current
            while True:
                await changed.get()
                assert self.current is not None
                yield self.current
        finally:
            self._listeners.discard(changed)
