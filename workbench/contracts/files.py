"""What a session's files are to a person: changes, diffs, applying, checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from workbench.contracts.forks import Evidence
from workbench.contracts.values import Session

Take = Literal["mine", "theirs", "markers"]
"""Of lines in conflict: those of the project, those of the session, or both between git's markers. The other lines are merged."""


@dataclass(frozen=True)
class FileChange:
    """What a session made of one file of its project, seen from the project as it was when the session began to change it.

    `kind` is added, modified or deleted; `what` is file, link or folder; modes are permission bits, `bytes` the new size.
    `merge` is empty where the project's own file is still that one; where it changed since, it is "clean" (both changes go
    together), "conflict" (they do not), or "unknown" (nobody can say what the session began with: the change is seen from the
    project as it is now). `conflict` is true of the last two. `ignored` is a new file that git would ignore. `caution` is a clause about a file that runs by itself, or a link that leads out; mostly empty.
    """

    path: str
    kind: str
    what: str
    mode_before: int | None
    mode_after: int | None
    bytes: int | None
    conflict: bool
    ignored: bool = False
    caution: str = ""
    merge: str = ""


@dataclass(frozen=True)
class FileChanges:
    """All changes by path, and sentences about what is neither shown nor applied; a repository's own files never are.

    Of what was applied, `kept` are files that stay as the project had them, as its lines were taken, and `marked` those in which
    lines of both sides stand between git's markers.
    """

    changes: tuple[FileChange, ...]
    left_out: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileDiff:
    """The changes but ignored ones as a unified diff that `git apply` takes; `truncated` where it became too long."""

    text: str
    truncated: bool = False


@dataclass(frozen=True)
class Hunk:
    """Lines of a file that differ, with those around them, as a unified diff has them.

    `id` names it by its path and lines: a hunk that is another one has another id. `lines` begin with a blank, -, + or \\.
    `conflict` says that it cannot come without a word on what the project has there by now; `conflicts` are the lines of both
    sides that are in conflict, between git's markers.
    """

    id: str
    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    lines: tuple[str, ...]
    conflict: bool = False
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class HunkName:
    """A hunk as it was shown: the file's path and the hunk's id.

    `lines` are places in its lines, counted from 1, where only these are meant of those that differ; None means all of them.
    """

    path: str
    id: str
    lines: frozenset[int] | None = None

    @property
    def told(self) -> str:
        """Its id, and behind a colon the lines where not all are meant."""
        return self.id if self.lines is None else f"{self.id}:{','.join(map(str, sorted(self.lines)))}"


@dataclass(frozen=True)
class FileReview:
    """One changed file to be read: `digest` says what the session has there, `hunks` how it differs.

    `hunks` is None where the hunks of all files together would be too long: ask for this file alone. `whole` says why hunks of it
    cannot be taken one by one, empty where they can. `conflicts` are the lines of both sides that are in conflict, between git's
    markers; `can_be_marked` says whether these can come into the project so.
    """

    change: FileChange
    digest: str
    hunks: tuple[Hunk, ...] | None
    whole: str = ""
    conflicts: tuple[str, ...] = ()
    can_be_marked: bool = True


@dataclass(frozen=True)
class Review:
    """The changes but ignored ones, in order of path; the number of ignored ones, and what is neither shown nor applied."""

    files: tuple[FileReview, ...]
    ignored: int = 0
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Applied:
    """What was applied before, as one diff an apply; `missing` is what of it the project does not have any more, with the
    lines in conflict and without hunks."""

    text: str
    truncated: bool = False
    missing: tuple[FileReview, ...] = ()


class FilesRefused(Exception):
    """What was asked was not done, for the reason in the text; `conflicts` are the files that changed on both sides."""

    def __init__(self, message: str, conflicts: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.conflicts = tuple(conflicts)


class Files(Protocol):
    """A session's files, and what they differ in from its project. Each raises `FilesRefused` with what to do instead."""

    async def changes(self, session: Session) -> FileChanges:
        """What the session changed in its project."""

    async def diff(self, session: Session, *, binary: bool = False) -> FileDiff:
        """The same as text; what is not text is named, or with `binary` there as git writes it."""

    async def apply(self, session: Session, paths: Sequence[str] | None, *, take: Take | None = None) -> FileChanges:
        """Bring the changes (under `paths`; None: all but ignored ones) into the project, or none; needs a released sandbox.

        A file that changed in the project as well is merged, as git does it. What is in conflict is refused, unless `take` says
        what is to become of it.
        """

    async def checkpoint(self, session: Session, seq: int) -> bool:
        """Keep the files as they are now, as those of this place in the log; what cannot be kept is noted, never raised.

        Returns:
            False where this very place had been kept, and nothing has changed since.
        """

    async def restore(self, source: Session, seq: int, target: Session) -> None:
        """Give `target` the files that `source` had at `seq`, and its earlier checkpoints; needs a released sandbox."""

    async def evidence(self, session: Session, seq: int) -> Evidence:
        """What was kept of that place: outputs and a digest; `diff` is left empty."""

    async def erase(self, session_id: str) -> None:
        """Remove everything; no error when there is nothing."""

    async def forks(self) -> list[str]:
        """The ids of the copies of sessions that are there."""


class HunkFiles(Protocol):
    """A session's changes hunk by hunk and line by line, and those that were applied. Each raises `FilesRefused`, and never guesses at a hunk that is gone."""

    async def review(self, session: Session, paths: Sequence[str] | None) -> Review:
        """The changed files (these; None: all but ignored ones) with their hunks."""

    async def apply_hunks(
        self, session: Session, hunks: Sequence[HunkName], *, take: Take | None = None
    ) -> FileChanges:
        """Bring these hunks into the project, or none of them; needs a released sandbox. Each is merged with what the project has."""

    async def discard(self, session: Session, paths: Sequence[str], hunks: Sequence[HunkName]) -> FileChanges:
        """Put these files and hunks of the session back to what the project has, or none; needs a released sandbox."""

    async def applied(self, session: Session) -> Applied:
        """What was applied of the session's files, whatever became of it in the project."""

    async def apply_again(
        self, session: Session, paths: Sequence[str] | None, *, take: Take | None = None
    ) -> FileChanges:
        """Bring what of that is missing (under `paths`) into the project, or none of it."""
