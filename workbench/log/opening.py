"""Opening the log: what is damaged is mended, what the database lacks is carried over, then everything can begin."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from workbench import events
from workbench.contracts.log import Checkpoints, Documents, Facts, Inbox, LogUnusable, SessionLog, States
from workbench.contracts.memory import MemoryVersions
from workbench.contracts.questions import Questions
from workbench.contracts.search import Search
from workbench.contracts.values import Clock, Progress
from workbench.log.asking.questions import JournaledQuestions
from workbench.log.checkpoints import CheckpointFiles
from workbench.log.facts import JournaledFacts
from workbench.log.full_text.feeding import Feeding
from workbench.log.full_text.finding import JournaledSearch
from workbench.log.inbox import JournaledInbox
from workbench.log.journal.appender import Journal, Sync
from workbench.log.journal.lock import FolderLock
from workbench.log.journal.segments import PLAIN, Segments, last_position
from workbench.log.ledger import Ledger, Opened
from workbench.log.sessions import JournaledSessions
from workbench.log.store import reads
from workbench.log.store.documents import JournaledDocuments
from workbench.log.store.memories import JournaledMemories
from workbench.log.store.memtable import Memtable
from workbench.log.store.states import JournaledStates
from workbench.log.store.tables import BATCH, Store, journaled

T = TypeVar("T")


@dataclass(frozen=True)
class Tuning:
    """How large a journal segment grows, how often DuckDB takes over, and how a segment is made durable.

    Taking over costs 10 ms of processor time however little it is, and who asks the database has it done before.
    """

    segment_bytes: int = 8 * 1024 * 1024
    carry_every_s: float = 1.0
    sync: Sync = os.fdatasync


@dataclass(frozen=True)
class Log:
    """An open log, by its rooms' promises."""

    inbox: Inbox
    sessions: SessionLog
    facts: Facts
    documents: Documents
    states: States
    checkpoints: Checkpoints
    memories: MemoryVersions
    questions: Questions
    search: Search
    _notices: Callable[[], tuple[str, ...]] = field(repr=False)
    _close: Callable[[], Awaitable[None]] = field(repr=False)

    @property
    def notices(self) -> tuple[str, ...]:
        """What was repaired or put aside at opening, and since."""
        return self._notices()

    async def close(self) -> None:
        """Write what is in line, carry everything over, close the files and let the lock go.

        Raises:
            LogUnusable: the database could not take everything over; the journal has it, and the next start does it.
        """
        await self._close()


async def open_log(
    folder: Path, *, clock: Clock = events.now, progress: Progress = lambda _: None, tuning: Tuning | None = None
) -> Log:
    """Open the log in `folder`, which is made where it is missing.

    Raises:
        LogUnusable: another engine has it open, a newer version wrote it, or the disk refuses.
    """
    tuning = tuning or Tuning()
    thread = ThreadPoolExecutor(1, thread_name_prefix="store")
    try:
        lock, opened = await _in_thread(thread, lambda: _opened(folder, progress, tuning))
    except BaseException:
        thread.shutdown(wait=False)
        raise
    ledger = Ledger(opened, thread, carry_every_s=tuning.carry_every_s)
    for segment in opened.closed_segments:
        ledger.pack(segment)
    # After a mending the readers are others.
    feeding = Feeding(folder, lambda: ledger.store.readers.cursor())  # noqa: PLW0108
    ledger.on_carried, ledger.store.erasing, ledger.store.on_built = feeding.want, feeding.erasing, feeding.heal
    feeding.want(opened.store.position)
    search = JournaledSearch(ledger, feeding, clock)
    questions = JournaledQuestions(ledger, search)
    checkpoints = CheckpointFiles(folder, lambda session_id: session_id in ledger.memtable.erased)

    async def close() -> None:
        try:
            await questions.close()
            await search.close()
            await ledger.close()
        finally:
            thread.shutdown()
            lock.release()

    return Log(
        inbox=JournaledInbox(ledger, clock),
        sessions=JournaledSessions(ledger, clock, checkpoints),
        facts=JournaledFacts(ledger),
        documents=JournaledDocuments(ledger),
        states=JournaledStates(ledger),
        checkpoints=checkpoints,
        memories=JournaledMemories(ledger),
        questions=questions,
        search=search,
        _notices=lambda: tuple(opened.store.notices),
        _close=close,
    )


async def rebuild(folder: Path, progress: Progress = lambda _: None) -> tuple[str, ...]:
    """Make the database anew from the journal; the old one is put aside. Gives sentences about what was done.

    Raises:
        LogUnusable: an engine has it open, or the journal does not have everything that the database has.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="store")
    try:
        return await _in_thread(thread, lambda: _rebuilt(folder, progress))
    finally:
        thread.shutdown(wait=False)


def _opened(folder: Path, progress: Progress, tuning: Tuning) -> tuple[FolderLock, Opened]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FolderLock(folder)
    try:
        segments = Segments(folder)
        notices = segments.mend()
        for notice in notices:
            progress(notice)
        store = Store(folder, segments, progress)
        store.notices[:0] = notices
        memtable = _caught_up(store, segments)
        ends = last_position(segments)
        position = max(ends, store.position)
        if notice := _missing(ends, store.position, segments.reached()):
            store.notices.append(notice)
            progress(notice)
        closed = tuple(file for file in segments.files() if file.suffix == PLAIN)
        journal = Journal(segments, position + 1, segment_bytes=tuning.segment_bytes, sync=tuning.sync)
    except OSError as error:
        lock.release()
        raise LogUnusable(f"The log in {folder} cannot be opened: {error}. Mend that and start again.") from error
    except BaseException:
        lock.release()
        raise
    return lock, Opened(segments, store, memtable, journal, position, closed)


def _missing(journal: int, database: int, reached: int) -> str:
    """What to say where the journal, or it and the database, end before what had been written."""
    if reached > max(journal, database):
        return (
            f"The log ends at record {max(journal, database):,}, and {reached:,} had been written: the last "
            f"{reached - max(journal, database):,} are neither in the journal nor in the database any more."
        )
    if journal < database:
        return (
            f"The journal ends at record {journal:,}, and the database has {database:,}: the difference is in the database "
            "only, so do not remove that."
        )
    return ""


def _caught_up(store: Store, segments: Segments) -> Memtable:
    """The memtable as the store has it, and after it everything that the journal has more, carried over."""
    memtable = Memtable(store.attempt(reads.states), store.attempt(reads.waiting), store.attempt(reads.sessions))
    for record in journaled(segments, after=store.position):
        memtable.apply(record)
        if len(memtable.tail) >= BATCH:
            memtable.trim(store.carry(memtable.hand_over(BATCH)))
    while memtable.tail:
        memtable.trim(store.carry(memtable.hand_over(BATCH)))
    return memtable


def _rebuilt(folder: Path, progress: Progress) -> tuple[str, ...]:
    lock = FolderLock(folder)
    try:
        segments = Segments(folder)
        notices = segments.mend()
        store = Store(folder, segments, progress)
        known = store.position
        store.close()
        if known > (last := last_position(segments)):
            raise LogUnusable(
                f"The journal in {segments.journal} ends at record {last:,} and the database has {known:,}: a rebuild would "
                "lose the difference. Bring the missing journal files back first."
            )
        if any("rebuilt" in notice for notice in store.notices):
            return (*notices, *store.notices)
        store.notices.clear()
        places = store.build_anew()
        notices += [f"The old database is {place}; remove it when you do not need it." for place in places]
        return (*notices, *store.notices)
    finally:
        lock.release()


async def _in_thread(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, work)
