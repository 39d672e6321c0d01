"""Puts the rooms together: one task per live session; create, send, wake, interrupt, recover."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

from workbench import events
from workbench.catalog import inbound_events
from workbench.catalog.agents import Agents
from workbench.catalog.environments import Environments
from workbench.catalog.errors import Refused, not_found
from workbench.catalog.sessions import SessionRecords, thread, updated
from workbench.catalog.vaults import Vaults
from workbench.contracts.brain import Brain, Model
from workbench.contracts.files import Files, FilesRefused
from workbench.contracts.hands import Hands
from workbench.contracts.log import Documents, Facts, Follower, Inbox, SessionLog, States
from workbench.contracts.memory import MemoryFolders, MemoryVersions
from workbench.contracts.questions import Questions
from workbench.contracts.servers import Servers
from workbench.contracts.values import Clock, Document, Json
from workbench.contracts.vault import Vault
from workbench.engine.console import Console
from workbench.engine.dreams.dreaming import Dreaming, DreamParts
from workbench.engine.dreams.schedule import Schedule
from workbench.engine.feed import Newcomers
from workbench.engine.followers import Audience
from workbench.engine.imports import Importing
from workbench.engine.memory import MemoryAccess
from workbench.engine.network import SessionWays
from workbench.engine.repository_tokens import RepositoryTokens
from workbench.engine.resources import Belongings, teller
from workbench.engine.tasks import Work
from workbench.engine.workspaces import Workspaces
from workbench.engine.wrappers.checkpointed import CheckpointedLog
from workbench.engine.wrappers.cloned import ClonedHands
from workbench.engine.wrappers.mounted import MountedHands
from workbench.engine.wrappers.redacted import RedactedHands
from workbench.engine.wrappers.sandboxed_servers import SandboxedServers
from workbench.memory.stores.mounts import Mounts

logger = logging.getLogger("workbench.engine")


@dataclass(frozen=True)
class Rooms:
    """What the engine puts together: the log's parts, the hands, the files, and the maker of a brain for records, log, hands and servers."""

    inbox: Inbox
    sessions: SessionLog
    facts: Facts
    documents: Documents
    states: States
    memories: MemoryVersions
    questions: Questions
    hands: Hands
    files: Files
    folders: MemoryFolders
    servers: Servers
    vault: Vault
    vaults: Vaults
    outlets: SessionWays
    brain: Callable[[SessionRecords, SessionLog, Hands, Servers], Brain]
    models: Callable[[str], Model]
    window: Callable[[str], int | None]
    """A model's context window in tokens; None where nobody knows it."""
    clock: Clock = events.now


class Engine:
    """Everything that clients can do, behind the API. Use as an async context manager: leaving it ends every task."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.agents = Agents(rooms.documents, rooms.clock)
        self.environments = Environments(rooms.documents, rooms.clock)
        self.memory = MemoryAccess(rooms.documents, rooms.memories, rooms.clock)
        self.vaults = rooms.vaults
        self.records = SessionRecords(rooms.documents, rooms.states, self.agents, self.environments, rooms.clock)
        log = CheckpointedLog(rooms.sessions, rooms.files, self.records)
        redacting = RedactedHands(rooms.hands, rooms.vault)
        cloning = ClonedHands(redacting, rooms.facts, rooms.clock, teller(rooms.sessions, rooms.clock))
        self._hands = MountedHands(cloning, Mounts(self.memory.memories, rooms.folders))
        brain = rooms.brain(self.records, log, self._hands, SandboxedServers(rooms.servers, self._hands, rooms.vault))
        self._work = Work(brain, give_up=self._give_up)
        self.belongings = Belongings(
            documents=rooms.documents,
            records=self.records,
            environments=self.environments,
            outlets=rooms.outlets,
            tokens=RepositoryTokens(rooms.vault),
            clock=rooms.clock,
            changing=self._work.changing,
        )
        self.newcomers = Newcomers(rooms.documents, rooms.states)
        self._audience = Audience(rooms.sessions)
        self.dreaming = Dreaming(
            DreamParts(
                documents=rooms.documents,
                questions=rooms.questions,
                log=rooms.sessions,
                memory=self.memory,
                models=rooms.models,
                archive=self.archive_session,
                clock=rooms.clock,
            )
        )
        self.review = self.dreaming.review
        self.importing = Importing(rooms.documents, rooms.sessions, rooms.clock)
        self.schedule = Schedule(
            documents=rooms.documents,
            states=rooms.states,
            memory=self.memory,
            dreaming=self.dreaming,
            clock=rooms.clock,
        )
        self.workspaces = Workspaces(
            log=rooms.sessions,
            facts=rooms.facts,
            states=rooms.states,
            hands=self._hands,
            files=rooms.files,
            records=self.records,
            clock=rooms.clock,
            changing=self._work.changing,
        )

        self.console = Console(facts=rooms.facts, hands=self._hands, records=self.records, clock=rooms.clock)

    async def __aenter__(self) -> Engine:
        await self._work.__aenter__()
        self._work.recover(self.rooms.states, self.rooms.inbox)
        await self.dreaming.__aenter__()
        self.dreaming.beside(self.schedule.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.dreaming.__aexit__(kind, error, trace)
        await self._work.__aexit__(kind, error, trace)

    def halt(self) -> None:
        """End every session's task where it stands; the next engine goes on from the log."""
        self._work.halt()

    # ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def create_session(self, body: Json) -> Json:
        """Store the record together with its initial events, wake it where there are some."""
        initial = inbound_events.read_initial(body.get("initial_events"))
        draft = await self.belongings.drafted(body)
        if warnings := await self.belongings.warnings(draft):
            await self.rooms.sessions.append(draft.id, warnings, documents=(draft,))
        if initial:
            entries = await self.rooms.inbox.send(
                draft.id, inbound_events.numbered(initial, self.rooms.clock()), documents=(draft,)
            )
            self._audience.missed(draft.id, entries)
            self._work.wake(draft.id)
        else:
            await self.rooms.documents.put(draft)
            self.newcomers.made(draft.id)
        return await self.records.wire(draft.id)

    async def update_session(self, session_id: str, body: Json) -> Json:
        async with self._work.changing(session_id):
            document = await self.records.document(session_id)
            record, changes = updated(document.body, body, self.rooms.states.state(session_id), self.rooms.clock())
            if changes:
                event = events.parse(
                    {
                        "type": "session.updated",
                        "id": events.new_id("sevt"),
                        "processed_at": events.timestamp(self.rooms.clock()),
                        **changes,
                    }
                )
                changed = Document(document.kind, document.id, document.version, record)
                await self.rooms.sessions.append(session_id, [event], documents=(changed,))
        if "budget" in changes or "metadata" in changes:
            self._work.wake(session_id)
        return await self.records.wire(session_id)

    async def archive_session(self, session_id: str) -> Json:
        """End a session for ever; its history stays. Again is no error and changes nothing."""
        async with self._work.changing(session_id):
            document = await self.records.document(session_id)
            if not document.body["archived_at"]:
                self._refuse_running(session_id, "archived")
                moment = events.timestamp(self.rooms.clock())
                record = document.body | {"archived_at": moment, "updated_at": moment}
                await self.rooms.sessions.append(
                    session_id,
                    [events.parse(body) for body in self._farewell(document.body, moment)],
                    documents=(Document(document.kind, session_id, document.version, record),),
                )
        await self._let_go(session_id)
        return await self.records.wire(session_id)

    def _farewell(self, record: Json, moment: str) -> list[Json]:
        terminated: Json = {"id": events.new_id("sevt"), "processed_at": moment, "type": "session.status_terminated"}
        thread_terminated: Json = {
            "id": events.new_id("sevt"),
            "processed_at": moment,
            "type": "session.thread_status_terminated",
            "agent_name": record["agent"]["name"],
            "session_thread_id": events.primary_thread_id(record["id"]),
        }
        return [thread_terminated, terminated]

    async def delete_session(self, session_id: str) -> Json:
        """Remove record, events, sandbox and files; followers hear `session.deleted` last."""
        async with self._work.changing(session_id):
            document = await self.records.document(session_id)
            self._refuse_running(session_id, "deleted")
            await self.records.groups.note_deleted(document.body)
            await self.rooms.sessions.erase(session_id)
            await self.rooms.documents.remove(document.kind, session_id)
            await self.belongings.forget_tokens(document.body)
        await self._let_go(session_id)
        try:
            await self.rooms.files.erase(session_id)
        except FilesRefused as left:
            # The session is gone all the same: what is left is only space.
            logger.warning("%s", left)
        self._work.forget(session_id)
        self._audience.forget(session_id)
        return {"id": session_id, "type": "session_deleted"}

    async def set_group_budget(self, name: str, body: Json) -> Json:
        """Change what a group may cost together; its sessions look whether they may go on."""
        group = await self.records.groups.set_budget(name, body)
        for session_id in group["session_ids"]:
            self._work.wake(session_id)
        return group

    async def thread_of(self, session_id: str, thread_id: str) -> Json:
        """The primary thread.

        Raises:
            Refused: 404 for any other.
        """
        session = await self.records.wire(session_id)
        if thread_id != events.primary_thread_id(session_id):
            raise not_found("thread", thread_id)
        return thread(session)

    def _refuse_running(self, session_id: str, what: str) -> None:
        if self.rooms.states.state(session_id).standing in ("running", "rescheduling"):
            raise Refused(f"session {session_id} is running and cannot be {what}; send user.interrupt first")

    async def _let_go(self, session_id: str) -> None:
        self._work.end(session_id)
        await self.rooms.servers.release(session_id)
        await self._hands.release(session_id)

    # ── events ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, session_id: str, body: Json) -> list[Json]:
        """Check the whole batch, store it, wake the session; the echo has the new ids.

        Raises:
            Refused: nothing was stored.
        """
        batch = inbound_events.read_sent(body.get("events"), "events", inbound_events.MOST_EVENTS)
        async with self._work.changing(session_id):
            document = await self.records.document(session_id)
            if document.body["archived_at"]:
                raise Refused(f"session {session_id} is archived; create a new one, or fork this one")
            await self._refuse_what_does_not_fit(session_id, batch)
            entries = await self.rooms.inbox.send(session_id, inbound_events.numbered(batch, self.rooms.clock()))
        self._audience.missed(session_id, entries)
        if any(isinstance(item, inbound_events.Interrupt) for item in batch):
            self._work.interrupt(session_id)
        self._work.wake(session_id)
        return [events.dump(entry.event) for entry in entries]

    async def _refuse_what_does_not_fit(self, session_id: str, batch: Sequence[inbound_events.Sent]) -> None:
        state = self.rooms.states.state(session_id)
        answers = any(isinstance(item, inbound_events.Confirmation | inbound_events.CustomResult) for item in batch)
        entries = await self.rooms.sessions.read(session_id) if answers else []
        inbound_events.refuse_what_does_not_fit(
            batch,
            state=state,
            thread_id=events.primary_thread_id(session_id),
            entries=entries,
            queued=self.rooms.inbox.queued(session_id),
        )
        refuse_at_budget(state.stop_reason, batch)

    def follow(self, session_id: str, *, after: int | None = None) -> Follower:
        """See `Audience.follow`."""
        return self._audience.follow(session_id, after=after)

    # ── when the brain fails ──────────────────────────────────────────────────────────────────────────────────────────

    async def _give_up(self, session_id: str) -> None:
        """Stop a session that fails again and again, so that a person sees it and no other session suffers."""
        session = await self.records.session(session_id)
        if session is None:
            return
        await self.rooms.inbox.take(session_id)
        moment = events.timestamp(self.rooms.clock())
        message = (
            "the engine failed on this session and stopped it; its log says where (workbench status shows the file)"
        )
        reason = {"type": "retries_exhausted"}
        thread_fields = {"agent_name": session.agent["name"], "session_thread_id": session.thread_id}
        usage = (await self.records.wire(session_id))["usage"]
        error = {"type": "unknown_error", "message": message, "retry_status": {"type": "exhausted"}}
        bodies: list[Json] = [
            {"type": "session.error", "error": error},
            {"type": "session.thread_status_idle", "stop_reason": reason, **thread_fields},
            {"type": "session.usage", "usage": usage},
            {"type": "session.status_idle", "stop_reason": reason},
        ]
        stamped = [events.parse({**body, "id": events.new_id("sevt"), "processed_at": moment}) for body in bodies]
        await self.rooms.sessions.append(session_id, stamped)


def refuse_at_budget(stop_reason: Json | None, batch: Sequence[inbound_events.Sent]) -> None:
    """At its cap a session takes only answers and interrupts."""
    if (stop_reason or {}).get("type") != "budget_reached":
        return
    if any(isinstance(item, inbound_events.Message | inbound_events.System) for item in batch):
        raise Refused(
            "events: the session has reached its budget and takes only user.tool_confirmation, user.tool_result, "
            "user.custom_tool_result and user.interrupt; raise or remove the budget first"
        )
