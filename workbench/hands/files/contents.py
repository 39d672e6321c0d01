"""Contents on the disk: written beside, made durable, and renamed to their hash."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import secrets
import threading
from collections.abc import AsyncIterator, Collection
from pathlib import Path

from workbench.contracts.contents import MOST_FILE_BYTES, ContentRefused, Staged
from workbench.hands.files.workspace import FREE_AT_LEAST_BYTES
from workbench.settings import Settings, make_private

PIECE_BYTES = 1 << 20
HEAD_BYTES = 8192
STAGING = "staging"


class StoredContents:
    """All contents of this installation; a content's file is never written again once it has its name."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.contents
        self._staged: set[str] = set()

    async def stage(self, parts: AsyncIterator[bytes]) -> Staged:
        writing = await asyncio.to_thread(self.write)
        try:
            waiting = bytearray()
            async for part in parts:
                waiting += part
                if len(waiting) >= PIECE_BYTES:
                    await asyncio.to_thread(writing.add, bytes(waiting))
                    waiting.clear()
            await asyncio.to_thread(writing.add, bytes(waiting))
            return await asyncio.to_thread(writing.finish)
        except BaseException:
            self.abandon(writing)
            raise

    async def settle(self, staged: Staged) -> None:
        await asyncio.to_thread(self._settle, staged)

    async def discard(self, staged: Staged) -> None:
        self.drop(staged)

    async def size(self, sha256: str) -> int | None:
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    async def parts(self, sha256: str, start: int, length: int) -> AsyncIterator[bytes]:
        try:
            file = self.path(sha256).open("rb", buffering=0)
        except FileNotFoundError:
            raise missing(sha256) from None
        with file:
            file.seek(start)
            while length > 0 and (piece := await asyncio.to_thread(file.read, min(PIECE_BYTES, length))):
                length -= len(piece)
                yield piece

    async def sweep(self, used: Collection[str]) -> None:
        await asyncio.to_thread(self._sweep, frozenset(used))

    # ── for the folders of sessions ──────────────────────────────────────────────────────────────────────────────────

    def path(self, sha256: str) -> Path:
        """Where a content is, if it is there."""
        return self._folder / sha256

    def write(self) -> Writing:
        """A new content, to be finished or abandoned."""
        writing = Writing(make_private(self._folder / STAGING))
        self._staged.add(writing.name)
        return writing

    def abandon(self, writing: Writing) -> None:
        """Leave nothing of it."""
        writing.abandon()
        self._staged.discard(writing.name)

    def drop(self, staged: Staged) -> None:
        (self._folder / STAGING / staged.name).unlink(missing_ok=True)
        self._staged.discard(staged.name)

    # ── in a thread ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _settle(self, staged: Staged) -> None:
        beside, kept = self._folder / STAGING / staged.name, self.path(staged.sha256)
        if kept.exists():
            beside.unlink()
        else:
            beside.rename(kept)
            _make_durable(self._folder)
        self._staged.discard(staged.name)

    def _sweep(self, used: frozenset[str]) -> None:
        for folder, known in ((self._folder, used | {STAGING}), (self._folder / STAGING, self._staged)):
            with contextlib.suppress(FileNotFoundError):
                for name in os.listdir(folder):
                    if name not in known:
                        (folder / name).unlink(missing_ok=True)


class Writing:
    """One content on its way to the disk, in the threads that it is given from."""

    def __init__(self, folder: Path) -> None:
        self.name = secrets.token_hex(16)
        self._path = folder / self.name
        self._file = self._path.open("xb", buffering=0)
        self._hash = hashlib.sha256()
        self._size = 0
        self._head = b""
        # A thread whose caller was cancelled still writes when the file is closed.
        self._turn = threading.Lock()

    def add(self, part: bytes) -> None:
        """Raises: ContentRefused."""
        with self._turn:
            if self._file.closed:
                return
            self._size += len(part)
            if self._size > MOST_FILE_BYTES:
                raise ContentRefused(f"a file has at most {MOST_FILE_BYTES >> 20} MB", "too_large")
            disk = os.statvfs(self._path.parent)
            if disk.f_bavail * disk.f_frsize < FREE_AT_LEAST_BYTES + len(part):
                raise _no_space()
            self._hash.update(part)
            self._head += part[: HEAD_BYTES - len(self._head)]
            left = memoryview(part)
            try:
                while left:
                    left = left[self._file.write(left) :]
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise _no_space() from None
                raise

    def finish(self) -> Staged:
        """The content is whole and on the disk."""
        with self._turn:
            os.fchmod(self._file.fileno(), 0o444)
            os.fsync(self._file.fileno())
            self._file.close()
        return Staged(self._hash.hexdigest(), self._size, self._head, self.name)

    def abandon(self) -> None:
        with self._turn:
            self._file.close()
            self._path.unlink(missing_ok=True)


def missing(sha256: str) -> ContentRefused:
    return ContentRefused(f"the content {sha256[:12]}… is not on this machine any more", "missing")


def _no_space() -> ContentRefused:
    return ContentRefused(
        f"the disk has less than {FREE_AT_LEAST_BYTES >> 20} MB left beside this file; free some space", "no_space"
    )


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
