"""From a session's files to a checkpoint: only what changed since the last one is read."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.contracts.files import FilesRefused
from workbench.hands.files.bases import Bases, file_clock_ns
from workbench.hands.files.checkpoints import Checkpoint, Checkpoints, Kept
from workbench.hands.files.overlay import Found, below, refuse_closed
from workbench.hands.files.safe_paths import CHUNK_BYTES, Beneath, shown
from workbench.hands.files.session_changes import look
from workbench.hands.files.workspace import BASE_FOLDER, WRITABLE_FOLDER, Workspace
from workbench.settings import make_private

ROOTS = ("workspace", "upper", BASE_FOLDER, "session", WRITABLE_FOLDER)
"""What belongs to a checkpoint, under the session's folder."""
MOST_BYTES = 2 << 30
STAMPS = "stamps.json"
TICK_NS = 20_000_000
"""A file may be written again within one tick of the kernel's clock and look the same: so young a file is read again."""


@dataclass(frozen=True)
class Stamps:
    """By path, what `stat` said of a file and the digest of what was in it then."""

    made_at_ns: int = 0
    of: Mapping[str, list[int | str]] = field(default_factory=dict)

    def digest(self, path: str, status: os.stat_result) -> str | None:
        """The digest of a file that has not changed since."""
        known = self.of.get(path)
        if known is None or status.st_ctime_ns > self.made_at_ns - TICK_NS:
            return None
        return str(known[-1]) if known[:-1] == _stamp(status) else None


def keep(workspace: Workspace, seq: int) -> None:
    """Add a checkpoint of the files as they are; where they cannot be kept, one that says why."""
    if not workspace.folder.is_dir():
        return
    known = Checkpoints(workspace.checkpoints)
    try:
        make_private(known.contents)
        if known.add(_made_or_fault(workspace, known, seq)):
            known.trim()
    except OSError:
        # Not even a note can be written: what is asked of this place later gets the checkpoint before it, or none.
        known.forget_from(seq)


def _made_or_fault(workspace: Workspace, known: Checkpoints, seq: int) -> Checkpoint:
    try:
        return _made(workspace, known, seq)
    except FilesRefused as fault:
        return Checkpoint(seq, fault=str(fault))
    except OSError as error:
        return Checkpoint(seq, fault=f"{shown(str(error.filename or ''))}: {error.strerror}")


def _made(workspace: Workspace, known: Checkpoints, seq: int) -> Checkpoint:
    moment = file_clock_ns(workspace.folder)
    base = _looked(workspace)
    reading = _Reading(known, _stamps(known.folder), known.stored())
    size = 0
    for root in ROOTS:
        if not (workspace.folder / root).is_dir():
            continue
        with Beneath(workspace.folder / root) as opened:
            for found in below(opened):
                size += found.status.st_size if found.kind == "file" else 0
                if size > MOST_BYTES:
                    raise FilesRefused(
                        f"they are over {MOST_BYTES >> 30} GB with {shown(found.path)}; remove large files"
                    )
                reading.add(opened, root, found)
    (known.folder / STAMPS).write_text(json.dumps([moment, reading.stamps]))
    return Checkpoint(seq, tuple(reading.files), base.json() if base else {})


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
    stamps: dict[str, list[int | str]] = field(default_factory=dict)

    def add(self, opened: Beneath, root: str, found: Found) -> None:
        path, moment = f"{root}/{found.path}", found.status.st_mtime_ns
        match found.kind:
            case "folder":
                refuse_closed(found)
                self.files.append(Kept(path, "folder", found.mode, moment, opaque=found.opaque))
            case "link":
                self.files.append(Kept(path, "link", content=opened.target(found.path)))
            case "gone":
                self.files.append(Kept(path, "gone"))
            case "file":
                digest = self.before.digest(path, found.status)
                if digest is None or digest not in self.stored:
                    digest = self._store(opened, found)
                self.stamps[path] = [*_stamp(found.status), digest]
                self.files.append(Kept(path, "file", found.mode, moment, content=digest))

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


def _stamp(status: os.stat_result) -> list[int | str]:
    return [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _stamps(folder: Path) -> Stamps:
    try:
        made_at_ns, of = json.loads((folder / STAMPS).read_text())
        return Stamps(made_at_ns, of)
    except (OSError, ValueError):
        return Stamps()
