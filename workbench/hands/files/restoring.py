"""From a checkpoint back to a session's files: a fork's are built in their place, a rewind's beside it and then exchanged."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from workbench.contracts.files import FilesRefused
from workbench.hands.files import bases, overlay, settling
from workbench.hands.files.bases import Bases
from workbench.hands.files.checkpoints import Checkpoint, Checkpoints, Kept
from workbench.hands.files.removing import remove
from workbench.hands.files.safe_paths import exchange
from workbench.hands.files.stamps import ROOTS
from workbench.hands.files.workspace import Workspace
from workbench.hands.git import began, record
from workbench.settings import make_private


def restore(source: Workspace, seq: int, target: Workspace) -> None:
    """Give `target` the files that `source` had at a place of its log, and the checkpoints up to there.

    Raises:
        FilesRefused: they were not kept, or there is no space; the target's files are as they were.
    """
    known = Checkpoints(source.checkpoints)
    checkpoint = known.at(seq)
    make_private(target.folder)
    try:
        settling.gather(source.folder)
        if target.folder != source.folder:
            others = Checkpoints(target.checkpoints)
            as_files = {kept.content for kept in checkpoint.files if settling.is_given_as_file(kept)}
            known.hand_over(others, seq, as_files)
            record.hand_over(source.folder, target.folder)
            began.hand_over(source.folder, target.folder)
        with settling.alone(target.folder):
            _put(checkpoint, known, target.folder)
    except OSError as error:
        raise FilesRefused(f"the files could not be put back: {error.strerror} ({error.filename})") from None
    remove(target.work)
    if checkpoint.bases:
        Bases(**checkpoint.bases).save(target.folder)
    else:
        (target.folder / bases.FILE_NAME).unlink(missing_ok=True)


def _put(checkpoint: Checkpoint, known: Checkpoints, folder: Path) -> None:
    """Have the files in a session's folder; what stood there goes when they are settled."""
    if not any((folder / root).exists() for root in ROOTS):
        settling.mark(folder, checkpoint.seq)
        try:
            _build(folder, checkpoint.files, known)
        except OSError:
            for root in ROOTS:
                remove(folder / root)
            raise
        return
    beside = settling.place_beside(folder)
    try:
        _build(beside, checkpoint.files, known)
        settling.mark(folder)
        for root in ROOTS:
            (folder / root).mkdir(exist_ok=True)
            exchange(beside / root, folder / root)
    except OSError:
        remove(beside)
        raise
    settling.mark(folder, checkpoint.seq)


def _build(place: Path, files: Sequence[Kept], known: Checkpoints) -> None:
    """A checkpoint's paths come from names that were listed, folders first: nothing in it is a way out."""
    for root in ROOTS:
        (place / root).mkdir()
    folders = []
    # A session that never had a file has no contents.
    with _opened(known.contents if files else place) as contents, _opened(place) as here:
        for kept in files:
            match kept.kind:
                case "file":
                    _give(contents, here, kept)
                case "folder":
                    os.mkdir(kept.path, 0o700, dir_fd=here)
                    if kept.opaque:
                        overlay.mark_opaque(f"{place}/{kept.path}")
                    folders.append(kept)
                case "link":
                    os.symlink(kept.content, kept.path, dir_fd=here)
                case "gone":
                    os.mknod(kept.path, stat.S_IFCHR | 0o600, os.makedev(0, 0), dir_fd=here)
        for kept in reversed(folders):
            os.utime(kept.path, ns=(kept.mtime_ns, kept.mtime_ns), dir_fd=here)
            os.chmod(kept.path, kept.mode, dir_fd=here)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _give(contents: int, here: int, kept: Kept) -> None:
    """Have the file's content there: as one more name of the stored one, where that has the same mode and time."""
    with contextlib.suppress(OSError):
        status = os.stat(kept.content, dir_fd=contents)
        if (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (kept.mode, kept.mtime_ns):
            os.link(kept.content, kept.path, src_dir_fd=contents, dst_dir_fd=here)
            return
    source = os.open(kept.content, os.O_RDONLY, dir_fd=contents)
    try:
        settling.copy(source, kept.path, here)
    finally:
        os.close(source)
    os.chmod(kept.path, kept.mode, dir_fd=here)
    os.utime(kept.path, ns=(kept.mtime_ns, kept.mtime_ns), dir_fd=here)
