"""Commits of sessions, from a person's side: where the project's repository stands, branch, apply, patch, commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import Final

from workbench import events
from workbench.catalog.errors import Refused
from workbench.catalog.sessions import SessionRecords, session_of
from workbench.contracts import facts
from workbench.contracts.files import FileChanges, Take
from workbench.contracts.log import Log
from workbench.contracts.repositories import (
    BRANCHES,
    SHORT_ID,
    UNFINISHED,
    Brought,
    BundleOrder,
    Pushed,
    RepositoryBase,
)
from workbench.contracts.tools import BASH
from workbench.contracts.values import Call, Outcome, Session
from workbench.engine import commit_message
from workbench.engine.event_writer import EventWriter
from workbench.engine.rooms import HandsSide
from workbench.engine.workspaces import Workspaces, refused

BUNDLE_LIMIT_MS: Final = 600_000
MOST_SAID: Final = 400
NOTHING_LEFT: Final = "session {session_id} differs in nothing from the project; there is nothing to commit"
YOURS_SINCE: Final = "; what you have changed since it was applied, git is to commit (git add -p): {paths}"
STILL_MARKED: Final = "; lines between markers wait to be settled in {paths}"
MARKED: Final = (
    "nothing was committed: lines between markers are yours to settle first; take mine or theirs, or apply with markers"
)
NOTHING_COMMITTED: Final = "nothing was committed"
NOTHING_APPLIED: Final = "nothing of the session was applied that is not committed; workbench apply brings its files"


@dataclass(frozen=True, kw_only=True)
class SessionCommits:
    """What sessions committed in their sandboxes; `changing` is the lock that every change of a session takes."""

    log: Log
    writer: EventWriter
    hands: HandsSide
    records: SessionRecords
    workspaces: Workspaces
    changing: Callable[[str], asyncio.Lock]

    async def base(self, session_id: str) -> RepositoryBase:
        """Where the repository stands, and what of its moves the session changed as well."""
        session = await self._session(session_id)
        with refused():
            base = await self.hands.repositories.base(session)
        if not base.moved:
            return base
        changed = {change.path for change in (await self.workspaces.changes(session_id)).changes}
        return replace(base, overlap=tuple(path for path in base.moved if path in changed))

    async def branch(self, session_id: str, name: str | None, ref: str | None, worktree: str | None = None) -> Brought:
        """The session's commits as a branch of the project's repository, with a work tree in a new folder where one is named."""
        async with self.changing(session_id):
            session, order = await self._handed_out(session_id, ref, "read for its commits")
            with refused(), self._writing(session):
                named = name or f"{BRANCHES}{session_id[-SHORT_ID:]}"
                brought = await self.hands.repositories.branch(session, order, named, worktree)
                return await self._noted(session, await self._with_uncommitted(session, brought))

    async def push(self, session_id: str, *, name: str | None, ref: str | None, remote: str) -> Pushed:
        """The session's commits as a branch of a remote: out of its sandbox, where its network allows the host, with the token
        that its vault has for it.

        Raises:
            Refused: no such remote, no commits, or the remote did not take them; the text has git's own words.
        """
        async with self.changing(session_id):
            session = await self._session(session_id)
            self.workspaces.refuse_running(session_id, "pushed")
            named = name or f"{BRANCHES}{session_id[-SHORT_ID:]}"
            with refused():
                command = await self.hands.repositories.pushing(session, ref, remote, named)
            outcome = await self._executed(session, command)
        said = " ".join(events.text_of(outcome.content).split())[-MOST_SAID:]
        if outcome.is_error:
            raise Refused(
                f"{remote} did not take {named}: {said}. A host that the session may not reach: workbench net {session_id} --allow "
                "HOST; a token for it: workbench vault add NAME --host HOST"
            )
        return Pushed(remote, named, said)

    async def apply(self, session_id: str, ref: str | None, *, rebase: bool) -> Brought:
        """The session's commits on what is checked out; the sandbox is ended for it."""
        async with self.changing(session_id):
            session, order = await self._handed_out(session_id, ref, "applied")
            with refused(), self._writing(session):
                await self.hands.hands.release(session_id)
                async with self.workspaces.noted_lines(session, None):
                    brought = await self.hands.repositories.apply(session, order, rebase=rebase)
                return await self._noted(session, await self._with_uncommitted(session, brought))

    async def patch(self, session_id: str, ref: str | None) -> str:
        """The session's commits as mails, or the diff of its files where there are none."""
        async with self.changing(session_id):
            session, order = await self._handed_out(session_id, ref, "read for its commits")
            with refused():
                mails = await self.hands.repositories.patch(session, order)
        if mails:
            return mails
        diff = await self.workspaces.diff(session_id, binary=True)
        if diff.truncated:
            raise Refused("the diff is longer than a patch may be; apply the files, or have the agent commit them")
        return diff.text

    async def commit(
        self,
        session_id: str,
        message: str | None,
        paths: Sequence[str] | None,
        *,
        only_applied: bool = False,
        take: Take | None = None,
    ) -> Brought:
        """The session's files applied and committed, with what was applied earlier and is not committed yet.

        `only_applied` applies nothing more. The message is one of the session's own where none is given.
        """
        async with self.changing(session_id):
            session = await self._session(session_id)
            with refused():
                # Before anything is applied: whether there is a repository to commit to.
                await self.hands.repositories.order(session, None)
                base = await self.hands.repositories.base(session)
            if take == "markers":
                raise Refused(MARKED)
            if base.unfinished:
                raise Refused(UNFINISHED.format(root=base.repository, what=base.unfinished))
            earlier, touched = await self._applied_earlier(session, base, paths)
            if not only_applied:
                left = {change.path for change in (await self.workspaces.changes(session_id)).changes}
                # What came whole before is no change any more.
                asked = paths and [one for one in paths if _holds(one, left) or not _holds(one, earlier)]
                applied = await self.workspaces.applied(session, asked, take=take) if asked != [] else FileChanges(())
                earlier |= {change.path for change in applied.changes if change.what != "folder"}
            if not earlier:
                nothing = NOTHING_APPLIED if only_applied else NOTHING_LEFT.format(session_id=session_id)
                nothing = NOTHING_COMMITTED if touched or base.marked else nothing
                waits = STILL_MARKED.format(paths=", ".join(base.marked[:8])) if base.marked else ""
                since = YOURS_SINCE.format(paths=", ".join(sorted(touched)[:8])) if touched else ""
                raise Refused(nothing + waits + since)
            words = message or await self.message(session_id)
            with refused(), self._writing(session):
                return await self._noted(session, await self.hands.repositories.commit(session, sorted(earlier), words))

    async def message(self, session_id: str) -> str:
        """The message of a commit where none is given: the session's title, how its last answer begins, and its id."""
        title = (await self.records.document(session_id)).body["title"]
        entries = await self.log.sessions.read(session_id)
        said = [entry.event for entry in entries if entry.event.type == "agent.message"]
        last = events.text_of(said[-1].content) if said else ""
        return commit_message.made(title or "", last, session_id)

    async def applied_earlier(self, session_id: str, base: RepositoryBase) -> tuple[list[str], list[str]]:
        """What was applied of the session and is not committed yet, by path, and what of it its person has changed since; `base`
        is where the repository stands."""
        own, since = await self._applied_earlier(await self._session(session_id), base, None)
        return sorted(own), sorted(since)

    async def _applied_earlier(
        self, session: Session, base: RepositoryBase, paths: Sequence[str] | None
    ) -> tuple[set[str], set[str]]:
        """What was applied, is not committed, and stands as it came or was settled between its markers; and what a person has
        changed since, which git is to commit."""
        told = await self.log.facts.facts(session.id, facts.FILES_APPLIED.name)
        applied = {path for fact in told for path in fact.body["paths"]}
        standing = {path for path in applied if any(_is_at(path, one.rstrip("/")) for one in base.uncommitted)}
        if paths is not None:
            standing = {path for path in standing if any(_is_at(path, one) for one in paths)}
        own = standing if base.as_applied is None else standing & {*base.as_applied, *base.settled}
        waiting = set(base.marked)
        return own - waiting, standing - own - waiting

    def _writing(self, session: Session) -> AbstractContextManager[None]:
        """What git writes into the project is nobody's change."""
        return self.workspaces.writes.writing(session.project, of_git=True)

    async def _session(self, session_id: str) -> Session:
        return session_of((await self.records.document(session_id)).body)

    async def _handed_out(self, session_id: str, ref: str | None, what: str) -> tuple[Session, BundleOrder]:
        """Have the sandbox write its commits where they can be taken from."""
        session = await self._session(session_id)
        self.workspaces.refuse_running(session_id, what)
        with refused():
            # Before a sandbox begins: whether there is a repository, and what was asked for can be the name of a branch.
            await self.hands.repositories.order(session, ref)
        outcome = await self._executed(session, ":")
        if not outcome.is_error:
            # One that has just begun follows the repository: only now is it known what in it is not the session's own.
            with refused():
                order = await self.hands.repositories.order(session, ref)
            outcome = await self._executed(session, order.command)
        if outcome.is_error:
            said = " ".join(events.text_of(outcome.content).split())[-MOST_SAID:]
            raise Refused(f"the sandbox could not hand out its commits: {said}")
        return session, order

    async def _executed(self, session: Session, command: str) -> Outcome:
        call = Call(events.new_id("sevt"), BASH.name, {"command": command, "timeout_ms": BUNDLE_LIMIT_MS})
        outcome = await self.hands.hands.execute(session, call)
        await self.hands.hands.acknowledge(session, call.id)
        if session.archived_at is not None:
            # Nobody else would end it.
            await self.hands.hands.release(session.id)
        return outcome

    async def _with_uncommitted(self, session: Session, brought: Brought) -> Brought:
        """With what the session changed and these commits do not have; where nothing came, nothing is said of it."""
        found = await self.hands.files.changes(session)
        if not brought.head:
            return brought
        changes = [change for change in found.changes if not change.ignored]
        left = await self.hands.repositories.uncommitted(session, brought.head, changes)
        return replace(brought, uncommitted=left)

    async def _noted(self, session: Session, brought: Brought) -> Brought:
        below = [{**asdict(one), "commits": [commit.id for commit in one.commits]} for one in brought.below]
        told = {name: value for name, value in asdict(brought).items() if name in facts.COMMITS_BROUGHT.fields}
        body = {**told, "commits": [commit.id for commit in brought.commits], "below": below}
        await self.log.facts.record(facts.COMMITS_BROUGHT.made(session.id, self.writer.clock(), body))
        return brought


def _holds(asked: str, paths: Collection[str]) -> bool:
    return any(_is_at(path, asked) for path in paths)


def _is_at(path: str, place: str) -> bool:
    place = place.strip("/").removeprefix("./")
    return place in ("", ".") or path == place or path.startswith(f"{place}/")
