"""The journal's files: one is written to, closed ones are compressed, and each is named by its first position."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path

from workbench.log.journal.frames import frame, scan
from workbench.log.journal.records import span_of

PLAIN, PACKED = ".log", ".log.gz"
REACHED = "reached"
_GZIP_MAGIC = b"\x1f\x8b\x08"
_GZIP = 31  # zlib's window bits for a gzip member
_MEMBER_BYTES = 256 * 1024
_CHUNK_BYTES = 16 * 1024


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; a file's own sync does not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_aside(file: Path, folder: Path) -> Path:
    """Move a damaged file to `folder/aside/` under a name with the time, and give that name."""
    place = _free_name(folder / "aside", file.name)
    file.rename(place)
    sync_folder(folder)
    return place


def _free_name(folder: Path, name: str) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    number = 0
    while (place := folder / (f"{stamp}-{number}-{name}" if number else f"{stamp}-{name}")).exists():
        number += 1
    return place


@dataclass(frozen=True)
class Segments:
    """The segment files in `folder/journal`; what is damaged goes to `folder/aside`."""

    folder: Path

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    def files(self) -> list[Path]:
        """All segments in order; the plain one where compressing was interrupted and both are there."""
        plain = {_first_position(file): file for file in self.journal.glob(f"*{PLAIN}")}
        packed = {_first_position(file): file for file in self.journal.glob(f"*{PACKED}")}
        return [file for _, file in sorted((packed | plain).items())]

    def name_of(self, position: int) -> str:
        """The name of the segment that has this position."""
        before = [file.name for file in self.files() if _first_position(file) <= position]
        return before[-1] if before else "no segment"

    def create(self, first_position: int) -> tuple[Path, int]:
        """A new empty segment and its open descriptor, its name durable."""
        file = self.journal / f"{first_position:020d}{PLAIN}"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        sync_folder(self.journal)
        return file, descriptor

    def reached(self) -> int:
        """The last position that was ever written, as far as is known: a file of its own, that damage to a segment leaves."""
        try:
            return int((self.journal / REACHED).read_bytes())
        except (OSError, ValueError):
            return 0

    def frames(self, after: int) -> Iterator[bytes]:
        """The good frames that may hold positions > `after`, in order; whole segments before that are not read."""
        files = self.files()
        for file, following in zip_longest(files, files[1:]):
            if following is None or _first_position(following) > after + 1:
                yield from scan(_content(file)[0]).bodies

    def mend(self) -> list[str]:
        """Make every plain segment whole, and say what was done.

        The tail of the last one is cut after its last good frame: nothing there was acknowledged, unless the disk
        lied. Damage before a good frame, or in another segment, leaves all good frames and puts the file aside.
        """
        self.journal.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in self.journal.glob("*.new"):
            leftover.unlink()
        files = self.files()
        notices = [
            notice for file in files if file.suffix == PLAIN for notice in self._mend(file, last=file == files[-1])
        ]
        # An empty one would have the name of the next.
        for file in self.journal.glob(f"*{PLAIN}"):
            if not file.stat().st_size:
                file.unlink()
        return notices

    def mend_packed(self) -> list[str]:
        """The same for the compressed ones, which only a rebuild reads."""
        return [notice for file in self.files() if file.suffix != PLAIN for notice in self._mend(file, last=False)]

    def _mend(self, file: Path, *, last: bool) -> list[str]:
        content, is_whole = _content(file)
        found = scan(content)
        rest = content[found.good_until :]
        if is_whole and not rest and not found.damaged_bytes:
            return []
        if last and not found.damaged_bytes:
            return self._cut(file, found.good_until, rest)
        good = b"".join(frame(body) for body in found.bodies)
        whole = self._write_new(file, good if file.suffix == PLAIN else _packed(good))
        place = put_aside(file, self.folder)
        if found.bodies:
            whole.rename(file)
        else:
            whole.unlink()
        sync_folder(self.journal)
        return [
            f"A part of the journal's {file.name} was damaged: the {len(found.bodies)} good batches before and after it are "
            f"kept, and the damaged file is {place}."
        ]

    def _cut(self, file: Path, length: int, rest: bytes) -> list[str]:
        kept = ""
        if rest.strip(b"\0"):
            place = _free_name(self.folder / "aside", f"{file.name}-tail")
            place.write_bytes(rest)
            kept = f"; they are kept in {place}"
        with file.open("r+b") as segment:
            segment.truncate(length)
            os.fsync(segment.fileno())
        return [f"The last {len(rest)} bytes of the journal were no whole record (a write cut short): cut off{kept}."]

    def pack(self, file: Path) -> None:
        """Compress a closed segment."""
        self._write_new(file, _packed(file.read_bytes())).rename(file.with_suffix(PACKED))
        sync_folder(self.journal)
        file.unlink()

    def _write_new(self, file: Path, content: bytes) -> Path:
        new = file.with_name(file.name + ".new")
        with new.open("wb") as segment:
            segment.write(content)
            segment.flush()
            os.fsync(segment.fileno())
        return new


def _first_position(file: Path) -> int:
    return int(file.name.partition(".")[0])


def _content(file: Path) -> tuple[bytes, bool]:
    """The frames of a segment, and whether all of it could be unpacked."""
    content = file.read_bytes()
    return (content, True) if file.suffix == PLAIN else _unpacked(content)


def _packed(content: bytes) -> bytes:
    """Gzip members of 256 KiB each, so that damage to one leaves the others readable."""
    members = []
    for start in range(0, len(content), _MEMBER_BYTES):
        packer = zlib.compressobj(level=1, wbits=_GZIP)
        members.append(packer.compress(content[start : start + _MEMBER_BYTES]) + packer.flush())
    return b"".join(members)


def _unpacked(content: bytes) -> tuple[bytes, bool]:
    """All that can be decompressed; a damaged member gives what comes before its damage, then the next one follows."""
    parts: list[bytes] = []
    at, is_whole = 0, bool(content)
    while 0 <= at < len(content):
        reader = zlib.decompressobj(wbits=_GZIP)
        fed = at
        try:
            while not reader.eof and fed < len(content):
                parts.append(reader.decompress(content[fed : fed + _CHUNK_BYTES]))
                fed += _CHUNK_BYTES
        except zlib.error:
            fed = len(content)
        if reader.eof:
            at = min(fed, len(content)) - len(reader.unused_data)
            continue
        is_whole = False
        at = content.find(_GZIP_MAGIC, at + 1)
    return b"".join(parts), is_whole


def last_position(segments: Segments) -> int:
    """The last position that the journal knows; 0 when it is empty."""
    for file in reversed(segments.files()):
        bodies = scan(_content(file)[0]).bodies
        if bodies:
            return span_of(bodies[-1])[1]
    return 0
