"""The one thread that writes: it gives places, writes what has arrived as one group, and tells the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from workbench.contracts.log import LogUnusable
from workbench.log.journal.appender import NO_MEMORY, Journal, NotWritten
from workbench.log.journal.frames import frame
from workbench.log.journal.records import Erased, Happening, Logged, Record, body_of, encode

MOST_IN_A_GROUP = 512


@dataclass(frozen=True)
class _Batch:
    happenings: tuple[tuple[Happening, str], ...]
    written: asyncio.Future[list[Record]]


class Writer:
    """Takes batches on the event loop and settles their futures there, in the order of their positions."""

    def __init__(
        self,
        journal: Journal,
        *,
        position: int,
        seqs: dict[str, int],
        acknowledge: Callable[[Sequence[Record]], None],
        closed_segment: Callable[[Path], None],
    ) -> None:
        self._journal = journal
        self._position = position
        self._seqs = seqs
        self._acknowledge = acknowledge
        self._closed_segment = closed_segment
        self._loop = asyncio.get_running_loop()
        self._batches: SimpleQueue[_Batch | None] = SimpleQueue()
        self._is_closed = False
        self._ended = self._loop.create_future()
        self._thread = Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    async def write(self, happenings: Sequence[Happening]) -> list[Record]:
        """The records, once they are durable and everybody has been told; a cancelled caller's batch is written all the same.

        Raises:
            NotWritten: the disk refused.
            LogUnusable: the log is closed.
        """
        return await self.submit(happenings)

    def submit(self, happenings: Sequence[Happening]) -> asyncio.Future[list[Record]]:
        """Put a batch in line behind all that were submitted before."""
        if self._is_closed:
            raise LogUnusable("The log is closed: open it again before writing to it.")
        batch = _Batch(tuple((happening, body_of(happening)) for happening in happenings), self._loop.create_future())
        self._batches.put(batch)
        return batch.written

    async def close(self) -> None:
        """Write what is in line, then end the thread."""
        if not self._is_closed:
            self._is_closed = True
            self._batches.put(None)
        await asyncio.shield(self._ended)
        self._thread.join()

    def _run(self) -> None:
        try:
            while (batch := self._batches.get()) is not None:
                group = [batch]
                is_last = self._gather(group)
                self._write(group)
                if is_last:
                    break
            self._journal.close()
        finally:
            self._loop.call_soon_threadsafe(self._ended.set_result, None)

    def _gather(self, group: list[_Batch]) -> bool:
        """Add what else has arrived; whether the end has."""
        while len(group) < MOST_IN_A_GROUP:
            try:
                batch = self._batches.get_nowait()
            except Empty:
                return False
            if batch is None:
                return True
            group.append(batch)
        return False

    def _write(self, group: list[_Batch]) -> None:
        position, seqs = self._position, dict[str, int]()
        placed: list[list[Record]] = []
        for batch in group:
            placed.append(self._placed(batch.happenings, position, seqs))
            position += len(batch.happenings)
        try:
            frames = b"".join(frame(encode(records)) for records in placed)
            closed = self._journal.write(frames, self._position + 1)
        except (NotWritten, MemoryError) as refusal:
            self._loop.call_soon_threadsafe(_refuse, group, str(refusal) or NO_MEMORY)
            return
        self._journal.reach(position)
        self._position = position
        self._seqs.update(seqs)
        self._loop.call_soon_threadsafe(self._settle, group, placed, closed)

    def _placed(self, happenings: Sequence[tuple[Happening, str]], position: int, seqs: dict[str, int]) -> list[Record]:
        """The records of one batch; `seqs` are those that this group has given out, kept only when it is written."""
        records = []
        for offset, (happening, body) in enumerate(happenings, start=1):
            seq = None
            match happening:
                case Logged(session_id):
                    seq = seqs[session_id] = seqs.get(session_id, self._seqs.get(session_id, 0)) + 1
                case Erased(session_id):
                    seqs[session_id] = 0
            records.append(Record(position + offset, seq, happening, body))
        return records

    def _settle(self, group: list[_Batch], placed: list[list[Record]], closed: Path | None) -> None:
        for batch, records in zip(group, placed, strict=True):
            # Who wrote goes on first, as the next thing waits for it; both do so once this has returned.
            if not batch.written.done():
                batch.written.set_result(records)
            self._acknowledge(records)
        if closed is not None:
            self._closed_segment(closed)


def _refuse(group: list[_Batch], reason: str) -> None:
    for batch in group:
        if not batch.written.done():
            batch.written.set_exception(NotWritten(reason))
