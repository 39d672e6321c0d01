"""Session states for the feed, including sessions without events, which the log's own states leave out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final
from weakref import WeakSet

from workbench.catalog.sessions import KIND
from workbench.contracts.log import Documents, States
from workbench.contracts.values import SessionState


class SessionFeed:
    """The states of all sessions, and every change of them."""

    def __init__(self, documents: Documents, states: States) -> None:
        self._documents: Final = documents
        self._states: Final = states
        self._silent: set[str] | None = None
        # Weak: a feed that is given up before its first item closes nothing.
        self._listeners: WeakSet[asyncio.Queue[SessionState]] = WeakSet()

    def made(self, session_id: str) -> None:
        """A session was made without events."""
        if self._silent is not None:
            self._silent.add(session_id)
        for queue in self._listeners:
            queue.put_nowait(self._states.state(session_id))

    async def states(self) -> list[SessionState]:
        """Every session's state, as it is now."""
        if self._silent is None:
            # Read once: from then on they are known as they are made.
            self._silent = {head.id for head in await self._documents.heads(KIND, ["id"])}
        known = self._states.states()
        self._silent -= {state.session_id for state in known}
        return [*known, *(self._states.state(session_id) for session_id in sorted(self._silent))]

    def changes(self) -> AsyncGenerator[SessionState, None]:
        """Every later change, and every session that is made: subscribed when this returns."""
        queue: asyncio.Queue[SessionState] = asyncio.Queue()
        self._listeners.add(queue)
        return self._merged(self._states.changes(), queue)

    async def _merged(
        self, changes: AsyncIterator[SessionState], queue: asyncio.Queue[SessionState]
    ) -> AsyncGenerator[SessionState, None]:
        changed, made = asyncio.ensure_future(anext(changes)), asyncio.ensure_future(queue.get())
        try:
            while True:
                await asyncio.wait([changed, made], return_when=asyncio.FIRST_COMPLETED)
                if made.done():
                    yield made.result()
                    made = asyncio.ensure_future(queue.get())
                if changed.done():
                    try:
                        state = changed.result()
                    except StopAsyncIteration:
                        return
                    yield state
                    changed = asyncio.ensure_future(anext(changes))
        finally:
            self._listeners.discard(queue)
            changed.cancel()
            made.cancel()
            await asyncio.gather(changed, made, return_exceptions=True)
