"""Files below one folder, reached by the kernel's own rule that no link on the way is followed and nothing leads out."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_PATH_BYTES = 4000
"""Below the kernel's 4096, so that every path that is shown can also be opened from its root."""
CHUNK_BYTES = 1 << 20

_OPENAT2 = 437
"""The same number on every architecture (Linux 5.6 or later)."""
_MAGIC_LINKS, _SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_EXCHANGE = 2
_HERE = -100

_libc = ctypes.CDLL(None, use_errno=True)


class Beneath:
    """One folder held open; every path is relative to it, text as the file system has it (surrogates for other bytes).

    With `follows_links` a link is followed as long as it stays beneath.
    """

    def __init__(self, root: Path, *, follows_links: bool = False) -> None:
        self._follows_links = follows_links
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Beneath:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._root)

    def open(self, path: str, flags: int, mode: int = 0) -> int:
        """A descriptor that the caller closes.

        Raises:
            OSError: as `open`; ELOOP or EXDEV where a link is on the way or the path leads out.
        """
        # With O_PATH the kernel refuses every flag that would say how to read.
        more = os.O_CLOEXEC if flags & os.O_PATH else os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
        if self._follows_links:
            return _openat2(self._root, path or ".", flags | more, mode, _BENEATH | _MAGIC_LINKS)
        return _openat2(
            self._root, path or ".", flags | more | os.O_NOFOLLOW, mode, _BENEATH | _MAGIC_LINKS | _SYMLINKS
        )

    @contextmanager
    def folder(self, path: str) -> Iterator[int]:
        """A folder's descriptor, for what takes a `dir_fd` and one name."""
        descriptor = self.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def parent(self, path: str) -> Iterator[tuple[int, str]]:
        """The descriptor of a path's folder, and the path's last name."""
        above, _, name = path.rpartition("/")
        with self.folder(above) as descriptor:
            yield descriptor, name

    def status(self, path: str) -> os.stat_result | None:
        """What is there itself, a link as a link; None when nothing is, or a link is on the way."""
        try:
            descriptor = self.open(path, os.O_PATH)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV, errno.ENAMETOOLONG):
                return None
            raise
        try:
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def names(self, path: str) -> list[str]:
        """The names in a folder, sorted."""
        with self.folder(path) as descriptor:
            return sorted(os.listdir(descriptor))

    def target(self, path: str) -> str:
        """Where a link points to."""
        with self.parent(path) as (folder, name):
            return os.readlink(name, dir_fd=folder)

    @contextmanager
    def file(self, path: str) -> Iterator[int]:
        """A regular file, open for reading.

        Raises:
            OSError: it is none (any more); what was swapped in for it is neither waited for nor followed.
        """
        descriptor = self.open(path, os.O_RDONLY)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a regular file", path)
            yield descriptor
        finally:
            os.close(descriptor)

    def content(self, path: str, most_bytes: int) -> bytes:
        """The first bytes of a regular file, at most `most_bytes` of them."""
        with self.file(path) as descriptor:
            parts, left = [], most_bytes
            while left > 0 and (part := os.read(descriptor, min(left, CHUNK_BYTES))):
                parts.append(part)
                left -= len(part)
        return b"".join(parts)


def _openat2(folder: int, path: str, flags: int, mode: int, resolve: int) -> int:
    how = struct.pack("QQQ", flags, mode, resolve)
    while True:
        descriptor: int = _libc.syscall(_OPENAT2, folder, os.fsencode(path), how, len(how))
        if descriptor >= 0:
            return descriptor
        number = ctypes.get_errno()
        # EAGAIN: something was renamed meanwhile, and the kernel could not be sure.
        if number not in (errno.EAGAIN, errno.EINTR):
            raise OSError(number, os.strerror(number), path)


def exchange(one: Path, other: Path) -> None:
    """Swap two paths of one file system in a single step."""
    if _libc.renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one), None, str(other))


def shown(path: str) -> str:
    """A path as text that any encoding takes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
