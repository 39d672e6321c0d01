"""Files that were put back share their bytes with the checkpoint until something may write to them: then each gets its own."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from workbench.contracts.files import FilesRefused
from workbench.hands.files.bases import file_clock_ns
from workbench.hands.files.checkpoints import FOLDER, Checkpoints, Kept
from workbench.hands.files.overlay import below
from workbench.hands.files.removing import remove
from workbench.hands.files.safe_paths import Beneath
from workbench.hands.files.stamps import stamps_of

WRITTEN: Final = ("workspace", "upper", "session", "folders")
"""What sandboxes and a person's choices write to, under the session's folder."""
MARK: Final = "shared"
"""In a session's folder while files of it are links to a checkpoint's contents; it names the checkpoint once all stand as it has them."""
_REPLACED: Final = "replaced-"
"""Begins the names, in a session's folder, of what is being put in place and then of what stood there before."""
_LOCK: Final = "settling.lock"
_BESIDE: Final = "settling"


def mark(folder: Path, stands_at: int | None = None) -> None:
    """Say that files of this session are links to contents; to be done `alone`, with their putting in place."""
    beside = folder / f"{MARK}.new"
    beside.write_text("" if stands_at is None else str(stands_at))
    beside.replace(folder / MARK)


def place_beside(folder: Path) -> Path:
    """A new folder for files that are exchanged with the session's; what it has then is removed when they are settled."""
    return Path(tempfile.mkdtemp(prefix=_REPLACED, dir=folder))


def stands_at(folder: Path) -> int | None:
    """The checkpoint that was put back whole, where nothing can have written to the files since."""
    try:
        return int((folder / MARK).read_text())
    except (OSError, ValueError):
        return None


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
        _gather(folder)
        for root in WRITTEN:
            if (folder / root).is_dir():
                with Beneath(folder / root) as opened:
                    for path in _shared(opened):
                        _part(opened, path, folder / _BESIDE)
        if (at := stands_at(folder)) is not None:
            _note_stamps(folder, at)
        for left in folder.glob(f"{_REPLACED}*"):
            with suppress(FilesRefused):
                remove(left)
        (folder / MARK).unlink()


def settle_or_refuse(folder: Path) -> None:
    """The same before a person's choice changes the files.

    Raises:
        FilesRefused: there is no space.
    """
    try:
        settle(folder)
    except OSError as error:
        raise FilesRefused(f"the session's files cannot be written: {error.strerror}; free some space") from None


def is_given_as_file(kept: Kept) -> bool:
    """Whether a fork gets this content as its file alone: nothing writes to that before it is settled."""
    return kept.kind == "file" and kept.path.partition("/")[0] in WRITTEN


def gather(folder: Path) -> None:
    """Have every content of a fork's checkpoints stored with them, before it is asked for.

    Raises:
        OSError: there is no space.
    """
    if stands_at(folder) is not None:
        with alone(folder):
            _gather(folder)


def _gather(folder: Path) -> None:
    """A fork has the contents of the checkpoint that it was made from as its files alone, until these are parted."""
    if (at := stands_at(folder)) is None:
        return
    known = Checkpoints(folder / FOLDER)
    checkpoint = known.last(at)
    if checkpoint is None or checkpoint.seq != at:
        return
    stored = known.stored()
    for kept in checkpoint.files:
        if is_given_as_file(kept) and kept.content not in stored:
            with suppress(FileNotFoundError):
                _store(folder, kept.path, known.content(kept.content))
                stored.add(kept.content)


def _store(folder: Path, path: str, content: str) -> None:
    """Have a file's content stored as one more name of the file."""
    try:
        os.link(folder / path, content)
    except OSError as error:
        if error.errno != errno.EMLINK:
            raise
        root, _, inner = path.partition("/")
        with Beneath(folder / root) as opened:
            _part(opened, inner, folder / _BESIDE)
        os.link(folder / path, content)


def _note_stamps(folder: Path, at: int) -> None:
    """So that the next checkpoint reads only what a sandbox writes from now on."""
    known = Checkpoints(folder / FOLDER)
    # Where they cannot be noted, it reads every file.
    with suppress(FilesRefused, OSError):
        checkpoint, moment = known.last(at), file_clock_ns(folder)
        if checkpoint is not None and checkpoint.seq == at:
            stamps_of(folder, checkpoint, moment).save(known.folder)


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


def copy(source: int, path: Path | str, folder: int | None = None) -> None:
    """A new file (below `folder`, a descriptor) with what an open one holds; the kernel shares the blocks where the file system can."""
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
    with open(source, "rb", buffering=0, closefd=False) as content, open(made, "wb", buffering=0) as target:
        try:
            while os.copy_file_range(source, target.fileno(), 1 << 30):
                pass
        except OSError:
            content.seek(0)
            target.seek(0)
            target.truncate()
            shutil.copyfileobj(content, target)
