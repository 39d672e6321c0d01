"""Reviews of what a session changed: a copy of its files with agents that can only read, in a session of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from workbench import events
from workbench.catalog.errors import Refused, not_found
from workbench.catalog.sessions import KIND, Copied, forked, session_of
from workbench.contracts import reviews
from workbench.contracts.thread_facts import WORKFLOW_STARTED
from workbench.contracts.values import Document, Json
from workbench.engine.surprises import survived
from workbench.engine.teams import workflow_listing
from workbench.engine.teams.workflows import WorkflowRuns
from workbench.engine.workspaces import Workspaces, refused
from workbench.pricing import OFFLINE_MODEL

LOOK_S: Final = 3600.0
NEEDS_A_MODEL: Final = (
    "a review needs a language model, and this session has the offline one, which follows rules and has no opinion; set a model"
    " endpoint, then workbench set --model MODEL for the session"
)


@dataclass
class Reviews:
    """Nothing of the session that is reviewed changes: neither its log nor its files.

    `kept` is how long the session of a review stays after it has come to rest; then it is archived, and what it found remains.
    """

    workspaces: Workspaces
    runs: WorkflowRuns
    archive: Callable[[str], Awaitable[Json]]
    kept: timedelta = timedelta(days=7)

    async def keep(self) -> None:
        """Archive reviews that are old, until this is cancelled."""
        while True:
            with survived("old reviews could not be archived"):
                await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Archive the reviews that have rested for so long."""
        spaces, moment = self.workspaces, self.workspaces.writer.clock()
        for document in await spaces.log.documents.newest(KIND):
            state = spaces.log.states.state(document.id)
            since = state.rested_at or datetime.fromisoformat(document.body["created_at"])
            is_at_rest = state.standing not in ("running", "rescheduling")
            is_open = document.body["workbench"].get(reviews.REVIEW_OF) and not document.body["archived_at"]
            if is_open and is_at_rest and moment - since > self.kept:
                await self.archive(document.id)

    async def begin(self, session_id: str) -> Json:
        """A new session with a copy of the files, in which the review runs.

        Raises:
            Refused: there is nothing to review, the session is at work, or has no model that could.
        """
        spaces = self.workspaces
        async with spaces.changing(session_id):
            document = await spaces.records.document(session_id)
            spaces.refuse_running(session_id, "reviewed")
            if document.body["agent"]["model"]["id"] == OFFLINE_MODEL:
                raise Refused(NEEDS_A_MODEL)
            parent = session_of(document.body)
            with refused():
                diff = await spaces.hands.files.diff(parent)
                if not diff.text.strip():
                    raise Refused(
                        f"session {session_id} has changed nothing in its project: there is nothing to review"
                    )
                entries = await spaces.log.sessions.read(session_id)
                place = entries[-1].seq or 0 if entries else 0
                await spaces.hands.files.checkpoint(parent, place)
                record = _record(document.body, forked(document.body, Copied(0, 0), spaces.writer.clock()))
                try:
                    await spaces.hands.files.restore(parent, place, session_of(record))
                    run_id = await self._start(record, diff.text)
                except BaseException:
                    await spaces.hands.files.erase(record["id"])
                    raise
        self.runs.began(record["id"], run_id)
        return await self.last(session_id)

    async def _start(self, record: Json, diff: str) -> str:
        """Write the session and its run, which is carried out from then on."""
        writer, run_id = self.workspaces.writer, events.new_id("wrun")
        plan = self.runs.checked(reviews.PROGRAM)
        phases = [{"id": events.new_id("wrph"), "name": one} for one in plan.phases]
        told = {"name": reviews.NAME, "description": record["title"], "phases": phases}
        begun = writer.stamped(
            {"type": "session.status_running"},
            {"type": "workflow_run.created", "workflow_run_id": run_id, **told},
            {"type": "workflow_run.status_running", "workflow_run_id": run_id},
        )
        body: Json = {"workflow_run_id": run_id, "program": reviews.PROGRAM, "args": reviews.arguments(diff), **told}
        fact = WORKFLOW_STARTED.made(record["id"], writer.clock(), body)
        document = Document(KIND, record["id"], 1, record)
        await self.workspaces.log.sessions.append(record["id"], begun, facts=[fact], documents=(document,))
        return run_id

    async def last(self, session_id: str) -> Json:
        """The newest review of a session: its own session, its run, and what it found, worst first.

        Raises:
            Refused: 404; there is none.
        """
        spaces = self.workspaces
        await spaces.records.document(session_id)
        made = [one for one in await spaces.log.documents.newest(KIND) if _reviews(one, session_id)]
        if not made:
            raise not_found("review of session", session_id)
        newest = max(made, key=lambda one: str(one.body["created_at"]))
        run = (await workflow_listing.runs(spaces.log, newest.id))[0]
        return {"session_id": newest.id, "run": run, "findings": reviews.findings_of(run["value"])}


def _reviews(document: Document, session_id: str) -> bool:
    return bool(document.body["workbench"].get(reviews.REVIEW_OF) == session_id)


def _record(parent: Json, record: Json) -> Json:
    """The record of a review: a reader without secrets, memory or uploads, on a copy of the files."""
    title = parent["title"] or parent["id"]
    return record | {
        "agent": reviews.reviewer(parent["agent"]),
        "title": f"review of {title}"[:500],
        "resources": [],
        "vault_ids": [],
        "outcome_evaluations": [],
        "workbench": record["workbench"]
        | {reviews.REVIEW_OF: parent["id"], "talks": False, "skills": [], "uploads": [], "plugins": []},
    }
