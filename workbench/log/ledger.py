"""The middle of the log: what is acknowledged goes into the memtable, to the followers, and then over to the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from weakref import WeakSet

import duckdb

from workbench.contracts.log import Concerns, LogUnusable
from workbench.contracts.values import Entry, Preview, SessionState, WorkProgress
from workbench.light.copies import replace
from workbench.log.followers import LiveFollower, StateChanges
from workbench.log.journal.appender import Journal
from workbench.log.journal.records import Erased, Happening, Logged, Queued, Record
from workbench.log.journal.segments import Segments
from workbench.log.previews import LivePreviews
from workbench.log.store import reads
from workbench.log.store.database import Connection, read_through
from workbench.log.store.memtable import Handover, Memtable
from workbench.log.store.tables import Store
from workbench.log.writer import Writer

SAYING_EVERY_S = 1.0
T = TypeVar("T")

MOST_IN_A_HANDOVER = 512
"""Half of what a transaction of so many costs is the same for more; but who reads, and who waits for an acknowledgement, waits longer."""

RETRY_S = 1.0
READERS = 2
"""How many reads of the store go on at once, beside what is carried over."""


@dataclass(frozen=True)
class Opened:
    """What opening found and made: the parts of a ledger."""

    segments: Segments
    store: Store
    memtable: Memtable
    journal: Journal
    position: int
    closed_segments: tuple[Path, ...]


class Ledger:
    """Owns the memtable on the event loop, the writer's thread, the store's thread and those that read it."""

    def __init__(self, opened: Opened, store_thread: ThreadPoolExecutor, *, carry_every_s: float) -> None:
        self.memtable = opened.memtable
        self.store = opened.store
        self._segments = opened.segments
        self._thread = store_thread
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="read")
        self._carry_every_s = carry_every_s
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._carrying: asyncio.Future[int] | None = None
        self._position = opened.position
        self._carried = opened.store.position
        self._waiting_for_carry: list[tuple[int, asyncio.Future[None]]] = []
        self._followers: dict[str, WeakSet[LiveFollower]] = {}
        self._watchers: WeakSet[StateChanges] = WeakSet()
        self._previews = LivePreviews()
        self._said_at: dict[str, float] = {}
        self._to_say: set[str] = set()
        self._is_closed = False
        self.on_carried: Callable[[int], None] = lambda _: None
        """Told the position that the store has come to; an index beside it follows."""
        self._writer = Writer(
            opened.journal,
            position=opened.position,
            seqs={state.session_id: state.seq for state in self.memtable.states.values()},
            acknowledge=self._acknowledge,
            closed_segment=self.pack,
        )

    # ── writing ──

    def write(self, happenings: Sequence[Happening]) -> asyncio.Future[list[Record]]:
        """The records, once they are durable and everybody was told; see `Writer.submit`."""
        return self._writer.submit(happenings)

    def _acknowledge(self, records: Sequence[Record]) -> None:
        for record in records:
            self._position = record.position
            match record.happening:
                case Queued() | Logged():
                    self.memtable.apply(record)
                    self._tell_entry(record)
                case Erased(session_id):
                    self._end_followers(session_id)
                    self.memtable.apply(record)
                case _:
                    self.memtable.apply(record)
        if self._watchers:
            self._tell_states({record.session_id for record in records if record.session_id})
        if self._timer is None and self._carrying is None:
            self._carry_in(self._carry_every_s)

    # ── following ──

    def follow(self, session_id: str, thread_id: str | None, after: int | None) -> LiveFollower:
        follower = LiveFollower(
            session_id,
            after,
            thread_id=thread_id,
            page=self._page,
            newest=self._newest,
            unfinished=self._previews.of,
        )
        if self._is_closed or session_id in self.memtable.erased:
            follower.end()
        else:
            self._followers.setdefault(session_id, WeakSet()).add(follower)
        return follower

    def watch(self, concerns: Concerns) -> StateChanges:
        watcher = StateChanges(concerns)
        if self._is_closed:
            watcher.end()
        self._watchers.add(watcher)
        return watcher

    def preview(self, preview: Preview) -> None:
        unfinished = self._previews.take(preview)
        if unfinished is not None:
            for follower in self._followers.get(preview.session_id, ()):
                if follower.thread_id == preview.thread_id:
                    follower.hear(unfinished)
        if preview.thread_id is not None:
            return
        if isinstance(preview.event, WorkProgress):
            self._tell_states({preview.session_id})
        else:
            self._tell_saying(preview.session_id)

    def _tell_saying(self, session_id: str) -> None:
        """Lists of sessions show what is being said and done, once in a while: they are no transcripts."""
        if not self._watchers or session_id in self._to_say:
            return
        due = self._said_at.get(session_id, -SAYING_EVERY_S) + SAYING_EVERY_S
        if self._loop.time() >= due:
            self._say(session_id)
        else:
            self._to_say.add(session_id)
            self._loop.call_at(due, self._say, session_id)

    def _say(self, session_id: str) -> None:
        self._to_say.discard(session_id)
        self._said_at[session_id] = self._loop.time()
        self._tell_states({session_id})

    def state(self, session_id: str) -> SessionState:
        """With what is being said, printed and waited for at this moment."""
        known = self.memtable.state(session_id)
        if not self._previews.of(session_id):
            return known
        return replace(
            known,
            activity=self._previews.saying(session_id) or known.activity,
            percent=self._previews.percent(session_id),
            progress=self._previews.progress(session_id),
        )

    def unfinished(self, session_id: str, thread_id: str | None) -> list[Preview]:
        """What is on its way, from its beginning."""
        return [preview for one in self._previews.of(session_id, thread_id) for preview in one.since(0)]

    def _tell_entry(self, record: Record) -> None:
        if record.entry is not None:
            self._previews.ended(record.entry)
        if (followers := self._followers.get(record.session_id or "")) and (entry := record.entry):
            for follower in followers:
                if follower.thread_id == entry.thread_id:
                    follower.tell(entry, len(record.body))

    def _tell_states(self, session_ids: Iterable[str]) -> None:
        for session_id in session_ids:
            if session_id in self.memtable.states:
                state = self.state(session_id)
                for watcher in self._watchers:
                    watcher.tell(state)

    def _end_followers(self, session_id: str) -> None:
        """The session's last entry is still in the tail: it was written in one batch with the erasure."""
        self._previews.forget(session_id)
        self._said_at.pop(session_id, None)
        tail = self.memtable.tail_of(session_id)
        for follower in self._followers.pop(session_id, ()):
            follower.end(tail[-1].entry)
        for watcher in self._watchers:
            watcher.tell(self.memtable.state(session_id))

    def _newest(self, session_id: str) -> int:
        return self.memtable.state(session_id).position

    async def _page(self, session_id: str, thread_id: str | None, after: int) -> list[Entry]:
        waiting = [entry.position for entry in self.memtable.waiting.get(session_id, {}).values()]
        tail = [
            entry
            for record in self.memtable.tail_of(session_id)
            if record.position > after
            and (entry := record.entry)
            and entry.thread_id == thread_id
            and (entry.seq or entry.position in waiting)
        ]
        stored = await self.stored(
            lambda connection: reads.page(connection, session_id, thread_id, after=after, waiting=waiting)
        )
        return stored or tail[: reads.PAGE_ENTRIES]

    # ── the store ──

    async def stored(self, work: Callable[[Connection], T]) -> T:
        """Read something of the database: beside what is carried over at the time, which waits for the disk."""
        try:
            return await self._loop.run_in_executor(self._readers, self.store.read, work)
        except (duckdb.Error, LogUnusable):
            # It is damaged, or being mended: the store's own thread has mended it when this one's turn comes.
            return await self._loop.run_in_executor(self._thread, self.store.attempt, work)

    async def carried(self) -> None:
        """Everything that is acknowledged now is in the store.

        Raises:
            LogUnusable: the store cannot take it now.
        """
        if self._carried >= self._position:
            return
        taken = self._loop.create_future()
        self._waiting_for_carry.append((self._position, taken))
        if self._carrying is None:
            self._carry_in(0)
        await taken

    def _carry_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._carry)

    def _carry(self) -> None:
        self._timer = None
        handover = self.memtable.hand_over(MOST_IN_A_HANDOVER)
        if not handover.records:
            return
        self._carrying = self._loop.run_in_executor(self._thread, self.store.carry, handover)
        self._carrying.add_done_callback(lambda carrying: self._settle(handover, carrying))

    def _settle(self, handover: Handover, carrying: asyncio.Future[int]) -> None:
        self._carrying = None
        if (fault := carrying.exception()) is not None:
            self.memtable.take_back(handover)
            self._refuse_waiting(fault)
            self._carry_in(RETRY_S)
            return
        self._carried = carrying.result()
        self.on_carried(self._carried)
        self.memtable.trim(self._carried)
        waiting, self._waiting_for_carry = self._waiting_for_carry, []
        for position, taken in waiting:
            if position > self._carried:
                self._waiting_for_carry.append((position, taken))
            elif not taken.done():
                taken.set_result(None)
        if self.memtable.tail:
            is_urgent = self._waiting_for_carry or len(self.memtable.tail) >= MOST_IN_A_HANDOVER
            self._carry_in(0 if is_urgent else self._carry_every_s)

    def _refuse_waiting(self, fault: BaseException) -> None:
        waiting, self._waiting_for_carry = self._waiting_for_carry, []
        for _, taken in waiting:
            if not taken.done():
                taken.set_exception(LogUnusable(f"The database cannot take over what the journal has: {fault}"))

    def look_for_damage(self) -> None:
        """From any thread: a reader met an error that may mean damage, so the store reads everything through and mends it."""
        self._thread.submit(self.store.attempt, read_through)

    def pack(self, segment: Path) -> None:
        """Compress a closed segment on the store's thread; one that cannot be is left for the next start."""
        packing = self._loop.run_in_executor(self._thread, self._segments.pack, segment)
        packing.add_done_callback(lambda done: done.exception())

    async def close(self) -> None:
        """Write what is in line, carry everything over, end followers, close the files."""
        if self._is_closed:
            return
        await self._writer.close()
        self._is_closed = True
        for followers in self._followers.values():
            for follower in followers:
                follower.end()
        for watcher in self._watchers:
            watcher.end()
        try:
            await self.carried()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            await self._loop.run_in_executor(self._thread, self.store.close)
            self._readers.shutdown()
