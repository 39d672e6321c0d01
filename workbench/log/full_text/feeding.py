"""Feeding: the index follows the database on a thread of its own, so that neither who writes nor who reads waits for it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import RLock
from typing import Final

from workbench.log.asking.priority import give_way
from workbench.log.full_text.index import Index, Said, remove
from workbench.log.store.database import Connection
from workbench.log.store.rows import MOST_INDEXED

Cursors = Callable[[], AbstractContextManager[Connection]]
"""Gives a cursor of the database, as it is opened now."""

AT_ONCE: Final = 4_096
"""How many texts are indexed in one transaction."""
NEAR: Final = 20_000
"""Who asks waits for the index when it is not further behind than so many records."""
RETRY_S: Final = 1.0
_WAIT_S: Final = 5.0

_TEXTS: Final = f"""
WITH batch AS MATERIALIZED (
    SELECT position, session_id, thread, seq, id, type, tool, processed_at, answered, left(text, {MOST_INDEXED}) AS text
    FROM kept.events WHERE position > ? AND position <= ? AND text <> '' AND seq IS NOT NULL ORDER BY position LIMIT {AT_ONCE}
)
SELECT batch.position, session_id, thread, seq, CASE WHEN batch.tool IS NOT NULL OR type LIKE '%tool_result' THEN 'tool' ELSE
    CASE split_part(type, '.', 1) WHEN 'user' THEN 'user' WHEN 'agent' THEN 'agent' ELSE 'system' END END,
    coalesce(batch.tool, called.tool), epoch_us(processed_at), id, type, text
FROM batch
LEFT JOIN (SELECT position, tool FROM kept.events) AS called ON called.position = batch.answered AND type LIKE '%tool_result'
ORDER BY batch.position
"""
"""Results have the tool of their call."""


class Feeding:
    """Owns the index; `behind` tells how far it is."""

    def __init__(self, folder: Path, cursors: Cursors) -> None:
        self._folder = folder
        self._cursors = cursors
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="index", initializer=give_way)
        self._lock = RLock()
        self._index: Index | None = None
        self._wanted = 0
        self._feeding: asyncio.Future[None] | None = None
        self._reached: list[tuple[int, asyncio.Future[None]]] = []
        self._is_closed = False

    @property
    def position(self) -> int:
        return self._index.position if self._index else 0

    @property
    def index(self) -> Index | None:
        """The index; None before the first feeding opened it."""
        return self._index

    def want(self, position: int) -> None:
        """Index everything up to here that the database has."""
        self._wanted = max(self._wanted, position)
        is_behind = self._index is None or self.position < self._wanted or self._index.is_untidy
        if self._feeding is None and not self._is_closed and is_behind:
            self._feeding = self._loop.run_in_executor(self._thread, self._feed, self._wanted)
            self._feeding.add_done_callback(self._settle)

    def _settle(self, feeding: asyncio.Future[None]) -> None:
        self._feeding = None
        if self._is_closed:
            return
        if feeding.exception() is not None:
            self._loop.call_later(RETRY_S, self.want, self._wanted)
            return
        waiting, self._reached = self._reached, []
        for position, reached in waiting:
            if position > self.position:
                self._reached.append((position, reached))
            elif not reached.done():
                reached.set_result(None)
        self.want(self._wanted)

    async def near(self, position: int) -> float:
        """Wait until the index has come to this position, unless it is far behind; gives the part of it that it has."""
        self.want(position)
        if position - self.position <= NEAR and self.position < position:
            reached = self._loop.create_future()
            self._reached.append((position, reached))
            await asyncio.wait([reached], timeout=_WAIT_S)
        return min(1.0, self.position / position) if position else 1.0

    @contextmanager
    def erasing(self, session_ids: Sequence[str]) -> Iterator[None]:
        """Take sessions out before the database forgets them, which it does inside: nothing is indexed meanwhile."""
        with self._lock:
            if self._index is None:
                self._index = Index(self._folder)
            try:
                self._index.remove(session_ids)
            except sqlite3.DatabaseError:
                self._begin_anew()
            yield

    def heal(self) -> None:
        """From any thread: the index turned out to be damaged, or the database is another than the one it was fed from."""
        with self._lock:
            self._begin_anew()
        self._loop.call_soon_threadsafe(self.want, self._wanted)

    def _begin_anew(self) -> None:
        if self._index is not None:
            self._index.close()
        remove(self._folder)
        self._index = Index(self._folder)

    def _feed(self, until: int) -> None:
        """One batch of texts, or, where there is none, of what erasures left to do.

        Raises:
            LogUnusable: the database is being mended; it is tried again.
        """
        with self._lock:
            if self._index is None:
                self._index = Index(self._folder)
                if self._index.position == until:
                    return
            if self._index.position > until:
                # The database has less than it had: the index knows places that came to nothing.
                self._begin_anew()
            if self._index.position == until:
                self._index.tidy()
                return
            with self._cursors() as cursor:
                rows = cursor.execute(_TEXTS, [self._index.position, until]).fetchall()
            texts = [Said(*row) for row in rows]
            try:
                self._index.add(texts, texts[-1].position if len(texts) == AT_ONCE else until)
            except sqlite3.DatabaseError:
                self._begin_anew()

    async def close(self) -> None:
        """Finish the batch that is being indexed and close the file; the next start goes on."""
        self._is_closed = True
        if self._feeding is not None:
            await asyncio.wait([self._feeding])
        self._thread.shutdown()
        if self._index is not None:
            self._index.close()
