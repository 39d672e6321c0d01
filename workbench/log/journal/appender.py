"""The journal's writing end: frames are appended to the newest segment and synced before anybody hears of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from workbench.contracts.log import LogUnusable
from workbench.log.journal.segments import REACHED, Segments

Sync = Callable[[int], None]
"""Makes an open file's content durable; tests pass one that fails."""


NO_MEMORY = "Nothing was written: there is no memory left. End some programs, then do it again."


class NotWritten(LogUnusable):
    """Nothing of the batch was written; the text says why and the cure."""


class Journal:
    """Appends to the newest segment; not for more than one thread."""

    def __init__(
        self, segments: Segments, first_position: int, *, segment_bytes: int, sync: Sync = os.fdatasync
    ) -> None:
        self._segments = segments
        self._segment_bytes = segment_bytes
        self._sync = sync
        self._length = 0
        self._file, self._descriptor = segments.create(first_position)
        self._reached = os.open(segments.journal / REACHED, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.reach(first_position - 1)

    def write(self, frames: bytes, first_position: int) -> Path | None:
        """Append and sync; gives the segment that this closed, if it did.

        Raises:
            NotWritten: the disk refused; what was written of it is cut off again.
        """
        try:
            closed = self._rotate(first_position)
            written = 0
            while written < len(frames):
                written += os.write(self._descriptor, frames[written:])
            self._sync(self._descriptor)
        except OSError as error:
            self._take_back()
            raise NotWritten(
                f"Nothing was written to {self._file.parent}: {error.strerror or error}. "
                "Free some space or mend the disk there, then do it again."
            ) from error
        except MemoryError as error:
            self._take_back()
            raise NotWritten(NO_MEMORY) from error
        self._length += len(frames)
        return closed

    def reach(self, position: int) -> None:
        """Note how far the journal is, for an opening that finds less; not synced, as what it tells of is."""
        with suppress(OSError):
            os.pwrite(self._reached, b"%020d" % position, 0)

    def _rotate(self, first_position: int) -> Path | None:
        if self._length < self._segment_bytes:
            return None
        closed = self._file
        file, descriptor = self._segments.create(first_position)
        os.close(self._descriptor)
        self._file, self._descriptor, self._length = file, descriptor, 0
        return closed

    def _take_back(self) -> None:
        """Cut the partial frame off; where even that fails, opening cuts it, and writing goes on in a new segment."""
        try:
            os.ftruncate(self._descriptor, self._length)
        except OSError:
            self._length = self._segment_bytes

    def close(self) -> None:
        os.close(self._descriptor)
        os.close(self._reached)
        if not self._length:
            self._file.unlink()
