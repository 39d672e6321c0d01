"""Stamps of a session's files: how a checkpoint that says the same is known without any file being read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workbench.hands.files.checkpoints import Checkpoint
from workbench.hands.files.overlay import Found, below
from workbench.hands.files.safe_paths import Beneath

ROOTS: Final = ("workspace", "upper", "base", "session", "folders")
"""What belongs to a checkpoint, under the session's folder."""
TICK_NS: Final = 20_000_000
"""A file may be written again within one tick of the kernel's clock and look the same: so young a file is read again."""
_FILE_NAME: Final = "stamps.json"

Stamp = list[int | str]


@dataclass(frozen=True)
class Stamps:
    """By path, what `stat` said and, of a file, the digest of what was in it then.

    `listed` is the checkpoint that has these files, `place` the last one in the log at which they were found to be so.
    """

    made_at_ns: int = 0
    listed: int = -1
    place: int = -1
    of: Mapping[str, Stamp] = field(default_factory=dict)

    def digest(self, path: str, status: os.stat_result) -> str | None:
        """The digest of a file that has not changed since."""
        known = self.of.get(path)
        return str(known[-1]) if known is not None and self._is_same(known, status) else None

    def tell_of(self, found: Iterable[tuple[str, Found]]) -> bool:
        """Whether these are all files, and none has changed since."""
        seen = 0
        for path, one in found:
            known = self.of.get(path)
            if known is None or not self._is_same(known, one.status):
                return False
            seen += 1
        return seen == len(self.of)

    def _is_same(self, known: Stamp, status: os.stat_result) -> bool:
        return status.st_ctime_ns <= self.made_at_ns - TICK_NS and known[:-1] == _read_off(status)

    def save(self, checkpoints: Path) -> None:
        """Write them beside the checkpoints, in one step."""
        beside = checkpoints / f"{_FILE_NAME}.new"
        beside.write_text(json.dumps([self.made_at_ns, self.listed, self.place, self.of]))
        beside.replace(checkpoints / _FILE_NAME)


def forget_stamps(checkpoints: Path) -> None:
    (checkpoints / _FILE_NAME).unlink(missing_ok=True)


def stamps_in(checkpoints: Path) -> Stamps:
    """What was saved; nothing where it cannot be read, and every file is read."""
    try:
        return Stamps(*json.loads((checkpoints / _FILE_NAME).read_text()))
    except (OSError, ValueError, TypeError):
        return Stamps()


def stamp(status: os.stat_result, digest: str = "") -> Stamp:
    return [*_read_off(status), digest]


def _read_off(status: os.stat_result) -> Stamp:
    return [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def everything(folder: Path) -> Iterator[tuple[Beneath, str, Found]]:
    """All that belongs to a checkpoint: the root, held open, the path from the session's folder, and what is there.

    Raises:
        FilesRefused: there are too many files.
        OSError: a folder cannot be opened.
    """
    for root in ROOTS:
        if (folder / root).is_dir():
            with Beneath(folder / root) as opened:
                for found in below(opened):
                    yield opened, f"{root}/{found.path}", found


def stamps_of(folder: Path, checkpoint: Checkpoint, made_at_ns: int) -> Stamps:
    """Stamps of files that were laid out as a checkpoint has them, and that nobody can have written to since.

    Raises:
        FilesRefused, OSError: as `everything`.
    """
    listed = {kept.path: kept.content if kept.kind == "file" else "" for kept in checkpoint.files}
    found = {path: stamp(one.status, listed[path]) for _, path, one in everything(folder) if path in listed}
    return Stamps(made_at_ns, checkpoint.seq, checkpoint.seq, found)
