"""Files that were put back share their bytes with the checkpoint until something may write to them: then each gets its own."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from workbench.hands.files.overlay import below
from workbench.hands.files.safe_paths import Beneath

WRITTEN: Final = ("workspace", "upper", "session", "folders")
"""What sandboxes and a person's choices write to, under the session's folder."""
MARK: Final = "shared"
"""In a session's folder while files of it are links to a checkpoint's contents."""
_LOCK: Final = "settling.lock"
_BESIDE: Final = "settling"


def mark(folder: Path) -> None:
    """Say that files of this session are links to contents; to be done `alone`, with their putting in place."""
    (folder / MARK).touch(mode=0o600)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Against every other thread that settles the session's files or puts others in their place."""
    with open(folder / _LOCK, "ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def settle(folder: Path) -> None:
    """Give every file bytes of its own, where it has not.

    Raises:
        OSError: there is no space; what is left goes on sharing.
    """
    if not (folder / MARK).exists():
        return
    with alone(folder):
        # Settled meanwhile, a sandbox may work on them, and links are its own.
        if not (folder / MARK).exists():
            return
        for root in WRITTEN:
            if (folder / root).is_dir():
                with Beneath(folder / root) as opened:
                    for path in _shared(opened):
                        _part(opened, path, folder / _BESIDE)
        (folder / MARK).unlink()


def _shared(opened: Beneath) -> Iterator[str]:
    for found in below(opened):
        if found.kind == "file" and found.status.st_nlink > 1:
            yield found.path


def _part(opened: Beneath, path: str, beside: Path) -> None:
    """Put a copy in the file's place, and leave its folder as it was."""
    beside.unlink(missing_ok=True)
    with opened.file(path) as source:
        status = os.fstat(source)
        copy(source, beside)
    os.chmod(beside, status.st_mode & 0o7777)
    os.utime(beside, ns=(status.st_atime_ns, status.st_mtime_ns))
    with opened.parent(path) as (folder, name):
        was = os.fstat(folder)
        os.fchmod(folder, was.st_mode & 0o7777 | 0o300)
        os.rename(beside, name, dst_dir_fd=folder)
        os.utime(folder, ns=(was.st_atime_ns, was.st_mtime_ns))
        os.fchmod(folder, was.st_mode & 0o7777)


def copy(source: int, path: Path | str) -> None:
    """A new file with what an open one holds; the kernel shares the blocks where the file system can."""
    with open(source, "rb", buffering=0, closefd=False) as content, open(path, "xb", buffering=0) as target:
        try:
            while os.copy_file_range(source, target.fileno(), 1 << 30):
                pass
        except OSError:
            content.seek(0)
            target.seek(0)
            target.truncate()
            shutil.copyfileobj(content, target)
