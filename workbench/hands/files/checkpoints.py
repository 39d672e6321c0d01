"""The checkpoints of one session's files: what was where at a place in the log, over contents that are stored once."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from workbench.contracts.files import FilesRefused
from workbench.contracts.values import Json

MOST_CHECKPOINTS = 50
MOST_STORED_BYTES = 4 << 30
FOLDER: Final = "checkpoints"
"""Under the session's folder."""
_SUFFIX = ".checkpoint"


class Kept(NamedTuple):
    """One name under the session's folder: `content` is a file's SHA-256 or a link's target, `gone` one that hides a file."""

    path: str
    kind: str
    mode: int = 0
    mtime_ns: int = 0
    content: str = ""
    opaque: bool = False


@dataclass(frozen=True)
class Checkpoint:
    """All files after entry `seq` of the log, and the project's files that they began from; or why they are not known."""

    seq: int
    files: tuple[Kept, ...] = ()
    bases: Json = field(default_factory=dict)
    fault: str = ""


class Checkpoints:
    """The checkpoints in one folder; each stands until another one says something else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contents = folder / "contents"

    def content(self, digest: str) -> str:
        """Where a file's content is stored."""
        return f"{self.contents}/{digest}"

    def stored(self) -> set[str]:
        """The digests of all stored contents."""
        return set(os.listdir(self.contents))

    def seqs(self) -> list[int]:
        """Where there are checkpoints, in order."""
        return sorted(int(file.name.removesuffix(_SUFFIX)) for file in self.folder.glob(f"*{_SUFFIX}"))

    def at(self, seq: int) -> Checkpoint:
        """The files at this place of the log; nothing at all before the first checkpoint.

        Raises:
            FilesRefused: they were not kept, or not for so long.
        """
        found = self.last(seq)
        if found is not None and found.fault:
            raise FilesRefused(f"the files of that moment are not there: {found.fault}")
        return found or Checkpoint(seq)

    def last(self, seq: int) -> Checkpoint | None:
        """The newest checkpoint up to this place."""
        earlier = [known for known in self.seqs() if known <= seq]
        return self._read(earlier[-1]) if earlier else None

    def add(self, checkpoint: Checkpoint) -> bool:
        """Write it, unless it says what the one before it says; what comes after its place is forgotten.

        Returns:
            Whether it was written.
        """
        self.forget_from(checkpoint.seq)
        before = self.last(checkpoint.seq)
        if before is not None and (before.files, before.fault) == (checkpoint.files, checkpoint.fault):
            return False
        self._write(checkpoint)
        return True

    def forget_from(self, seq: int) -> None:
        """Forget the checkpoints at and after this place."""
        for later in self.seqs():
            if later >= seq:
                self._file(later).unlink(missing_ok=True)

    def trim(self) -> None:
        """Drop the oldest until number and size are within bounds; the newest always stays."""
        seqs = self.seqs()
        stored = sum(entry.stat().st_size for entry in os.scandir(self.contents))
        dropped = []
        while len(seqs) > 1 and (len(seqs) > MOST_CHECKPOINTS or stored > MOST_STORED_BYTES):
            dropped.append(seqs.pop(0))
            if stored > MOST_STORED_BYTES or len(seqs) <= MOST_CHECKPOINTS:
                stored = self._forget(dropped, seqs)

    def _forget(self, dropped: list[int], left: list[int]) -> int:
        """Leave a note at the first place of what is dropped; the bytes that are still stored."""
        for seq in dropped:
            self._file(seq).unlink(missing_ok=True)
        self._write(Checkpoint(dropped[0], fault="only the last ones are kept, to save space; take a later event"))
        used, stored = self._used(left), 0
        for entry in os.scandir(self.contents):
            if entry.name in used:
                stored += entry.stat().st_size
            else:
                os.unlink(entry.path)
        return stored

    def add_again(self, earlier: int, seq: int) -> bool:
        """Say at a place that the files are as at an earlier one; False where nothing is known of that."""
        known = self.seqs()
        if earlier not in known or earlier > seq:
            return False
        self.forget_from(max(seq, earlier + 1))
        if [one for one in known if one < seq][-1:] != [earlier] and earlier != seq:
            os.link(self._file(earlier), self._file(seq))
        return True

    def hand_over(self, other: Checkpoints, seq: int, besides: Collection[str]) -> None:
        """Give another folder the checkpoints up to a place, and their contents but those that it gets `besides`.

        Neither is ever written again, so that both can share them.
        """
        other.contents.mkdir(mode=0o700, parents=True, exist_ok=True)
        other.forget_from(0)
        seqs = self.seqs()
        given = [known for known in seqs if known <= seq]
        if not given:
            return
        # What only later checkpoints have is not the other's.
        names = self.stored() if given == seqs else self._used(given)
        for name in names - other.stored() - set(besides):
            os.link(self.content(name), other.content(name))
        for known in given:
            os.link(self._file(known), other._file(known))

    def _used(self, seqs: Iterable[int]) -> set[str]:
        """The digests of what these checkpoints have."""
        return {kept.content for seq in seqs for kept in self._read(seq).files if kept.kind == "file"}

    def _file(self, seq: int) -> Path:
        return self.folder / f"{seq:010d}{_SUFFIX}"

    def _write(self, checkpoint: Checkpoint) -> None:
        body = {"files": checkpoint.files, "bases": checkpoint.bases, "fault": checkpoint.fault}
        beside = self.folder / "new"
        beside.write_bytes(zlib.compress(json.dumps(body).encode(), 1))
        beside.replace(self._file(checkpoint.seq))

    def _read(self, seq: int) -> Checkpoint:
        try:
            body = json.loads(zlib.decompress(self._file(seq).read_bytes()))
            return Checkpoint(seq, tuple(Kept(*row) for row in body["files"]), body["bases"], body["fault"])
        except (OSError, ValueError, TypeError, KeyError, zlib.error):
            return Checkpoint(seq, fault="their list is damaged; take another event")
