"""Repositories of a session are cloned into its sandbox before the first call, with a token that the sandbox never has."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Protocol

from workbench import events
from workbench.contracts.facts import FILES_REWOUND, REPOSITORY_CLONED, SKILLS_FOUND, in_force
from workbench.contracts.log import Facts
from workbench.contracts.tools import BASH
from workbench.contracts.values import Call, Clock, Heard, Json, Outcome, Session, ToolOutput, unheard
from workbench.engine.session_progress import SessionProgress
from workbench.engine.wrappers.base import WrappedHands

CLONE_LIMIT_MS = 600_000
PAUSE = timedelta(minutes=1)
CHECKED_OUT = "workbench: cloned"
NOT_EMPTY = "is not empty, and what is in it is kept; move it away or remove it to have the repository cloned"

_PROGRESS = re.compile(r"\d% \(\d+/\d+\)|^remote: (?:\w+ing objects|Total \d)|^\[[\d,]+ earlier states? of")
"""Lines of git, and one of the sandbox's, that tell how far a clone was."""

Tell = Callable[[str, Json], Awaitable[None]]
"""Takes the session and the `error` of a session.error."""


class Looking(Protocol):
    """Looks for skills in repositories, beside the session's calls."""

    def look(self, session: Session, repository: Json) -> None:
        """Hear of a repository that is there, and whose skills nobody has looked for."""

    def end(self, session_id: str) -> None:
        """End what is under way in the session's sandbox, which is about to be released."""


@dataclass(frozen=True)
class ClonedHands(WrappedHands):
    """Hands whose sandboxes have the session's repositories; one that cannot be cloned is told, and tried again later."""

    facts: Facts
    clock: Clock
    tell: Tell
    progress: SessionProgress
    skills: Looking
    _turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _failed_at: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def provision(self, session: Session) -> Outcome:
        """A program that is started inside without a call finds the repositories as well."""
        ready = await self.hands.provision(session)
        if not ready.is_error:
            await self._have_repositories(session)
        return ready

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        await self._have_repositories(session)
        return await self.hands.execute(session, call, heard)

    async def release(self, session_id: str) -> None:
        self.skills.end(session_id)
        for key in [key for key in self._failed_at if key[0] == session_id]:
            del self._failed_at[key]
        await self.hands.release(session_id)

    async def _have_repositories(self, session: Session) -> None:
        if session.repositories:
            async with self._turns[session.id]:
                await self._clone_missing(session)

    async def _clone_missing(self, session: Session) -> None:
        names = REPOSITORY_CLONED.name, SKILLS_FOUND.name, FILES_REWOUND.name
        noted = in_force(await self.facts.facts(session.id, *names))
        known = {fact.body["resource_id"] for fact in noted if fact.name == REPOSITORY_CLONED.name}
        looked = {fact.body["resource_id"] for fact in noted if fact.name == SKILLS_FOUND.name}
        for repository in session.repositories:
            key = (session.id, repository["id"])
            failed_at = self._failed_at.get(key)
            if repository["id"] in known and repository["id"] not in looked:
                self.skills.look(session, repository)
            if repository["id"] in known or (failed_at is not None and self.clock() - failed_at < PAUSE):
                continue
            outcome = await self._clone(session, repository)
            if not outcome.is_error:
                body = {"resource_id": repository["id"]}
                await self.facts.record(REPOSITORY_CLONED.made(session.id, self.clock(), body))
                self.skills.look(session, repository)
                continue
            self._failed_at[key] = self.clock()
            await self.tell(session.id, error_of(repository, events.text_of(outcome.content)))

    async def _clone(self, session: Session, repository: Json) -> Outcome:
        given: Json = {"command": command(repository), "timeout_ms": CLONE_LIMIT_MS}
        call = Call(events.new_id("sevt"), BASH.name, given)
        said = f"Cloning {repository['url']} into {repository['mount_path']}"
        with self.progress.waiting(session.id) as say:
            say(f"{said}…")
            outcome = await self.hands.execute(session, call, lambda output: say(f"{said}: {_last_line(output)}…"))
        await self.hands.acknowledge(session, call.id)
        return outcome


def command(repository: Json) -> str:
    """The clone, in a shell of its own: the agent's folder and variables stay as they are.

    It is whole before it gets its name, and never in the place of anything: a folder that holds something is work. Where
    the same repository is there already, an earlier clone was not written down any more.
    """
    place = PurePosixPath(repository["mount_path"])
    url, there = shlex.quote(repository["url"]), shlex.quote(str(place))
    beside, above = shlex.quote(str(place.with_name(f".{place.name}.cloning"))), shlex.quote(str(place.parent))
    origin = f"git --git-dir={there}/.git config --get remote.origin.url 2>/dev/null"
    steps = [f"mkdir -p {above}", f"rm -rf {beside}", f"git clone --quiet --progress {url} {beside}"]
    if (checkout := repository["checkout"]) is not None:
        wanted = shlex.quote(checkout.get("name") or checkout["sha"])
        steps += [f"echo {shlex.quote(CHECKED_OUT)}", f"git -C {beside} checkout --quiet {wanted}"]
    steps += [f"{{ [ ! -e {there} ] || rmdir {there}; }}", f"mv {beside} {there}"]
    return (
        f'( if [ "$({origin})" = {url} ]; then exit 0; fi; '
        f'if [ -n "$(ls -A {there} 2>/dev/null)" ]; then echo {there} {shlex.quote(NOT_EMPTY)} >&2; exit 1; fi; '
        f"{' && '.join(steps)} )"
    )


def _last_line(output: ToolOutput) -> str:
    """How far git says it is."""
    return output.text.rstrip().rpartition("\n")[2]


def error_of(repository: Json, said: str) -> Json:
    """What git said, as the public error; how far it was before is no part of it."""
    said = "\n".join(line for line in said.split("\n") if not _PROGRESS.search(line))
    words = said.lower()
    if CHECKED_OUT in said:
        kind = "repository_checkout_error"
    elif "authentication failed" in words or "could not read username" in words or "401" in words:
        kind = "repository_authentication_error"
    elif "403" in words:
        kind = "repository_forbidden_error"
    elif "not found" in words or "404" in words:
        kind = "repository_not_found_error"
    else:
        kind = "repository_clone_error"
    told = " ".join(said.replace(CHECKED_OUT, "").split())[-400:]
    message = f"{repository['url']} could not be cloned into {repository['mount_path']}: {told}"
    return {
        "type": kind,
        "message": message,
        "repository_url": repository["url"],
        "retry_status": {"type": "retrying"},
    }
