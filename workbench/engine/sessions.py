"""Sessions from creation to deletion: create, update, archive, delete, send; and the end of one that fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from workbench import events
from workbench.catalog import inbound_events
from workbench.catalog.errors import Refused
from workbench.catalog.outcomes import DefineOutcome
from workbench.catalog.own_brain import refuse_outcomes
from workbench.catalog.sessions import SessionRecords, session_of, updated
from workbench.catalog.tighter_policy import tightened
from workbench.contracts.files import FilesRefused
from workbench.contracts.log import Log
from workbench.contracts.modes import PLAN, after_plan, mode_of
from workbench.contracts.values import Document, Entry, Json, Session
from workbench.engine.attachments import refuse_unusable
from workbench.engine.automation.webhooks import Webhooks
from workbench.engine.event_writer import EventWriter
from workbench.engine.feed import SessionFeed
from workbench.engine.files import StoredFiles
from workbench.engine.followers import SessionFollowers
from workbench.engine.hosted.mirrored import refuse_elsewhere
from workbench.engine.modes import is_plan, told_of_mode
from workbench.engine.outputs import SessionOutputs
from workbench.engine.repository_skills import RepositorySkills
from workbench.engine.resources import SessionResources
from workbench.engine.rooms import HandsSide
from workbench.engine.rubric_files import with_rubrics
from workbench.engine.session_skills import told_of_trust
from workbench.engine.tasks import SessionTasks
from workbench.engine.teams.threads import SessionThreads
from workbench.engine.teams.workflows import WorkflowRuns
from workbench.engine.watches import Watches
from workbench.engine.work.queue import WorkQueue

Beside = Callable[[str], list[Document]]
"""Documents that are written together with a new session, by its id."""
Settle = Callable[[Json], Json]
"""What is changed of the record of a new session."""

logger = logging.getLogger("workbench.engine")


@dataclass(frozen=True, kw_only=True)
class SessionLifecycle:
    """What clients do with sessions; each change holds the session's lock."""

    log: Log
    writer: EventWriter
    records: SessionRecords
    resources: SessionResources
    hands: HandsSide
    tasks: SessionTasks
    feed: SessionFeed
    followers: SessionFollowers
    files: StoredFiles
    outputs: SessionOutputs
    watches: Watches
    threads: SessionThreads
    workflows: WorkflowRuns
    webhooks: Webhooks
    repository_skills: RepositorySkills
    work: WorkQueue

    async def create(self, body: Json, *, token_id: str = "") -> Json:
        """Store the record together with its initial events, wake it where there are some; whose token made it is kept."""
        initial = inbound_events.read_initial(body.get("initial_events"))
        own = {"token_id": token_id} if token_id else {}
        kept: Settle = lambda draft: draft | {"workbench": draft["workbench"] | own}  # noqa: E731 - one line
        return await self._created(body, initial, None, lambda _: [], kept)

    async def create_deployed(self, body: Json, deployment_id: str, beside: Beside) -> Json:
        """The same for a run of a deployment, whose record is written beside the session's, both or neither."""
        return await self._created(body, inbound_events.read_deployed(body["initial_events"]), deployment_id, beside)

    async def create_triggered(
        self, body: Json, deployment_id: str, beside: Beside, *, chain: Sequence[str], is_tight: bool
    ) -> Json:
        """The same for a run that a trigger starts: `chain` are the triggers that led to it, the last one its own."""

        def settled(draft: Json) -> Json:
            draft = tightened(draft) if is_tight else draft
            return draft | {"workbench": draft["workbench"] | {"triggered_by": [*chain]}}

        initial = inbound_events.read_deployed(body["initial_events"])
        return await self._created(body, initial, deployment_id, beside, settled)

    async def _created(
        self,
        body: Json,
        initial: list[inbound_events.Sent],
        deployment_id: str | None,
        beside: Beside,
        settled: Settle = dict,
    ) -> Json:
        await refuse_unusable(self.files, initial, "initial_events")
        initial = await with_rubrics(self.files, initial, "initial_events")
        draft = await self.resources.drafted(body, is_deployed=deployment_id is not None)
        draft = replace(draft, body=settled(draft.body | {"deployment_id": deployment_id}))
        refuse_outcomes(session_of(draft.body).acp, initial)
        told = [*await self.resources.warnings(draft), *told_of_trust(draft.body)]
        told += told_of_mode({}, draft.body["metadata"])
        # All of it is one write: a run of a deployment is there with its session, or neither is.
        sent = [*self.writer.stamped(*told), *inbound_events.numbered(initial, self.writer.clock())]
        work = self.work.first(draft.body)
        entries = await self.log.inbox.send(draft.id, sent, documents=(draft, *beside(draft.id), *work))
        await self.work.took(work)
        if initial:
            self.followers.missed(draft.id, entries[len(told) :])
            self.tasks.wake(draft.id)
            self.repository_skills.prepare(draft.id)
        elif not told:
            self.feed.made(draft.id)
        return await self.records.wire(draft.id)

    async def update(self, session_id: str, body: Json) -> Json:
        """Change a record and tell its log; a new budget or new metadata wakes the session."""
        async with self.tasks.changing(session_id):
            document = await self.records.document(session_id)
            state = self.log.states.state(session_id)
            if body.get("agent") is not None and state.runs:
                raise Refused("agent: a workflow run of the session is open", code="workflow_run_open")
            record, changes = updated(document.body, body, state, self.writer.clock())
            if changes:
                changed = Document(document.kind, document.id, document.version, record)
                told = told_of_mode(document.body["metadata"], record["metadata"])
                await self.writer.write(session_id, {"type": "session.updated", **changes}, *told, documents=(changed,))
        if "budget" in changes or "metadata" in changes:
            for thread_id in [None, *(one.thread_id for one in state.threads)]:
                self.tasks.wake(session_id, thread_id)
        return await self.records.wire(session_id)

    async def archive(self, session_id: str) -> Json:
        """End a session for ever; its history stays. Again is no error and changes nothing."""
        async with self.tasks.changing(session_id):
            document = await self.records.document(session_id)
            if not document.body["archived_at"]:
                self._refuse_running(session_id, "archived")
                await self.workflows.stop_all(session_id)
                await self.threads.end(session_id, await self.threads.made(session_id))
                moment = events.timestamp(self.writer.clock())
                record = document.body | {"archived_at": moment, "updated_at": moment}
                archived = Document(document.kind, session_id, document.version, record)
                await self.writer.write(session_id, *_terminated(document.body, moment), documents=(archived,))
        await self.work.end(session_id)
        await self._let_go(session_id)
        return await self.records.wire(session_id)

    async def stop_run(self, session_id: str, run_id: str) -> None:
        """End an open workflow run and its agents; the session's agent is told. One that has ended stays as it is.

        Raises:
            Refused: 404.
        """
        async with self.tasks.changing(session_id):
            await self.records.document(session_id)
            if any(one.run_id == run_id for one in self.log.states.state(session_id).runs):
                await self.workflows.stop(session_id, run_id)

    async def delete(self, session_id: str) -> Json:
        """Remove record, events, sandbox and files; followers hear `session.deleted` last."""
        async with self.tasks.changing(session_id):
            document = await self.records.document(session_id)
            self._refuse_running(session_id, "deleted")
            await self.workflows.stop_all(session_id)
            await self.records.groups.note_deleted(document.body)
            await self.log.sessions.erase(session_id)
            await self.log.documents.remove(document.kind, session_id)
            await self.resources.forget_tokens(document.body)
            await self.files.forget_session(session_id)
            await self.resources.skills.forget(document.body)
        await self._let_go(session_id)
        try:
            await self.hands.files.erase(session_id)
        except FilesRefused as left:
            # The session is gone all the same: what is left is only space.
            logger.warning("%s", left)
        self.tasks.forget(session_id)
        self.outputs.forget(session_id)
        self.followers.forget(session_id)
        await self.webhooks.forget(session_id)
        await self.work.forget(session_id)
        return {"id": session_id, "type": "session_deleted"}

    async def set_group_budget(self, name: str, body: Json) -> Json:
        """Change what a group may cost together; its sessions look whether they may go on."""
        group = await self.records.groups.set_budget(name, body)
        for session_id in group["session_ids"]:
            self.tasks.wake(session_id)
        return group

    async def send(self, session_id: str, body: Json) -> list[Json]:
        """Check the whole batch, store it, wake the session; the echo has the new ids.

        Raises:
            Refused: nothing was stored.
        """
        batch = inbound_events.read_sent(body.get("events"), "events", inbound_events.MOST_EVENTS)
        async with self.tasks.changing(session_id):
            document = await self.records.document(session_id)
            if document.body["archived_at"]:
                raise Refused(f"session {session_id} is archived; create a new one, or fork this one")
            refuse_elsewhere(document.body)
            routed = await self._routed(session_of(document.body), batch)
            await refuse_unusable(self.files, batch, "events")
            routed = await with_rubrics(self.files, routed, "events")
            await self._leave_plan_mode(document, batch)
            if any(isinstance(item, inbound_events.Interrupt) for item in batch):
                # Who stops a session does not want it woken by what it had running.
                await self.watches.end_all(session_id, "the user interrupted")
            sent = inbound_events.numbered(routed, self.writer.clock())
            copies = self._interrupts_of_children(session_id, routed)
            is_waiting = bool(self.log.states.state(session_id).waiting_for)
            entries = await self.log.inbox.send(session_id, [*sent, *copies])
        if any(isinstance(item, inbound_events.Message | DefineOutcome) for item in batch) or (
            is_waiting and any(isinstance(item, inbound_events.Interrupt) for item in batch)
        ):
            await self.work.want(document.body)
        self.followers.missed(session_id, [entry for entry in entries if entry.thread_id is None])
        self._wake(session_id, entries)
        self.repository_skills.prepare(session_id)
        return [events.dump(entry.event) for entry in entries[: len(sent)]]

    def _wake(self, session_id: str, entries: Sequence[Entry]) -> None:
        """Have every thread looked at that something was sent to; those to be interrupted at once."""
        for entry in entries:
            if entry.event.type == "user.interrupt":
                self.tasks.interrupt(session_id, entry.thread_id)
        for thread_id in dict.fromkeys(entry.thread_id for entry in entries):
            self.tasks.wake(session_id, thread_id)

    def _interrupts_of_children(self, session_id: str, batch: Sequence[inbound_events.Sent]) -> list[events.Event]:
        """An interrupt that names no thread is one of every child that works or waits, too."""
        if not any(isinstance(item, inbound_events.Interrupt) and item.session_thread_id is None for item in batch):
            return []
        state = self.log.states.state(session_id)
        own = [one for one in state.threads if one.workflow_run_id is None]
        at_work = [one.thread_id for one in own if one.status != "idle" or one.waiting_for]
        copies = [inbound_events.Interrupt(type="user.interrupt", session_thread_id=one) for one in at_work]
        return inbound_events.numbered(copies, self.writer.clock())

    async def _routed(self, session: Session, batch: Sequence[inbound_events.Sent]) -> list[inbound_events.Sent]:
        """The batch, each event with the child thread that it is for.

        Raises:
            Refused: an event does not fit to the session as it is.
        """
        session_id, state = session.id, self.log.states.state(session.id)
        answers = any(isinstance(item, inbound_events.ANSWERS) for item in batch)
        entries = await self.log.sessions.read(session_id) if answers else []
        queued = [*self.log.inbox.queued(session_id)]
        for thread in state.threads:
            queued += self.log.inbox.queued(session_id, thread_id=thread.thread_id)
        inbound_events.refuse_what_does_not_fit(
            batch, state=state, entries=entries, queued=queued, is_self_hosted=session.is_self_hosted
        )
        _refuse_at_budget(state.stop_reason, batch)
        refuse_outcomes(session.acp, batch)
        return inbound_events.routed(batch, entries)

    async def _leave_plan_mode(self, document: Document, batch: Sequence[inbound_events.Sent]) -> None:
        """With the allowance of a plan its session is in the mode that follows, before the call is answered."""
        allowed = {
            item.tool_use_id
            for item in batch
            if isinstance(item, inbound_events.Confirmation) and item.result == "allow"
        }
        if mode_of(document.body["metadata"]) != PLAN or not allowed:
            return
        entries = await self.log.sessions.read(document.id)
        if any(one.event.id in allowed and is_plan(one.event) for one in entries):
            metadata = after_plan(document.body["metadata"])
            moment = events.timestamp(self.writer.clock())
            record = document.body | {"metadata": metadata, "updated_at": moment}
            changed = Document(document.kind, document.id, document.version, record)
            updated_event = {"type": "session.updated", "metadata": metadata}
            await self.writer.write(document.id, updated_event, documents=(changed,))

    def _refuse_running(self, session_id: str, what: str) -> None:
        state = self.log.states.state(session_id)
        if state.standing in ("running", "rescheduling") and not state.only_runs:
            raise Refused(f"session {session_id} is running and cannot be {what}; send user.interrupt first")

    async def _let_go(self, session_id: str) -> None:
        self.tasks.end(session_id)
        await self.hands.servers.release(session_id)
        await self.hands.hands.release(session_id)


def _terminated(record: Json, moment: str) -> tuple[Json, Json]:
    """The last events of an archived session: its thread's end, then its own."""
    thread_terminated: Json = {
        "processed_at": moment,
        "type": "session.thread_status_terminated",
        "agent_name": record["agent"]["name"],
        "session_thread_id": events.primary_thread_id(record["id"]),
    }
    return thread_terminated, {"processed_at": moment, "type": "session.status_terminated"}


def _refuse_at_budget(stop_reason: Json | None, batch: Sequence[inbound_events.Sent]) -> None:
    """At its cap a session takes only answers and interrupts."""
    if (stop_reason or {}).get("type") != "budget_reached":
        return
    refused = inbound_events.Message | inbound_events.System | DefineOutcome
    if any(isinstance(item, refused) for item in batch):
        raise Refused(
            "events: the session has reached its budget and takes only user.tool_confirmation, user.tool_result, "
            "user.custom_tool_result and user.interrupt; raise or remove the budget first"
        )
