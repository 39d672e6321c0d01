"""Followers: what was already written, then what is written now, without gap or repeat, at a bounded cost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from workbench.contracts.log import Concerns
from workbench.contracts.values import Entry, Preview, SessionState, ToolOutput, WorkProgress
from workbench.events import dump_json
from workbench.log.previews import Newest, Unfinished, id_of

MOST_BYTES: Final = 192 * 1024
"""JSON bytes that a follower may hold back; as objects they take about five times as much, so that it costs under 1 MiB."""

_FRAME_BYTES: Final = 200  # what a frame costs beside its JSON

Page = Callable[[str, str | None, int], Awaitable[list[Entry]]]
"""The next entries of a session's thread after a position."""

Position = Callable[[str], int]
"""The position of a session's newest entry."""


class LiveFollower:
    """One reader of one thread, for one task.

    What was queued and then taken up or flushed is not read again: reading gives the log, and what waits now.

    It is live, and frames are put into its line; or it is behind, and reads pages until it has met the newest entry. A
    line that grows too long is dropped: the follower is behind then, and misses only previews.
    """

    def __init__(
        self,
        session_id: str,
        after: int | None,
        *,
        page: Page,
        newest: Position,
        thread_id: str | None = None,
        unfinished: Callable[[str, str | None], list[Unfinished | Newest]] = lambda *_: [],
    ) -> None:
        self.session_id = session_id
        self.thread_id = thread_id
        self._page = page
        self._newest = newest
        self._position = newest(session_id) if after is None else after
        self._is_live = self._position >= newest(session_id)
        self._line: deque[tuple[Entry | Preview, int, int]] = deque()
        self._line_bytes = 0
        self._arrived = asyncio.Event()
        self._is_ending = False
        self._unfinished = unfinished
        self._given: dict[str, int] = {}
        self._heard: dict[str, int] = {}
        if self._is_live:
            self._catch_up()

    def __aiter__(self) -> AsyncIterator[Entry | Preview]:
        return self

    async def __anext__(self) -> Entry | Preview:
        while True:
            if self._line:
                frame, size, parts = self._line.popleft()
                self._line_bytes -= size
                if isinstance(frame, Entry):
                    self._position = frame.position
                    if frame.event.type == "span.model_request_end":
                        self._given.clear()
                else:
                    self._given[id_of(frame)] = parts
                self._join()
                return frame
            if self._is_ending:
                raise StopAsyncIteration
            self._join()
            if self._is_live:
                self._arrived.clear()
                await self._arrived.wait()
            else:
                await self._read_on()

    def _join(self) -> None:
        """Be live from here on, once everything that was read back has been given out and nothing newer is there."""
        if not self._is_live and not self._line:
            self._is_live = self._position >= self._newest(self.session_id)
            if self._is_live:
                self._catch_up()

    def _catch_up(self) -> None:
        """Begin with what is on its way, from where this follower has it."""
        for unfinished in self._unfinished(self.session_id, self.thread_id):
            self.hear(unfinished)

    async def _read_on(self) -> None:
        newest = self._newest(self.session_id)
        entries = await self._page(self.session_id, self.thread_id, self._position)
        if self._is_ending:
            return
        self._line.extend((entry, 0, 0) for entry in entries)
        if not entries:
            self._position = max(self._position, newest)

    def tell(self, entry: Entry, json_bytes: int) -> None:
        """An entry, just now; one that is behind finds it by reading."""
        if not self._is_live or self._is_ending:
            return
        size = json_bytes + _FRAME_BYTES
        if self._line_bytes + size <= MOST_BYTES or not self._line:
            self._line.append((entry, size, 0))
            self._line_bytes += size
            if entry.event.type == "span.model_request_end":
                self._heard.clear()
        else:
            self._line.clear()
            self._line_bytes = 0
            self._heard = dict(self._given)
            self._is_live = False
        self._arrived.set()

    def hear(self, unfinished: Unfinished | Newest) -> None:
        """What is on its way has grown: all of it that this follower has not heard, so that it never hears a gap.

        One that is slow hears it later and in larger pieces; one that is behind, when it is live again.
        """
        if not self._is_live or self._is_ending:
            return
        told = [(one, _json_bytes(one) + _FRAME_BYTES) for one in unfinished.since(self._heard.get(unfinished.id, 0))]
        if self._line and self._line_bytes + sum(size for _, size in told) > MOST_BYTES:
            return
        self._heard[unfinished.id] = unfinished.parts
        for preview, size in told:
            self._line.append((preview, size, unfinished.parts))
            self._line_bytes += size
        self._arrived.set()

    def end(self, last: Entry | None = None) -> None:
        """Nothing comes any more; one that is behind gets only `last`, as what it would have read is gone."""
        if last is not None and not self._is_live:
            self._line.clear()
            self._line.append((last, 0, 0))
        self._is_ending = True
        self._arrived.set()

    async def aclose(self) -> None:
        self._line.clear()
        self.end()


def _json_bytes(preview: Preview) -> int:
    if isinstance(preview.event, ToolOutput | WorkProgress):
        return len(preview.event.text.encode())
    return len(dump_json(preview.event))


class StateChanges:
    """One reader of the states that concern it; of each session it holds the newest one only."""

    def __init__(self, concerns: Concerns) -> None:
        self._concerns = concerns
        self._changed: dict[str, SessionState] = {}
        self._arrived = asyncio.Event()
        self._is_ending = False

    def __aiter__(self) -> AsyncIterator[SessionState]:
        return self

    async def __anext__(self) -> SessionState:
        while not self._changed:
            if self._is_ending:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._changed.pop(next(iter(self._changed)))

    def tell(self, state: SessionState) -> None:
        # What is held is always the newest, also where that concerns nobody any more.
        if state.session_id in self._changed or self._concerns(state):
            self._changed[state.session_id] = state
            self._arrived.set()

    def end(self) -> None:
        self._is_ending = True
        self._arrived.set()
