"""From a session's files to a checkpoint: only what changed since the last one is read."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.contracts import FilesRefused
from workbench.hands import bases
from workbench.hands.bases import Bases, file_clock_ns
from workbench.hands.beneath import CHUNK_BYTES, Beneath, shown
from workbench.hands.changes import compare
from workbench.hands.checkpoints import Checkpoint, Checkpoints, Kept
from workbench.hands.overlay import Found, below, refuse_closed
from workbench.hands.workspace import Workspace
from workbench.settings import make_private

ROOTS = ("workspace", "upper", "session")
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
    make_private(known.contents)
    try:
        try:
            known.add(_made(workspace, known, seq))
        except FilesRefused as fault:
            known.add(Checkpoint(seq, fault=str(fault)))
        except OSError as error:
            known.add(Checkpoint(seq, fault=f"{shown(error.filename or '')}: {error.strerror}"))
        known.trim()
    except OSError:
        # Not even a note can be written: what is asked of this place later gets the checkpoint before it, or none.
        known.forget_from(seq)


def _made(workspace: Workspace, known: Checkpoints, seq: int) -> Checkpoint:
    moment = file_clock_ns(workspace.folder)
    base = _looked(workspace, moment)
    before, now = _stamps(known.folder), dict[str, list[int | str]]()
    files: list[Kept] = []
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
                files += _kept(opened, root, found, known, before, now)
    (known.folder / STAMPS).write_text(json.dumps([moment, now]))
    return Checkpoint(seq, tuple(files), base.json() if base else {})


def _looked(workspace: Workspace, moment: int) -> Bases | None:
    """The bases brought up to date, and saved; None where there is no project to differ from."""
    if workspace.project is None or not workspace.project.is_dir() or not workspace.upper.is_dir():
        return None
    with Beneath(workspace.project) as project, Beneath(workspace.upper) as upper:
        looked = bases.load(workspace.folder).looked(project, compare(upper, project).changes, moment)
    looked.save(workspace.folder)
    return looked


def _kept(
    opened: Beneath, root: str, found: Found, known: Checkpoints, before: Stamps, now: dict[str, list[int | str]]
) -> Iterator[Kept]:
    path = f"{root}/{found.path}"
    match found.kind:
        case "folder":
            refuse_closed(found)
            yield Kept(path, "folder", found.mode, found.status.st_mtime_ns, opaque=found.opaque)
        case "link":
            yield Kept(path, "link", content=opened.target(found.path))
        case "gone":
            yield Kept(path, "gone")
        case "file":
            digest = before.digest(path, found.status)
            if digest is None or not known.content(digest).exists():
                digest = _stored(opened, found, known)
            now[path] = [*_stamp(found.status), digest]
            yield Kept(path, "file", found.mode, found.status.st_mtime_ns, content=digest)


def _stored(opened: Beneath, found: Found, known: Checkpoints) -> str:
    """Copy a file's content under its digest, which it returns."""
    beside = known.contents / f"new-{secrets.token_hex(4)}"
    digest, left = hashlib.sha256(), MOST_BYTES
    try:
        with opened.file(found.path) as source, beside.open("wb") as target:
            while left > 0 and (chunk := os.read(source, min(CHUNK_BYTES, left))):
                digest.update(chunk)
                target.write(chunk)
                left -= len(chunk)
        beside.replace(known.content(digest.hexdigest()))
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    return digest.hexdigest()


def _stamp(status: os.stat_result) -> list[int | str]:
    return [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _stamps(folder: Path) -> Stamps:
    try:
        made_at_ns, of = json.loads((folder / STAMPS).read_text())
        return Stamps(made_at_ns, of)
    except (OSError, ValueError):
        return Stamps()
