"""The DuckDB store: takes over what the journal has, answers reads, and is rebuilt from the journal when damaged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeVar

import duckdb

from workbench.contracts.log import LogUnusable
from workbench.contracts.values import Progress
from workbench.log.asking.readers import Readers
from workbench.log.full_text import index as full_text
from workbench.log.journal.records import Erased, Record, Unread, decode
from workbench.log.journal.segments import Segments, last_position, sync_folder
from workbench.log.store import reads
from workbench.log.store.database import (
    FILE_NAME,
    Connection,
    Damaged,
    Outdated,
    connect,
    is_serious,
    put_database_aside,
    remove_database,
)
from workbench.log.store.flush import carry
from workbench.log.store.list_prices import price_anew
from workbench.log.store.memtable import Handover, Memtable
from workbench.log.store.pending_calls import PendingCalls

T = TypeVar("T")

_REBUILDING = "rebuilding.duckdb"
MOST_TOLD = 10
BATCH = 8192
"""How many records are carried over in one transaction while nothing else waits for the store."""


class Store:
    """One connection that writes, used on one thread; `readers` gives cursors to other threads."""

    def __init__(self, folder: Path, segments: Segments, progress: Progress) -> None:
        self._file = folder / FILE_NAME
        self._folder = folder
        self._segments = segments
        self._progress = progress
        self.notices: list[str] = []
        self.erasing: Callable[[Sequence[str]], AbstractContextManager[None]] = lambda gone: full_text.erasing(
            folder, gone
        )
        """Around the erasure of sessions: takes them out of the index first."""
        self.on_built: Callable[[], None] = lambda: full_text.remove(folder)
        """The database was made anew, and may have less than the index beside it knows."""
        self._aside_told: set[int] = set()
        remove_database(folder / _REBUILDING)
        self._openings = PendingCalls()
        self._begin(last_position(segments))

    def _begin(self, until: int) -> None:
        self._connection = self._opened(until)
        self.position = reads.position(self._connection)
        self._tell_aside()
        price_anew(self._connection)
        self.readers = Readers(self._connection)

    def carry(self, handover: Handover) -> int:
        """Take a batch over; gives the position that the store has then."""
        erased = [one.happening.session_id for one in handover.records if isinstance(one.happening, Erased)]
        with self.erasing(erased) if erased else nullcontext():
            self._tell_each(self.attempt(lambda connection: carry(connection, handover, self._openings)))
        self.position = handover.records[-1].position
        return self.position

    def read(self, work: Callable[[Connection], T]) -> T:
        """Read something on a connection of its own, on any thread.

        Raises:
            LogUnusable: the database is being closed or rebuilt.
            duckdb.Error: what `attempt` mends, where it can be mended.
        """
        with self.readers.cursor() as cursor:
            return work(cursor)

    def attempt(self, work: Callable[[Connection], T]) -> T:
        """Do something with the connection; when the file turns out to be damaged, mend it and do it again.

        Raises:
            LogUnusable: it cannot be mended now (no space, another program in the way).
        """
        try:
            return work(self._connection)
        except duckdb.Error as error:
            if not is_serious(error):
                raise
            self.mend()
        try:
            return work(self._connection)
        except duckdb.Error as error:
            raise LogUnusable(
                f"{self._file} cannot be used: {error}. Free some space or mend the disk there."
            ) from error

    def mend(self) -> None:
        """Close and open again, with all that opening does for a damaged file; nothing acknowledged is lost by it."""
        self.readers.stop()
        self._connection.close()
        self._begin(self.position)

    def close(self) -> None:
        self.readers.stop()
        self._connection.execute("CHECKPOINT")
        self._connection.close()

    def _opened(self, until: int) -> Connection:
        if self._file.exists():
            try:
                return connect(self._file)
            except Damaged as damage:
                trouble = f"was damaged ({damage})"
            except Outdated as outdated:
                self._refuse_to_lose(outdated, until)
                trouble = "is of an earlier version"
        else:
            trouble = "was gone and its newest changes were left"
        self._build(until)
        if places := put_database_aside(self._folder):
            names = " and ".join(str(place) for place in places)
            self._say(f"The database {trouble}: it is put aside as {names} and rebuilt from the journal.")
        self._take_built()
        return connect(self._file)

    def _refuse_to_lose(self, outdated: Outdated, until: int) -> None:
        if outdated.position > until:
            raise LogUnusable(
                f"{self._file} is of an earlier version and has records up to {outdated.position:,}, the journal only up to "
                f"{until:,}: made anew, it would lose the difference. Bring the missing journal files back first."
            )

    def build_anew(self) -> list[Path]:
        """Make a closed store's database anew from the journal; gives the places of the old one, which goes only then."""
        self._build(last_position(self._segments))
        places = put_database_aside(self._folder)
        self._take_built()
        return places

    def _take_built(self) -> None:
        self.on_built()
        (self._folder / _REBUILDING).rename(self._file)
        sync_folder(self._folder)

    def _build(self, until: int) -> None:
        """Make a database beside the one in use, from the journal's positions up to `until`."""
        new = self._folder / _REBUILDING
        connection = connect(new)
        began = told = time.monotonic()
        try:
            memtable, pending = Memtable(), PendingCalls()
            reached, gaps = 0, list[tuple[int, int]]()
            for notice in self._segments.mend_packed():
                self._say(notice)
            for record in journaled(self._segments, after=0):
                if record.position > until:
                    break
                if record.position > reached + 1:
                    gaps.append((reached + 1, record.position - 1))
                reached = record.position
                memtable.apply(record)
                if len(memtable.tail) >= BATCH:
                    memtable.trim(self._built(connection, memtable.hand_over(BATCH), pending))
                    if time.monotonic() - told > 1:
                        told = time.monotonic()
                        self._progress(
                            f"Rebuilding the log from its journal: {record.position:,} of {until:,} records."
                        )
            if memtable.tail:
                self._built(connection, memtable.hand_over(BATCH), pending)
            connection.execute("CHECKPOINT")
        finally:
            connection.close()
        if gaps:
            places = ", ".join(f"{first:,} to {last:,}" for first, last in gaps[:MOST_TOLD])
            lost = sum(last - first + 1 for first, last in gaps)
            self._say(
                f"{lost:,} records are not in the journal any more, and the database is made without them: {places}."
            )
        if until:
            self._progress(f"The log is rebuilt: {until:,} records in {time.monotonic() - began:.1f} s.")

    def _built(self, connection: Connection, handover: Handover, pending: PendingCalls) -> int:
        self._tell_each(carry(connection, handover, pending))
        return handover.records[-1].position

    def _tell_each(self, aside: Sequence[Record]) -> None:
        for record in aside:
            assert isinstance(record.happening, Unread)
            self._aside_told.add(record.position)
            self._say(
                f"A record cannot be taken into the database and is put aside (position {record.position:,} in the journal's "
                f"{self._segments.name_of(record.position)}, {record.session_id or 'no session'}): {record.happening.reason}. "
                "The journal keeps it; everything else goes on."
            )

    def _tell_aside(self) -> None:
        """What earlier lives put aside, as long as it is there; `log rebuild` tries it again."""
        if earlier := [place for place in reads.aside(self._connection) if place not in self._aside_told]:
            self._aside_told.update(earlier)
            places = ", ".join(f"{position:,}" for position in earlier[:MOST_TOLD])
            self.notices.append(
                f"{len(earlier)} records of the journal are put aside, as the database cannot take them (positions {places}); "
                "after an update, `workbench log rebuild` tries them again."
            )

    def _say(self, notice: str) -> None:
        self.notices.append(notice)
        self._progress(notice)


def journaled(segments: Segments, *, after: int) -> Iterator[Record]:
    """The journal's records with positions > `after`, in order.

    Raises:
        LogUnusable: a record that this version cannot read.
    """
    for frame in segments.frames(after):
        try:
            records = decode(frame)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise LogUnusable(
                f"The journal in {segments.journal} has a record that this version cannot read ({error}): install the "
                "version that wrote it, or a later one."
            ) from error
        for record in records:
            if record.position > after:
                yield record
