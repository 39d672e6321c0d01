"""Every session's files on the host: what they differ in from the project, apply, checkpoints, and their end."""

from __future__ import annotations

import asyncio
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from workbench.contracts.files import FileChange, FileChanges, FileDiff, FilesRefused
from workbench.contracts.values import Session
from workbench.hands import sandbox_record
from workbench.hands.files import applying, bases, difference, ignoring
from workbench.hands.files.bases import Bases
from workbench.hands.files.cautions import caution
from workbench.hands.files.changes import Change, Comparison, compare
from workbench.hands.files.checkpoint_writer import keep
from workbench.hands.files.restoring import restore
from workbench.hands.files.safe_paths import Beneath, shown
from workbench.hands.files.workspace import Workspace, erase, workspace_of
from workbench.hands.git.rules_above import rules_above
from workbench.hands.git.standing import note_applied
from workbench.settings import Settings

T = TypeVar("T")


class SessionFiles:
    """The files of all sessions; one thing at a time for each session, and one apply at a time for each project."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def changes(self, session: Session) -> FileChanges:
        return await self._alone(session.id, lambda: self._changes(session))

    async def diff(self, session: Session, *, binary: bool = False) -> FileDiff:
        return await self._alone(session.id, lambda: self._diff(session, binary=binary))

    async def apply(self, session: Session, paths: Sequence[str] | None, *, force: bool = False) -> FileChanges:
        async with self._turns[session.project or ""]:
            return await self._alone(session.id, lambda: self._apply(session, paths, force=force))

    async def checkpoint(self, session: Session, seq: int) -> None:
        workspace = workspace_of(self._settings, session)
        await self._alone(session.id, lambda: keep(workspace, seq))

    async def restore(self, source: Session, seq: int, target: Session) -> None:
        self._refuse_live(target)
        old, new = workspace_of(self._settings, source), workspace_of(self._settings, target)
        await self._alone(source.id, lambda: restore(old, seq, new))

    async def erase(self, session_id: str) -> None:
        await self._alone(session_id, lambda: erase(self._settings, session_id))
        self._turns.pop(session_id, None)

    async def _alone(self, session_id: str, work: Callable[[], T]) -> T:
        async with self._turns[session_id]:
            return await asyncio.to_thread(work)

    # ── in a thread ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _changes(self, session: Session) -> FileChanges:
        with self._opened(session) as (workspace, project, upper):
            known, comparison = bases.load(workspace.folder), compare(upper, project)
            ignored = ignoring.ignored(comparison.changes, upper, project, rules_above(workspace))
            return FileChanges(_told(comparison.changes, known, project, upper, ignored), comparison.sentences)

    def _diff(self, session: Session, *, binary: bool) -> FileDiff:
        with self._opened(session) as (workspace, project, upper):
            changes = compare(upper, project).changes
            ignored = ignoring.ignored(changes, upper, project, rules_above(workspace))
            shown_ones = [change for change in changes if change.path not in ignored]
            return difference.unified(shown_ones, project, upper, binary=binary)

    def _apply(self, session: Session, paths: Sequence[str] | None, *, force: bool) -> FileChanges:
        self._refuse_live(session)
        with self._opened(session) as (workspace, project, upper):
            known, comparison = bases.load(workspace.folder), compare(upper, project)
            ignored = ignoring.ignored(comparison.changes, upper, project, rules_above(workspace))
            changes = applying.chosen(comparison, paths, ignored)
            told = _told(changes, known, project, upper, ignored)
            conflicts = [shown(change.path) for change in changes if known.is_conflict(project, change)]
            if conflicts and not force:
                raise FilesRefused(
                    f"nothing was applied: {applying.named(conflicts)} changed in the project as well since the session began; "
                    "look at workbench diff, then merge by hand, apply other files by name, or say --force for the session's version",
                    conflicts,
                )
            applying.apply(changes, project, upper)
            note_applied(workspace.folder, project, [change.path for change in changes])
            self._settle(workspace, known, project, upper)
        return FileChanges(told, comparison.sentences)

    def _settle(self, workspace: Workspace, known: Bases, project: Beneath, upper: Beneath) -> None:
        moment = bases.file_clock_ns(workspace.folder)
        left: Comparison = compare(upper, project)
        applying.settle(upper, left)
        known.looked(project, left.changes, moment).save(workspace.folder)

    def _refuse_live(self, session: Session) -> None:
        record = sandbox_record.load(self._settings.sandboxes / session.id)
        if record is not None and record.is_alive():
            raise FilesRefused(f"the sandbox of {session.id} still runs on these files; try again when it has ended")

    @contextmanager
    def _opened(self, session: Session) -> Iterator[tuple[Workspace, Beneath, Beneath]]:
        workspace = workspace_of(self._settings, session)
        if workspace.project is None:
            raise FilesRefused(f"session {session.id} has no project; start one with: workbench run -C DIR")
        if not workspace.project.is_dir():
            raise FilesRefused(f"the project folder {workspace.project} is not there; put it back")
        copy = workspace.own / workspace.project.name
        if copy.is_dir() and any(copy.iterdir()):
            # In a container the project's overlay lies over this folder, which stays empty.
            raise FilesRefused(
                f"session {session.id} works on a copy of its project, without an overlay; compare them yourself: "
                f"diff -ru {shlex.quote(str(workspace.project))} {shlex.quote(str(copy))}"
            )
        workspace.upper.mkdir(mode=0o700, parents=True, exist_ok=True)
        with Beneath(workspace.project) as project, Beneath(workspace.upper) as upper:
            yield workspace, project, upper


def _told(
    changes: Sequence[Change], known: Bases, project: Beneath, upper: Beneath, ignored: frozenset[str]
) -> tuple[FileChange, ...]:
    """As others are told: a folder only where nothing in it says the same."""
    full = {change.path.rpartition("/")[0] for change in changes}
    listed = (change for change in changes if change.what != "folder" or change.path not in full)
    return tuple(
        FileChange(
            path=shown(change.path),
            kind=change.kind,
            what=change.what,
            mode_before=change.before.mode if change.before else None,
            mode_after=change.after.mode if change.after else None,
            bytes=change.after.status.st_size if change.after else None,
            conflict=known.is_conflict(project, change),
            ignored=change.path in ignored,
            caution=caution(change, upper),
        )
        for change in listed
    )
