"""From a session's files to a checkpoint: only what changed since the last one is read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field, replace

from workbench.contracts.files import FilesRefused
from workbench.hands.files import settling
from workbench.hands.files.bases import Bases, file_clock_ns
from workbench.hands.files.checkpoints import Checkpoint, Checkpoints, Kept
from workbench.hands.files.overlay import Found, refuse_closed
from workbench.hands.files.safe_paths import CHUNK_BYTES, Beneath, shown
from workbench.hands.files.session_changes import look
from workbench.hands.files.stamps import Stamp, Stamps, everything, forget_stamps, stamp, stamps_in
from workbench.hands.files.workspace import Workspace
from workbench.settings import make_private

MOST_BYTES = 2 << 30


def keep(workspace: Workspace, seq: int) -> bool:
    """Add a checkpoint of the files as they are; where they cannot be kept, one that says why.

    Returns:
        False where the files of this very place were kept before, and have not changed since.
    """
    if not workspace.folder.is_dir():
        return True
    known = Checkpoints(workspace.checkpoints)
    try:
        make_private(known.contents)
        place = _known_place(workspace, known, seq)
        if place is None:
            _keep_anew(workspace, known, seq)
        return place != seq
    except OSError:
        # Not even a note can be written: what is asked of this place later gets the checkpoint before it, or none.
        known.forget_from(seq)
        return True


def _known_place(workspace: Workspace, known: Checkpoints, seq: int) -> int | None:
    """The place at which the files were last seen as they are now, where a checkpoint tells of them; else None."""
    at = settling.stands_at(workspace.folder)
    if at is not None and known.add_again(at, seq):
        return at
    stamps = stamps_in(known.folder)
    if known.seqs()[-1:] != [stamps.listed] or stamps.listed > seq:
        return None
    try:
        if not stamps.tell_of((path, found) for _, path, found in everything(workspace.folder)):
            return None
    except (FilesRefused, OSError):
        return None
    if stamps.place != seq:
        replace(stamps, place=seq).save(known.folder)
    return stamps.place


def _keep_anew(workspace: Workspace, known: Checkpoints, seq: int) -> None:
    made, stamps = _made_or_fault(workspace, known, seq)
    is_other = known.add(made)
    if made.fault:
        forget_stamps(known.folder)
    else:
        replace(stamps, listed=known.seqs()[-1]).save(known.folder)
    if is_other:
        known.trim()


def _made_or_fault(workspace: Workspace, known: Checkpoints, seq: int) -> tuple[Checkpoint, Stamps]:
    try:
        return _made(workspace, known, seq)
    except FilesRefused as fault:
        return Checkpoint(seq, fault=str(fault)), Stamps()
    except OSError as error:
        return Checkpoint(seq, fault=f"{shown(str(error.filename or ''))}: {error.strerror}"), Stamps()


def _made(workspace: Workspace, known: Checkpoints, seq: int) -> tuple[Checkpoint, Stamps]:
    moment = file_clock_ns(workspace.folder)
    base = _looked(workspace)
    reading = _Reading(known, stamps_in(known.folder), known.stored())
    size = 0
    for opened, path, found in everything(workspace.folder):
        size += found.status.st_size if found.kind == "file" else 0
        if size > MOST_BYTES:
            raise FilesRefused(f"they are over {MOST_BYTES >> 30} GB with {shown(found.path)}; remove large files")
        reading.add(opened, path, found)
    checkpoint = Checkpoint(seq, tuple(reading.files), base.json() if base else {})
    return checkpoint, Stamps(moment, seq, seq, reading.stamps)


def _looked(workspace: Workspace) -> Bases | None:
    """The bases brought up to date, and saved; None where there is no project to differ from."""
    if workspace.project is None or not workspace.project.is_dir() or not workspace.upper.is_dir():
        return None
    workspace.base.mkdir(mode=0o700, exist_ok=True)
    with Beneath(workspace.project) as project, Beneath(workspace.upper) as upper, Beneath(workspace.base) as base:
        return look(workspace, project, upper, base).known


@dataclass
class _Reading:
    """What was kept so far; `stored` are the digests of contents that need not be written again."""

    known: Checkpoints
    before: Stamps
    stored: set[str]
    files: list[Kept] = field(default_factory=list)
    stamps: dict[str, Stamp] = field(default_factory=dict)

    def add(self, opened: Beneath, path: str, found: Found) -> None:
        moment, content = found.status.st_mtime_ns, ""
        match found.kind:
            case "folder":
                refuse_closed(found)
                self.files.append(Kept(path, "folder", found.mode, moment, opaque=found.opaque))
            case "link":
                self.files.append(Kept(path, "link", content=opened.target(found.path)))
            case "gone":
                self.files.append(Kept(path, "gone"))
            case "file":
                known = self.before.digest(path, found.status)
                content = known if known in self.stored else self._store(opened, found)
                self.files.append(Kept(path, "file", found.mode, moment, content=content))
        self.stamps[path] = stamp(found.status, content)

    def _store(self, opened: Beneath, found: Found) -> str:
        """Have a file's content under its digest, which it returns."""
        with opened.file(found.path) as source:
            first = os.read(source, CHUNK_BYTES)
            digest = hashlib.sha256(first)
            if len(first) < CHUNK_BYTES and digest.hexdigest() in self.stored:
                return digest.hexdigest()
            beside, left = self.known.content(f"new-{secrets.token_hex(4)}"), MOST_BYTES
            try:
                with open(beside, "xb") as target:
                    target.write(first)
                    while left > 0 and (chunk := os.read(source, CHUNK_BYTES)):
                        digest.update(chunk)
                        target.write(chunk)
                        left -= len(chunk)
                if found.mode & stat.S_IRUSR:
                    # As the file is: a fork or a rewind takes it by one more name, and reads none of it.
                    os.chmod(beside, found.mode)
                    os.utime(beside, ns=(found.status.st_mtime_ns, found.status.st_mtime_ns))
                os.rename(beside, self.known.content(digest.hexdigest()))
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(beside)
                raise
        self.stored.add(digest.hexdigest())
        return digest.hexdigest()
