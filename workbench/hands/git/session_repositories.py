"""Every session's way back into its project's repository: branches, applied commits, patches, one commit of files."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from workbench.contracts.files import FileChange, FilesRefused
from workbench.contracts.repositories import BRANCHES, SHORT_ID, Brought, BroughtBelow, BundleOrder, RepositoryBase
from workbench.contracts.values import Session
from workbench.hands import sandbox_record
from workbench.hands.files.applied import Applies
from workbench.hands.files.safe_paths import Beneath
from workbench.hands.files.workspace import SHARED_INSIDE, Workspace, workspace_of
from workbench.hands.git import bringing, record
from workbench.hands.git import uncommitted as outside
from workbench.hands.git.after_apply import as_they_came, marked
from workbench.hands.git.location import Repository, repository_at, repository_of
from workbench.hands.git.quarantine import Quarantine, checked
from workbench.hands.git.record import GitRecord
from workbench.hands.git.standing import applied, branch_of, head_of, moved, uncommitted, unfinished
from workbench.hands.git.view import tips_of
from workbench.settings import Settings
from workbench.text import display

T = TypeVar("T")
MOST_BELOW: Final = 50
MOST_TIPS_BELOW: Final = 20
"""A command has room for so many; where a repository has more branches, more than is new may be handed out."""
_REF: Final = re.compile(r"[\w][\w./+@-]*")
_SSH: Final = re.compile(r"(?:ssh://)?git@(?P<host>[\w.-]+)[:/](?P<path>(?!\d+/)[^:]+)")
_UNSET: Final = (
    "unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_NAMESPACE"
)


class SessionRepositories:
    """Implements `Repositories`; one thing at a time for each repository."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def base(self, session: Session) -> RepositoryBase:
        return await asyncio.to_thread(self._base, session)

    async def order(self, session: Session, ref: str | None) -> BundleOrder:
        return await asyncio.to_thread(self._order, session, ref)

    async def pushing(self, session: Session, ref: str | None, remote: str, name: str) -> str:
        return await asyncio.to_thread(self._pushing, session, ref, remote, name)

    async def branch(self, session: Session, order: BundleOrder, name: str, worktree: str | None = None) -> Brought:
        folder = Path(worktree) if worktree is not None else None
        return await self._alone(
            session, lambda: self._with_commits(session, order, name, lambda one: one.as_branch(name, folder))
        )

    async def apply(self, session: Session, order: BundleOrder, *, rebase: bool) -> Brought:
        return await self._alone(session, lambda: self._applied(session, order, rebase=rebase))

    async def patch(self, session: Session, order: BundleOrder) -> str:
        return await self._alone(session, lambda: self._patch(session, order))

    async def uncommitted(self, session: Session, commit: str, changes: Sequence[FileChange]) -> tuple[str, ...]:
        return await asyncio.to_thread(self._uncommitted, session, commit, changes)

    async def commit(self, session: Session, paths: Sequence[str], message: str) -> Brought:
        return await self._alone(session, lambda: self._commit(session, paths, message))

    async def _alone(self, session: Session, work: Callable[[], T]) -> T:
        async with self._turns[session.project or ""]:
            return await asyncio.to_thread(work)

    # ── in a thread ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _base(self, session: Session) -> RepositoryBase:
        workspace = workspace_of(self._settings, session)
        project = workspace.project
        if project is None or not project.is_dir() or (one := repository_of(project)) is None:
            return RepositoryBase()
        known = record.load(workspace.folder)
        inside = "" if project == one.root else str(project.relative_to(one.root))
        standing = uncommitted(one, inside)
        now = RepositoryBase(
            str(one.root), branch_of(one), head_of(one), uncommitted=standing, unfinished=unfinished(one)
        )
        if known is None or known.main is None:
            return now
        with Beneath(project) as opened:
            changed, came = moved(one, known, opened, standing), applied(opened, known)
            since = [path for path in known.applied.keys() - came if any(bringing.is_in(path, one) for one in standing)]
            # What was applied is read once, and only where somebody asks for it.
            steps = Applies(workspace.folder).versions() if came or since or known.marked else {}
            own = tuple(sorted(came | as_they_came(steps, opened, since)))
            waiting, settled = marked(one, known, opened, standing, own)
        yours = bringing.with_yours(workspace, one, known, sorted({*own, *settled}), now.head, steps)
        return replace(
            now,
            began_branch=known.branch,
            began_head=known.head,
            moved=changed,
            as_applied=own,
            yours=yours,
            marked=waiting,
            settled=settled,
        )

    def _order(self, session: Session, ref: str | None) -> BundleOrder:
        workspace, _, known = self._known(session)
        file = f".commits-{secrets.token_hex(8)}"
        if ref is not None and not _REF.fullmatch(ref):
            raise FilesRefused(f"{ref!r} is no name of a branch")
        inside, steps, below = workspace.project_inside, "", []
        for number, (path, one) in enumerate(_below(workspace, known)):
            below.append((path, f"{file}-{number}"))
            # What is no repository any more, or never had a commit, has nothing to hand out.
            handed = _bundled(f"{inside}/{path}", "HEAD", tips_of(one)[:MOST_TIPS_BELOW], below[-1][1])
            steps += f"( {handed} ) 2>/dev/null; "
        steps += _bundled(inside, ref or "HEAD", known.tips, file)
        return BundleOrder(f"( set +e; {_UNSET}; {steps} )", file, tuple(below))

    def _pushing(self, session: Session, ref: str | None, remote: str, name: str) -> str:
        workspace, one, _ = self._known(session)
        for given, what in ((ref, "a branch"), (remote, "a remote"), (name, "a branch")):
            if given is not None and not _REF.fullmatch(given):
                raise FilesRefused(f"{given!r} is no name of {what}")
        # As the repository has it now: the sandbox's own settings are the agent's.
        url = one.git.run("config", "--get-all", f"remote.{remote}.url", wants=(0, 1)).line.partition("\n")[0]
        if not url:
            raise FilesRefused(f"{one.root} has no remote {remote!r}; git remote -v lists them")
        target, source = shlex.quote(over_https(url)), shlex.quote(f"{ref or 'HEAD'}:refs/heads/{name}")
        push = f"command git -c core.hooksPath=/dev/null push --no-verify --porcelain {target} {source}"
        return f"( set +e; {_UNSET}; cd {shlex.quote(workspace.project_inside)} && {push} )"

    def _with_commits(
        self, session: Session, order: BundleOrder, name: str, use: Callable[[bringing.Bringing], Brought]
    ) -> Brought:
        with self._taken(session, order) as (workspace, one, taken):
            below = self._brought_below(session, workspace, order, name)
            if taken is None and not below:
                raise FilesRefused(_none(session.id))
            if taken is None:
                return Brought("branch", "", "", (), below)
            return replace(use(bringing.Bringing(workspace, one, taken, session.id)), below=below)

    def _brought_below(
        self, session: Session, workspace: Workspace, order: BundleOrder, name: str
    ) -> tuple[BroughtBelow, ...]:
        """Before the project's own, which may name them."""
        _, _, known = self._known(session)
        files, found = dict(order.below), []
        for path, one in _below(workspace, known):
            try:
                with checked(workspace, BundleOrder("", files.get(path, "")), one) as taken:
                    if taken is not None:
                        brought = bringing.Bringing(workspace, one, taken, session.id).as_branch(name)
                        found.append(BroughtBelow(path, name, brought.head, brought.commits))
            except FilesRefused as refused:
                raise FilesRefused(f"in {path}: {refused}") from None
        return tuple(found)

    def _applied(self, session: Session, order: BundleOrder, *, rebase: bool) -> Brought:
        self._refuse_live(session)
        name = f"{BRANCHES}{session.id[-SHORT_ID:]}"
        return self._with_commits(session, order, name, lambda one: one.applied(rebase=rebase))

    def _patch(self, session: Session, order: BundleOrder) -> str:
        with self._taken(session, order) as (_, _, taken):
            return "" if taken is None else bringing.patch(taken)

    def _commit(self, session: Session, paths: Sequence[str], message: str) -> Brought:
        workspace, one, known = self._known(session)
        return bringing.committed(workspace, one, known, paths, message)

    def _uncommitted(self, session: Session, commit: str, changes: Sequence[FileChange]) -> tuple[str, ...]:
        workspace, one, known = self._known(session)
        # What is in a repository of its own below is committed there.
        below = tuple(f"{path}/" for path, _ in _below(workspace, known))
        own = [change for change in changes if not change.path.startswith(below)]
        with Beneath(workspace.upper) as upper:
            return outside.uncommitted(one, commit, known.project, upper, own)

    @contextmanager
    def _taken(self, session: Session, order: BundleOrder) -> Iterator[tuple[Workspace, Repository, Quarantine | None]]:
        workspace, one, _ = self._known(session)
        try:
            with checked(workspace, order, one) as taken:
                yield workspace, one, taken
        finally:
            with Beneath(workspace.shared) as shared:
                for _, file in order.below:
                    with suppress(OSError), shared.parent(file) as (folder, name):
                        os.unlink(name, dir_fd=folder)

    def _known(self, session: Session) -> tuple[Workspace, Repository, GitRecord]:
        workspace = workspace_of(self._settings, session)
        if workspace.project is None:
            raise FilesRefused(f"session {session.id} has no project; start one with: workbench run -C DIR")
        known = record.load(workspace.folder)
        one = repository_of(workspace.project) if workspace.project.is_dir() else None
        if one is None:
            raise FilesRefused(
                f"{workspace.project} is in no git repository of yours; workbench apply brings the files"
            )
        if known is None or known.main is None:
            raise FilesRefused(f"session {session.id} has had no sandbox on this repository, and so has no commits")
        return workspace, one, known

    def _refuse_live(self, session: Session) -> None:
        found = sandbox_record.load(self._settings.sandboxes / session.id)
        if found is not None and found.is_alive():
            raise FilesRefused(f"the sandbox of {session.id} still runs on these files; try again when it has ended")


def _below(workspace: Workspace, known: GitRecord) -> Iterator[tuple[str, Repository]]:
    """The repositories in folders of the project that are there still, each with its folder."""
    if workspace.project is None:
        return
    for view in known.views[: MOST_BELOW + 1]:
        path = view.at.removesuffix("/.git")
        if path != view.at and (one := repository_at(workspace.project / path)) is not None:
            yield path, one


def _bundled(folder: str, ref: str, tips: Sequence[str], file: str) -> str:
    """The steps in a sandbox that write the commits at `ref`, without what is behind `tips`, into a file."""
    wanted, without = shlex.quote(ref), " ".join(("--not", *tips)) if tips else ""
    count = f"command git rev-list --count {wanted} {without} --"
    bundle = f"command git bundle create --quiet {SHARED_INSIDE}/{file} {wanted} {without}"
    return f"cd {shlex.quote(folder)} && n=$({count}) && if [ $n != 0 ]; then {bundle}; fi"


def over_https(url: str) -> str:
    """Where a sandbox, which has neither keys nor ssh to the outside, reaches a remote.

    Raises:
        FilesRefused: it is reached by no network, or with a password that stands in its address.
    """
    as_ssh = _SSH.fullmatch(url)
    url = f"https://{as_ssh['host']}/{as_ssh['path']}" if as_ssh else url
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise FilesRefused(
            f"{display.line(url, 200)} is not reached over https, the only way out of a sandbox; push with your own git: git push REMOTE BRANCH"
        )
    if parts.username or parts.password:
        raise FilesRefused(
            "the remote's address has a name or password in it, which no sandbox sees; store it once with "
            f"workbench vault add NAME --host {parts.hostname}, and take it out of the address: git remote set-url"
        )
    return url


def _none(session_id: str) -> str:
    return (
        f"session {session_id} has no commits that your repository does not have, on the branch that is checked out in its sandbox; "
        "workbench commit makes one of its changed files, and --from BRANCH takes another branch of the sandbox"
    )
