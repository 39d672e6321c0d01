"""The uploads and outputs folders of all sessions on the host; outputs are read as if a hostile sandbox wrote at that moment."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.contracts.contents import MOST_FILE_BYTES, ContentRefused
from workbench.contracts.files import FilesRefused
from workbench.contracts.shared_folders import Output, Outputs
from workbench.contracts.values import Session
from workbench.hands.files.bases import file_clock_ns
from workbench.hands.files.contents import PIECE_BYTES, StoredContents, missing
from workbench.hands.files.overlay import Found, below
from workbench.hands.files.removing import remove
from workbench.hands.files.safe_paths import Beneath, shown
from workbench.hands.files.workspace import OUTPUTS_FOLDER, UPLOADS_FOLDER, Workspace
from workbench.settings import Settings, make_private

MOST_AT_ONCE = 1000
MOST_BYTES_AT_ONCE = 4 << 30
TICK_NS = 20_000_000
"""A file may be written again within one tick of the kernel's clock and look the same: so young a file is read again."""
PLACED = "uploads.json"
NOTED = "outputs.json"


class SharedFoldersOnDisk:
    """`confines` says of a backend whether its sandboxes can only read what they are given to read: these get links.

    `bring_back` has the files of a session that works on another machine come here first.
    """

    def __init__(
        self,
        settings: Settings,
        contents: StoredContents,
        confines: Callable[[str], bool],
        bring_back: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._bring_back = bring_back
        self._settings = settings
        self._contents = contents
        self._confines = confines

    async def place(self, session: Session, uploads: Mapping[str, str]) -> None:
        # Asked before every call, most of which have nothing to be placed: a look costs less than a thread.
        if uploads or (self._folder(session.id) / PLACED).exists():
            await asyncio.to_thread(self._place, session, dict(uploads))

    async def collect(self, session_id: str) -> Outputs:
        # A session that only talks has no folder, and no sandbox anywhere whose record would lie in it.
        if not self._folder(session_id).exists():
            return Outputs()
        if self._bring_back is not None:
            await self._bring_back(session_id)
        return await asyncio.to_thread(self._collect, session_id)

    async def note(self, session_id: str, outputs: Sequence[Output]) -> None:
        await asyncio.to_thread(_add, self._folder(session_id) / NOTED, {one.path: one.stamp for one in outputs})

    def _folder(self, session_id: str) -> Path:
        return self._settings.sandboxes / session_id

    # ── uploads, in a thread ─────────────────────────────────────────────────────────────────────────────────────────

    def _place(self, session: Session, wanted: dict[str, str]) -> None:
        folder = self._folder(session.id)
        noted = folder / PLACED
        placed = _read(noted)
        if placed == wanted:
            return
        make_private(folder)
        uploads = folder / UPLOADS_FOLDER
        for path in [path for path, sha256 in placed.items() if wanted.get(path) != sha256]:
            _unlink(uploads, path)
            del placed[path]
        for path, sha256 in wanted.items():
            if path not in placed:
                self._put(uploads / path, sha256, linked=self._confines(session.backend))
                placed[path] = sha256
                _replace(noted, placed)
        _replace(noted, placed)

    def _put(self, target: Path, sha256: str, *, linked: bool) -> None:
        """A link costs nothing, and what a sandbox can only read it cannot change; otherwise it is a copy."""
        content, beside = self._contents.path(sha256), target.with_name(f".{target.name}.new")
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        try:
            if not (linked and _linked(content, beside)):
                shutil.copyfile(content, beside)
                beside.chmod(0o444)
            beside.replace(target)
        except FileNotFoundError:
            raise missing(sha256) from None
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise ContentRefused(f"{target} cannot be written: {error.strerror}", "no_space") from None

    # ── outputs, in a thread ─────────────────────────────────────────────────────────────────────────────────────────

    def _collect(self, session_id: str) -> Outputs:
        folder = self._folder(session_id)
        known = _read(folder / NOTED)
        look = _Look(self._contents, known)
        try:
            with Beneath(Workspace(folder, None).shared) as root:
                look.now_ns = file_clock_ns(folder)
                look.at(root)
        except FileNotFoundError:
            return Outputs()
        except BaseException:
            for output in look.files:
                self._contents.drop(output.staged)
            raise
        if look.is_whole and known.keys() - look.seen:
            _replace(folder / NOTED, {path: stamp for path, stamp in known.items() if path in look.seen})
        return Outputs(tuple(look.files), tuple(look.sentences()))


@dataclass
class _Look:
    """One look at an outputs folder."""

    contents: StoredContents
    known: Mapping[str, str]
    now_ns: int = 0
    files: list[Output] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    taken_bytes: int = 0
    is_whole: bool = True

    def at(self, root: Beneath) -> None:
        try:
            for found in below(root, OUTPUTS_FOLDER):
                self._add(root, found)
        except FilesRefused as refused:
            self.is_whole = False
            self._leave(str(refused), OUTPUTS_FOLDER)
        except OSError:
            # No folder, or a link in its place.
            self.is_whole = False

    def _add(self, root: Beneath, found: Found) -> None:
        path = shown(found.path.partition("/")[2])
        if found.kind == "folder":
            if found.closed:
                self._leave("cannot be looked into", path)
            return
        if found.kind != "file":
            self._leave("is no regular file", path)
            return
        self.seen.add(path)
        if self.known.get(path) == self._stamp(found.status):
            return
        if reason := self._no_room(found.status.st_size):
            self._leave(reason, path)
            return
        try:
            self._take(root, found, path)
        except ContentRefused as refused:
            self._leave(str(refused), path)
        except OSError as error:
            self._leave(f"cannot be read ({error.strerror})", path)

    def _no_room(self, size: int) -> str | None:
        if size > MOST_FILE_BYTES:
            return f"is larger than {MOST_FILE_BYTES >> 20} MB"
        if len(self.files) == MOST_AT_ONCE or self.taken_bytes + size > MOST_BYTES_AT_ONCE:
            return f"waits for the next rest: at most {MOST_AT_ONCE} files and {MOST_BYTES_AT_ONCE >> 30} GB are kept at once"
        return None

    def _take(self, root: Beneath, found: Found, path: str) -> None:
        with root.file(found.path) as descriptor:
            before = os.fstat(descriptor)
            writing = self.contents.write()
            try:
                for piece in _pieces(descriptor):
                    writing.add(piece)
                after = os.fstat(descriptor)
                is_same = _same(before, after)
                staged = writing.finish() if is_same else None
            except BaseException:
                self.contents.abandon(writing)
                raise
        if staged is None:
            self.contents.abandon(writing)
            self._leave("changed while it was read, and is looked at again at the next rest", path)
            return
        self.taken_bytes += staged.size_bytes
        self.files.append(Output(path, self._stamp(after), staged))

    def _stamp(self, status: os.stat_result) -> str:
        """Never the same twice for a file so young that it may still change unseen."""
        young = f" {self.now_ns}" if self.now_ns - status.st_ctime_ns < TICK_NS else ""
        return f"{status.st_ino} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}{young}"

    def _leave(self, reason: str, path: str) -> None:
        self.left_out.setdefault(reason, []).append(path)

    def sentences(self) -> Iterator[str]:
        """What was not taken, each reason once."""
        for reason, paths in self.left_out.items():
            more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
            yield f"{', '.join(paths[:3])}{more}: {reason}"


def _pieces(descriptor: int) -> Iterator[bytes]:
    while piece := os.read(descriptor, PIECE_BYTES):
        yield piece


def _same(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )


def _linked(content: Path, beside: Path) -> bool:
    """False where this file system has no (more) links of it; another fault is the caller's."""
    try:
        os.link(content, beside)
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.EMLINK, errno.EPERM, errno.EOPNOTSUPP):
            return False
        raise
    return True


def _unlink(uploads: Path, path: str) -> None:
    """Remove a file, and the folders that it leaves empty."""
    target = uploads / path
    if target.is_dir() and not target.is_symlink():
        # Only a sandbox without a container can have put it there.
        remove(target)
    target.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        for folder in target.parents:
            if folder == uploads:
                return
            folder.rmdir()


def _read(file: Path) -> dict[str, str]:
    """What was noted; lost or cut short it is nothing, and everything is done anew."""
    try:
        kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept


def _replace(file: Path, noted: Mapping[str, str]) -> None:
    make_private(file.parent)
    beside = file.with_name(file.name + ".new")
    beside.write_text(json.dumps(noted), encoding="utf-8")
    beside.replace(file)


def _add(file: Path, more: Mapping[str, str]) -> None:
    _replace(file, {**_read(file), **more})
