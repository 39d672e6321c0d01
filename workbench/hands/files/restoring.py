"""From a checkpoint back to a session's files: built beside them, then exchanged with them."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from workbench.contracts.files import FilesRefused
from workbench.hands.files import bases, overlay, settling
from workbench.hands.files.bases import Bases
from workbench.hands.files.checkpoint_writer import ROOTS
from workbench.hands.files.checkpoints import Checkpoints, Kept
from workbench.hands.files.safe_paths import exchange
from workbench.hands.files.workspace import Workspace, remove
from workbench.hands.git import began, record
from workbench.settings import make_private

BESIDE = "restoring"


def restore(source: Workspace, seq: int, target: Workspace) -> None:
    """Give `target` the files that `source` had at a place of its log, and the checkpoints up to there.

    Raises:
        FilesRefused: they were not kept, or there is no space; the target's files are as they were.
    """
    known = Checkpoints(source.checkpoints)
    checkpoint = known.at(seq)
    make_private(target.folder)
    if target.folder != source.folder:
        known.hand_over(Checkpoints(target.checkpoints), seq)
        record.hand_over(source.folder, target.folder)
        began.hand_over(source.folder, target.folder)
    beside = target.folder / BESIDE
    try:
        remove(beside)
        shares = _build(beside, checkpoint.files, known)
        with settling.alone(target.folder):
            if shares:
                settling.mark(target.folder)
            for root in ROOTS:
                (target.folder / root).mkdir(exist_ok=True)
                exchange(beside / root, target.folder / root)
    except OSError as error:
        raise FilesRefused(f"the files could not be put back: {error.strerror} ({error.filename})") from None
    finally:
        remove(beside)
    remove(target.work)
    if checkpoint.bases:
        Bases(**checkpoint.bases).save(target.folder)
    else:
        (target.folder / bases.FILE_NAME).unlink(missing_ok=True)


def _build(beside: Path, files: Iterable[Kept], known: Checkpoints) -> bool:
    """Whether files share their bytes with the checkpoint. Its paths come from names that were listed, folders first: nothing in it is a
    way out."""
    shares = False
    for root in ROOTS:
        (beside / root).mkdir(parents=True)
    folders = []
    for kept in files:
        path = f"{beside}/{kept.path}"
        match kept.kind:
            case "folder":
                os.mkdir(path, 0o700)
                if kept.opaque:
                    overlay.mark_opaque(path)
                folders.append((path, kept))
            case "link":
                os.symlink(kept.content, path)
            case "gone":
                os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(0, 0))
            case _:
                shares = _given(known.content(kept.content), path, kept) or shares
    for path, kept in reversed(folders):
        os.utime(path, ns=(kept.mtime_ns, kept.mtime_ns))
        os.chmod(path, kept.mode)
    return shares


def _given(content: str, path: str, kept: Kept) -> bool:
    """Have the file's content there; whether as one more name of the stored one, which then has the same mode and time."""
    with contextlib.suppress(OSError):
        status = os.stat(content)
        if (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (kept.mode, kept.mtime_ns):
            os.link(content, path)
            return True
    with open(content, "rb", buffering=0) as source:
        settling.copy(source.fileno(), path)
    os.chmod(path, kept.mode)
    os.utime(path, ns=(kept.mtime_ns, kept.mtime_ns))
    return False
