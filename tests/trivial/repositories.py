"""Repositories in memory: no project is one, unless a test says where it stands and what its sessions have committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.contracts.files import FileChange, FilesRefused
from workbench.contracts.repositories import Brought, BundleOrder, Commit, RepositoryBase
from workbench.contracts.values import Session


@dataclass
class TrivialRepositories:
    """`standing` is what `base` answers, `commits` are everybody's, `conflicts` what applying them meets, `made` the messages of commits of files."""

    standing: RepositoryBase = field(default_factory=RepositoryBase)
    commits: tuple[Commit, ...] = ()
    conflicts: tuple[str, ...] = ()
    made: list[tuple[tuple[str, ...], str]] = field(default_factory=list)

    async def base(self, session: Session) -> RepositoryBase:
        return self.standing

    async def order(self, session: Session, ref: str | None) -> BundleOrder:
        return BundleOrder(f"bundle {ref or 'HEAD'}", "bundle")

    async def pushing(self, session: Session, ref: str | None, remote: str, name: str) -> str:
        return f"push {ref or 'HEAD'} to {name} of {remote}"

    async def branch(self, session: Session, order: BundleOrder, name: str, worktree: str | None = None) -> Brought:
        return self._brought("branch", name)

    async def apply(self, session: Session, order: BundleOrder, *, rebase: bool) -> Brought:
        if self.conflicts:
            raise FilesRefused("nothing was applied: the commits conflict", self.conflicts)
        return self._brought("rebase" if rebase else "merge", self.standing.branch)

    async def uncommitted(self, session: Session, commit: str, changes: Sequence[FileChange]) -> tuple[str, ...]:
        return tuple(change.path for change in changes)

    async def patch(self, session: Session, order: BundleOrder) -> str:
        return "".join(f"From {commit.id}\n" for commit in self.commits)

    async def commit(self, session: Session, paths: Sequence[str], message: str) -> Brought:
        self.made.append((tuple(paths), message))
        return Brought("commit", self.standing.branch, "c", (Commit("c", "owner", message.partition("\n")[0]),))

    def _brought(self, how: str, branch: str) -> Brought:
        if not self.commits:
            raise FilesRefused("the session has made no commits")
        return Brought(how, branch, self.commits[-1].id, self.commits)
