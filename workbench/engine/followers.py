"""Followers of a session's stream: one opened after a send that no follower heard begins at that send."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.contracts.log import Follower, SessionLog
from workbench.contracts.values import Entry, Preview
from workbench.events import child_thread


class SessionFollowers:
    """Counts the listeners of each session; in memory, as a listener is gone when the engine is."""

    def __init__(self, sessions: SessionLog) -> None:
        self._sessions = sessions
        self._listeners: dict[str, int] = {}
        self._unheard: dict[str, int] = {}

    def follow(self, session_id: str, *, thread_id: str | None = None, after: int | None = None) -> Follower:
        """Follow a thread live; what was sent before any listener came is first. `after` resumes from a cursor instead."""
        if child_thread(session_id, thread_id) is not None:
            return self._sessions.follow(session_id, thread_id=thread_id, after=after)
        unheard = self._unheard.pop(session_id, None)
        follower = self._sessions.follow(session_id, after=unheard if after is None else after)
        self._listeners[session_id] = self._listeners.get(session_id, 0) + 1
        return _Counted(follower, lambda: self._hang_up(session_id))

    def missed(self, session_id: str, entries: Sequence[Entry]) -> None:
        """Remember what was sent, unless somebody listens."""
        if not self._listeners.get(session_id) and entries:
            self._unheard.setdefault(session_id, entries[0].position - 1)

    def forget(self, session_id: str) -> None:
        self._unheard.pop(session_id, None)

    def _hang_up(self, session_id: str) -> None:
        left = self._listeners.get(session_id, 1) - 1
        if left > 0:
            self._listeners[session_id] = left
        else:
            self._listeners.pop(session_id, None)


class _Counted:
    """A follower that says once when it is closed, so that the engine knows whether anybody listens."""

    def __init__(self, follower: Follower, closed: Callable[[], None]) -> None:
        self._follower = follower
        self._closed: Callable[[], None] | None = closed

    def __aiter__(self) -> _Counted:
        return self

    async def __anext__(self) -> Entry | Preview:
        return await anext(self._follower)

    async def aclose(self) -> None:
        if self._closed is not None:
            self._closed()
            self._closed = None
        await self._follower.aclose()
