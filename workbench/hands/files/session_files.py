"""Every session's files on the host: one thing at a time for each session, and one change at a time for each project."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
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
"""After the last fork or rewind of any session: who asks for several in a row has the answers first."""


class SessionFiles:
    """The files of all sessions; of both promises about files."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._unsettled: dict[str, Session] = {}
        self._later: asyncio.TimerHandle | None = None
        self._settling: asyncio.Task[None] | None = None

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

    async def checkpoint(self, session: Session, seq: int) -> bool:
        workspace = workspace_of(self._settings, session)
        # A session that only talks has no files, and waits for no thread.
        return not workspace.folder.is_dir() or await self._alone(session.id, lambda: keep(workspace, seq))

    async def restore(self, source: Session, seq: int, target: Session) -> None:
        self._refuse_live(target)
        old, new = workspace_of(self._settings, source), workspace_of(self._settings, target)
        await self._alone(source.id, lambda: restore(old, seq, new))
        self._unsettled[target.id] = target
        if self._later is not None:
            self._later.cancel()
        self._later = asyncio.get_running_loop().call_later(SETTLE_AFTER_S, self._begin_settling)

    def _begin_settling(self) -> None:
        self._later = None
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_what_waits())

    async def _settle_what_waits(self) -> None:
        """So that the next sandbox need not wait for it; one session at a time, as each may copy much."""
        while self._unsettled and self._later is None:
            session = self._unsettled.pop(next(iter(self._unsettled)))
            # Whatever it is, who needs the files is told.
            with contextlib.suppress(FilesRefused, OSError):
                await self._alone(session.id, partial(self._settled, session))

    async def evidence(self, session: Session, seq: int) -> Evidence:
        workspace = workspace_of(self._settings, session)

        def kept() -> Evidence:
            settling.gather(workspace.folder)
            return evidence(Checkpoints(workspace.checkpoints), seq)

        return await self._alone(session.id, kept)

    async def forks(self) -> list[str]:
        return await asyncio.to_thread(lambda: [one.name for one in self._settings.sandboxes.glob(f"{PREFIX}*")])

    async def erase(self, session_id: str) -> None:
        self._unsettled.pop(session_id, None)
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
            settling.settle_or_refuse(self._settings.sandboxes / session.id)
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

    def _settled(self, session: Session) -> None:
        """What the project's files are now is what a fork's differ from."""
        folder = self._settings.sandboxes / session.id
        # A copy that was made for a moment is gone, and its lock with it.
        if folder.is_dir():
            settling.settle_or_refuse(folder)
            if session.project:
                with self._opened(session) as files:
                    files.look()

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
