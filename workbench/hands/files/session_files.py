"""Every session's files on the host: one thing at a time for each session, and one change at a time for each project."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from workbench.contracts.files import Applied, FileChanges, FileDiff, FilesRefused, HunkName, Review, Take
from workbench.contracts.forks import PREFIX, Evidence
from workbench.contracts.values import Session
from workbench.hands import sandbox_record
from workbench.hands.files import settling
from workbench.hands.files.applying_again import applied
from workbench.hands.files.checkpoint_writer import keep
from workbench.hands.files.checkpoints import Checkpoints
from workbench.hands.files.evidence import evidence
from workbench.hands.files.open_files import OpenFiles
from workbench.hands.files.restoring import restore
from workbench.hands.files.safe_paths import Beneath
from workbench.hands.files.workspace import erase, workspace_of
from workbench.settings import Settings

T = TypeVar("T")

SETTLE_AFTER_S = 1.0
"""After a fork or a rewind, when who asked for it has the answer."""


class SessionFiles:
    """The files of all sessions; of both promises about files."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._settling: set[asyncio.Task[None]] = set()

    async def changes(self, session: Session) -> FileChanges:
        return await self._reading(session, lambda files: files.changes())

    async def diff(self, session: Session, *, binary: bool = False) -> FileDiff:
        return await self._reading(session, lambda files: files.diff(binary=binary))

    async def review(self, session: Session, paths: Sequence[str] | None) -> Review:
        return await self._reading(session, lambda files: files.review(paths))

    async def apply(self, session: Session, paths: Sequence[str] | None, *, take: Take | None = None) -> FileChanges:
        return await self._writing(session, lambda files: files.apply(paths, take=take))

    async def apply_hunks(
        self, session: Session, hunks: Sequence[HunkName], *, take: Take | None = None
    ) -> FileChanges:
        return await self._writing(session, lambda files: files.apply_hunks(hunks, take=take))

    async def discard(self, session: Session, paths: Sequence[str], hunks: Sequence[HunkName]) -> FileChanges:
        return await self._writing(session, lambda files: files.discard(paths, hunks))

    async def applied(self, session: Session) -> Applied:
        return await self._reading(session, lambda files: applied(files.workspace.folder, files.project))

    async def apply_again(
        self, session: Session, paths: Sequence[str] | None, *, take: Take | None = None
    ) -> FileChanges:
        return await self._writing(session, lambda files: files.apply_again(paths, take=take))

    async def checkpoint(self, session: Session, seq: int) -> None:
        workspace = workspace_of(self._settings, session)
        # A session that only talks has no files, and waits for no thread.
        if workspace.folder.is_dir():
            await self._alone(session.id, lambda: keep(workspace, seq))

    async def restore(self, source: Session, seq: int, target: Session) -> None:
        self._refuse_live(target)
        old, new = workspace_of(self._settings, source), workspace_of(self._settings, target)
        await self._alone(source.id, lambda: restore(old, seq, new))
        later = asyncio.create_task(self._settle_later(target.id))
        self._settling.add(later)
        later.add_done_callback(self._settling.discard)

    async def _settle_later(self, session_id: str) -> None:
        """So that the next sandbox need not wait for it."""
        await asyncio.sleep(SETTLE_AFTER_S)
        folder = self._settings.sandboxes / session_id
        # A copy that was made for a moment is gone, and its lock with it.
        if folder.is_dir():
            with contextlib.suppress(FilesRefused):
                await self._alone(session_id, lambda: _settle(folder))

    async def evidence(self, session: Session, seq: int) -> Evidence:
        known = Checkpoints(workspace_of(self._settings, session).checkpoints)
        return await self._alone(session.id, lambda: evidence(known, seq))

    async def forks(self) -> list[str]:
        return await asyncio.to_thread(lambda: [one.name for one in self._settings.sandboxes.glob(f"{PREFIX}*")])

    async def erase(self, session_id: str) -> None:
        await self._alone(session_id, lambda: erase(self._settings, session_id))
        self._turns.pop(session_id, None)

    async def _reading(self, session: Session, work: Callable[[OpenFiles], T]) -> T:
        _refuse_without_project(session)

        def done() -> T:
            with self._opened(session) as files:
                return work(files)

        return await self._alone(session.id, done)

    async def _writing(self, session: Session, work: Callable[[OpenFiles], T]) -> T:
        _refuse_without_project(session)

        def done() -> T:
            self._refuse_live(session)
            _settle(self._settings.sandboxes / session.id)
            with self._opened(session) as files:
                return work(files)

        async with self._turns[session.project or ""]:
            return await self._alone(session.id, done)

    async def _alone(self, session_id: str, work: Callable[[], T]) -> T:
        async with self._turns[session_id]:
            return await asyncio.to_thread(work)

    # ── in a thread ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _refuse_live(self, session: Session) -> None:
        record = sandbox_record.load(self._settings.sandboxes / session.id)
        if record is not None and record.is_alive():
            raise FilesRefused(f"the sandbox of {session.id} still runs on these files; try again when it has ended")

    @contextlib.contextmanager
    def _opened(self, session: Session) -> Iterator[OpenFiles]:
        workspace = workspace_of(self._settings, session)
        assert workspace.project is not None
        if not workspace.project.is_dir():
            raise FilesRefused(f"the project folder {workspace.project} is not there; put it back")
        copy = workspace.own / workspace.project.name
        if copy.is_dir() and any(copy.iterdir()):
            # In a container the project's overlay lies over this folder, which stays empty.
            raise FilesRefused(
                f"session {session.id} works on a copy of its project, without an overlay; compare them yourself: "
                f"diff -ru {shlex.quote(str(workspace.project))} {shlex.quote(str(copy))}"
            )
        for folder in (workspace.upper, workspace.base):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with Beneath(workspace.project) as project, Beneath(workspace.upper) as upper, Beneath(workspace.base) as base:
            yield OpenFiles(workspace, project, upper, base)


def _refuse_without_project(session: Session) -> None:
    if not session.project:
        raise FilesRefused(f"session {session.id} has no project; start one with: workbench run -C DIR")


def _settle(folder: Path) -> None:
    try:
        settling.settle(folder)
    except OSError as error:
        raise FilesRefused(f"the session's files cannot be written: {error.strerror}; free some space") from None
