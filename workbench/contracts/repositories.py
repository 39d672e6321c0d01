"""What a session's commits are to a person: the repository that they began from, and the ways in which they come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from workbench.contracts.files import FileChange
from workbench.contracts.values import Session

BRANCHES: Final = "workbench/"
SHORT_ID: Final = 6
"""Without a name, a session's branch is the first with so many last signs of its id."""


UNFINISHED: Final = (
    "{root} is in the middle of a {what}, which git commits as a whole, and nothing more of the session was applied or committed; "
    "finish it (git {what} --continue) or leave it (git {what} --abort) first"
)


@dataclass(frozen=True)
class RepositoryBase:
    """The project's repository, as it is and as it was when the session began; all empty where there is none.

    Paths are from the project's folder: `uncommitted` differ from `head` now, `moved` changed since the session began by
    somebody else's hand, `overlap` are those of them that the session changed as well. `as_applied` is in the project just as the
    session's own apply left it; None where that is not known. `yours` are those of them in which something stood that the user
    had not committed, and that a commit of them takes along. `marked` came with lines of both sides between markers and still has
    them, `settled` had them; neither is in a commit yet. `unfinished` is what of git's is in the middle: merge, rebase …
    """

    repository: str = ""
    branch: str = ""
    head: str = ""
    began_branch: str = ""
    began_head: str = ""
    uncommitted: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    overlap: tuple[str, ...] = ()
    as_applied: tuple[str, ...] | None = None
    yours: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    unfinished: str = ""


@dataclass(frozen=True)
class Commit:
    """One commit of a session's."""

    id: str
    author: str
    subject: str


@dataclass(frozen=True)
class BroughtBelow:
    """Commits that came, as a branch, into a submodule or another repository at `path` below the project."""

    path: str
    branch: str
    head: str
    commits: tuple[Commit, ...]


@dataclass(frozen=True)
class Brought:
    """Commits that came into the project's repository, oldest first; `branch` is where they are, `head` what it stands at.

    `how` is branch, forward, merge, rebase or commit; `below` what came into the repositories in folders of the project.
    `yours` are paths in the commits that the user had, uncommitted, before the session: git writes over none of them.
    `uncommitted` are files that the session changed and that `head` does not have as the session has them.
    """

    how: str
    branch: str
    head: str
    commits: tuple[Commit, ...]
    below: tuple[BroughtBelow, ...] = ()
    yours: tuple[str, ...] = ()
    uncommitted: tuple[str, ...] = ()


@dataclass(frozen=True)
class BundleOrder:
    """A command for the session's sandbox, and the file among its deliverables in which the commits are afterwards.

    `below` are the same files for repositories in folders of the project, each with the folder.
    """

    command: str
    file: str
    below: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Pushed:
    """A branch that a remote has now; `said` is what git printed."""

    remote: str
    branch: str
    said: str


class Repositories(Protocol):
    """The repositories of sessions' projects on this machine. Each raises `FilesRefused` with what to do instead."""

    async def base(self, session: Session) -> RepositoryBase:
        """Where the repository stands, and what moved; without `overlap`."""

    async def order(self, session: Session, ref: str | None) -> BundleOrder:
        """How the sandbox is to hand out what it committed at `ref`, or at what it has checked out."""

    async def pushing(self, session: Session, ref: str | None, remote: str, name: str) -> str:
        """The command with which the sandbox pushes what it committed to a branch of a remote that the project names."""

    async def branch(self, session: Session, order: BundleOrder, name: str, worktree: str | None = None) -> Brought:
        """The commits as a branch, in a work tree of its own where a new folder is named; the user's own work tree, index,
        settings and every other branch stay as they are."""

    async def apply(self, session: Session, order: BundleOrder, *, rebase: bool) -> Brought:
        """The commits on what the user has checked out, merged or rebased; needs a released sandbox. All of it or nothing."""

    async def patch(self, session: Session, order: BundleOrder) -> str:
        """The commits as `git am` takes them; "" where there are none."""

    async def uncommitted(self, session: Session, commit: str, changes: Sequence[FileChange]) -> tuple[str, ...]:
        """Which of these changes of the session a commit of the repository does not have, by path."""

    async def commit(self, session: Session, paths: Sequence[str], message: str) -> Brought:
        """One commit of these paths as they are in the project now."""
