"""People's questions: one reading statement of SQL, beside the log's work, with limits and an end."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event as Flag
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar

import duckdb

from workbench import events
from workbench.contracts.log import LogUnusable
from workbench.contracts.questions import QueryLimits, QueryRefused, QueryResult
from workbench.log.asking import searches
from workbench.log.asking.admission import admit
from workbench.log.asking.error_hints import advised
from workbench.log.asking.memory_guard import Growth
from workbench.log.asking.priority import give_way
from workbench.log.full_text.finding import JournaledSearch
from workbench.log.ledger import Ledger
from workbench.log.store.database import Connection, is_serious
from workbench.log.store.time_zone import local_zone

if TYPE_CHECKING:
    import pyarrow

T = TypeVar("T")

MOST_BYTES: Final = 64 * 1024 * 1024
MOST_AT_ONCE: Final = 4
_BATCH_ROWS: Final = 2048
_INSIST_S: Final = 0.05
_TOO_LARGE: Final = (
    "The query needs more memory, or more disk for what does not fit there, than it may have: ask for less at once."
)


class Asking:
    """One running statement, and how to stop it from another thread."""

    def __init__(self, sql: str, limits: QueryLimits, find: searches.Find) -> None:
        self.sql = sql
        self._find = find
        self.limits = limits
        self.truncated = False
        self._cursor: Connection | None = None
        self._cursor_lock = Lock()
        self._stopped = Flag()
        self.is_too_large = False

    def stop(self) -> None:
        """Interrupt it; an interrupt that comes just before the statement begins is lost, so ask again until it has ended."""
        self._stopped.set()
        with self._cursor_lock:
            if self._cursor is not None:
                self._cursor.interrupt()

    def stop_growing(self) -> None:
        """Interrupt it because of its memory, unless it still waits for a thread."""
        if self._cursor is not None:
            self.is_too_large = True
            self.stop()

    @contextmanager
    def _interruptible(self, cursor: Connection) -> Iterator[None]:
        with self._cursor_lock:
            self._cursor = cursor
        try:
            yield
        finally:
            with self._cursor_lock:
                self._cursor = None

    @contextmanager
    def reader(self, cursor: Connection) -> Iterator[pyarrow.RecordBatchReader]:
        """The statement's result in batches, inside a transaction that cannot write and is always rolled back.

        Raises:
            QueryRefused: the statement may not run, or it failed.
        """
        # Late: an engine starts a tenth sooner, and most are never asked.
        import pyarrow

        with self._interruptible(cursor):
            if wanted := admit(cursor, self.sql):
                searches.put_beside(cursor, wanted, self._find, events.now())
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            try:
                if (relation := cursor.sql(self.sql)) is None:
                    raise QueryRefused("The statement gives no rows: write a SELECT.")
                self.types = tuple(str(kind) for kind in relation.types)
                self.columns = tuple(relation.columns)
                with relation.to_arrow_reader(_BATCH_ROWS) as reader:
                    yield reader
            except (pyarrow.ArrowException, OSError) as error:
                # What interrupts or fails a running statement comes out of Arrow under its names.
                raise QueryRefused(_said(error)) from error
            finally:
                cursor.execute("ROLLBACK")

    def batches(self, reader: pyarrow.RecordBatchReader) -> Iterator[pyarrow.RecordBatch]:
        """Batches until the limits of rows and bytes are reached.

        Raises:
            QueryRefused: it was stopped, or a single row is too large.
        """
        rows = size = 0
        for batch in reader:
            if self._stopped.is_set():
                raise QueryRefused("The query was stopped.")
            size += batch.nbytes
            if (most := self.limits.bytes) is not None and size > most:
                self.truncated = True
                fitting = int(batch.num_rows * (1 - (size - most) / batch.nbytes))
                yield batch.slice(0, max(0 if rows else 1, min(fitting, self.limits.rows - rows)))
                return
            if size > MOST_BYTES:
                raise QueryRefused(f"The result is larger than {MOST_BYTES >> 20} MiB: ask for fewer columns or rows.")
            if rows + batch.num_rows > self.limits.rows:
                self.truncated = True
                yield batch.slice(0, self.limits.rows - rows)
                return
            rows += batch.num_rows
            yield batch


class JournaledQuestions:
    """Questions over a ledger, each on a thread and a cursor of its own."""

    def __init__(self, ledger: Ledger, search: JournaledSearch) -> None:
        self._ledger = ledger
        self._search = search
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, "question", initializer=give_way)
        self._running: set[Asking] = set()
        self._growth = Growth(self._stop_growing)

    async def ask(self, sql: str, limits: QueryLimits) -> QueryResult:
        """See `Questions.ask`."""
        # Late, as in `reader`.
        from workbench.log.store.values import json_rows

        began = time.monotonic()
        asking = Asking(sql, limits, self._search.at_once)

        def answer(cursor: Connection) -> QueryResult:
            with asking.reader(cursor) as reader:
                rows = tuple(row for batch in asking.batches(reader) for row in json_rows(batch))
            seconds = time.monotonic() - began
            return QueryResult(asking.columns, asking.types, rows, asking.truncated, seconds, local_zone())

        return await self._answered(asking, answer)

    async def export(self, sql: str, limits: QueryLimits) -> bytes:
        """See `Questions.export`."""
        asking = Asking(sql, limits, self._search.at_once)

        def answer(cursor: Connection) -> bytes:
            # Late, as in `reader`.
            from pyarrow.parquet import ParquetWriter

            file = io.BytesIO()
            with asking.reader(cursor) as reader, ParquetWriter(file, reader.schema) as writer:
                for batch in asking.batches(reader):
                    writer.write_batch(batch)
            return file.getvalue()

        return await self._answered(asking, answer)

    async def _answered(self, asking: Asking, answer: Callable[[Connection], T]) -> T:
        """Carry everything over, then run it on a thread; stop it when its time is over or its caller has gone."""
        loop = asyncio.get_running_loop()
        try:
            await self._ledger.carried()
        except LogUnusable as fault:
            raise QueryRefused(str(fault)) from fault
        if searches.FUNCTION in asking.sql.lower():
            await self._search.ready()
        running = loop.run_in_executor(self._threads, self._run, answer)
        deadline = loop.call_later(asking.limits.seconds, _stop_until_done, loop, asking, running)
        self._running.add(asking)
        running.add_done_callback(lambda _: self._ended(asking))
        self._growth.begin()
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            running.add_done_callback(_unheard)
            _stop_until_done(loop, asking, running)
            raise
        except QueryRefused as refused:
            if asking.is_too_large:
                raise QueryRefused(_TOO_LARGE) from None
            if loop.time() >= deadline.when():
                raise QueryRefused(
                    f"The query took longer than {asking.limits.seconds:g} s and was stopped: ask for less, or allow more time."
                ) from None
            raise QueryRefused(advised(str(refused), asking.sql)) from refused.__cause__
        finally:
            deadline.cancel()

    def _ended(self, asking: Asking) -> None:
        self._running.remove(asking)
        self._growth.end()

    def _stop_growing(self) -> None:
        """It is not known which of them has grown."""
        for asking in self._running:
            asking.stop_growing()

    def _run(self, answer: Callable[[Connection], T]) -> T:
        readers = self._ledger.store.readers
        try:
            with readers.cursor() as cursor:
                return answer(cursor)
        except LogUnusable as fault:
            raise QueryRefused(str(fault)) from fault
        except duckdb.Error as error:
            if is_serious(error):
                self._ledger.look_for_damage()
                raise QueryRefused(
                    f"{error}\nThe database is looked over for damage now: ask again in a moment."
                ) from error
            raise QueryRefused(_said(error)) from error

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _said(error: Exception) -> str:
    """What failed, in words for a person: of memory, DuckDB advises settings that are locked here."""
    if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in str(error):
        return _TOO_LARGE
    return str(error)


def _unheard(running: asyncio.Future[Any]) -> None:
    """The caller of the statement has gone."""
    if not running.cancelled():
        running.exception()


def _stop_until_done(loop: asyncio.AbstractEventLoop, asking: Asking, running: asyncio.Future[Any]) -> None:
    if not running.done():
        asking.stop()
        loop.call_later(_INSIST_S, _stop_until_done, loop, asking, running)
