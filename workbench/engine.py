"""Puts the rooms together: one task per live session; create, send, wake, interrupt, recover."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from workbench import events
from workbench.catalog import sent
from workbench.catalog.agents import Agents
from workbench.catalog.environments import Environments
from workbench.catalog.refusals import Refused, not_found
from workbench.catalog.sessions import SessionRecords, thread, updated
from workbench.checkpointed import CheckpointedLog
from workbench.contracts import (
    Brain,
    Clock,
    Document,
    Documents,
    Entry,
    Facts,
    Files,
    FilesRefused,
    Follower,
    Hands,
    Inbox,
    Json,
    Preview,
    Questions,
    SessionLog,
    States,
)
from workbench.workspaces import Workspaces

MOST_TRIES = 3
"""How often a session whose brain failed by surprise is woken again before it is stopped with an error."""

logger = logging.getLogger("workbench.engine")


@dataclass(frozen=True)
class Rooms:
    """What the engine puts together: the log's parts, the hands, the files, and the maker of a brain for records and log."""

    inbox: Inbox
    sessions: SessionLog
    facts: Facts
    documents: Documents
    states: States
    questions: Questions
    hands: Hands
    files: Files
    brain: Callable[[SessionRecords, SessionLog], Brain]
    clock: Clock = events.now


@dataclass
class _Live:
    """A session at work: its task, whether to look again when it ends, and the flag that cuts its step short."""

    interrupted: asyncio.Event = field(default_factory=asyncio.Event)
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None
    again: bool = False
    tries: int = 0


class Engine:
    """Everything that clients can do, behind the API. Use as an async context manager: leaving it ends every task."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.agents = Agents(rooms.documents, rooms.clock)
        self.environments = Environments(rooms.documents, rooms.clock)
        self.records = SessionRecords(rooms.documents, rooms.states, self.agents, self.environments, rooms.clock)
        self.workspaces = Workspaces(
            log=rooms.sessions,
            facts=rooms.facts,
            states=rooms.states,
            hands=rooms.hands,
            files=rooms.files,
            records=self.records,
            clock=rooms.clock,
            changing=lambda session_id: self._session(session_id).changing,
        )
        self._brain = rooms.brain(self.records, CheckpointedLog(rooms.sessions, rooms.files, self.records))
        self._live: dict[str, _Live] = {}
        self._listeners: dict[str, int] = {}
        self._unheard: dict[str, int] = {}
        self._tasks = asyncio.TaskGroup()
        self._stopping = False

    async def __aenter__(self) -> Engine:
        await self._tasks.__aenter__()
        await self._recover()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        for live in self._live.values():
            if live.task is not None:
                live.task.cancel()
        await self._tasks.__aexit__(None, None, None)

    # ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def create_session(self, body: Json) -> Json:
        """Store the record together with its initial events, wake it where there are some."""
        initial = sent.read_initial(body.get("initial_events"))
        draft = await self.records.drafted(body)
        if initial:
            entries = await self.rooms.inbox.send(
                draft.id, sent.numbered(initial, self.rooms.clock()), documents=(draft,)
            )
            self._remember_unheard(draft.id, entries)
            self.wake(draft.id)
        else:
            await self.rooms.documents.put(draft)
        return await self.records.wire(draft.id)

    async def update_session(self, session_id: str, body: Json) -> Json:
        async with self._session(session_id).changing:
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
        if "budget" in changes:
            self.wake(session_id)
        return await self.records.wire(session_id)

    async def archive_session(self, session_id: str) -> Json:
        """End a session for ever; its history stays. Again is no error and changes nothing."""
        async with self._session(session_id).changing:
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
        async with self._session(session_id).changing:
            document = await self.records.document(session_id)
            self._refuse_running(session_id, "deleted")
            await self.rooms.sessions.erase(session_id)
            await self.rooms.documents.remove(document.kind, session_id)
        await self._let_go(session_id)
        try:
            await self.rooms.files.erase(session_id)
        except FilesRefused as left:
            # The session is gone all the same: what is left is only space.
            logger.warning("%s", left)
        self._live.pop(session_id, None)
        self._unheard.pop(session_id, None)
        return {"id": session_id, "type": "session_deleted"}

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
        live = self._session(session_id)
        if live.task is not None:
            live.task.cancel()
        await self.rooms.hands.release(session_id)

    # ── events ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, session_id: str, body: Json) -> list[Json]:
        """Check the whole batch, store it, wake the session; the echo has the new ids.

        Raises:
            Refused: nothing was stored.
        """
        batch = sent.read_sent(body.get("events"), "events", sent.MOST_EVENTS)
        async with self._session(session_id).changing:
            document = await self.records.document(session_id)
            if document.body["archived_at"]:
                raise Refused(f"session {session_id} is archived; create a new one, or fork this one")
            await self._refuse_what_does_not_fit(session_id, batch)
            entries = await self.rooms.inbox.send(session_id, sent.numbered(batch, self.rooms.clock()))
        self._remember_unheard(session_id, entries)
        if any(isinstance(item, sent.Interrupt) for item in batch):
            self._session(session_id).interrupted.set()
        self.wake(session_id)
        return [events.dump(entry.event) for entry in entries]

    async def _refuse_what_does_not_fit(self, session_id: str, batch: Sequence[sent.Sent]) -> None:
        state = self.rooms.states.state(session_id)
        answers = any(isinstance(item, sent.Confirmation | sent.CustomResult) for item in batch)
        entries = await self.rooms.sessions.read(session_id) if answers else []
        sent.refuse_what_does_not_fit(
            batch,
            state=state,
            thread_id=events.primary_thread_id(session_id),
            entries=entries,
            queued=self.rooms.inbox.queued(session_id),
        )
        refuse_at_budget(state.stop_reason, batch)

    def follow(self, session_id: str, *, after: int | None = None) -> Follower:
        """Follow a session live; what was sent while nobody listened comes first. `after` resumes from a cursor instead."""
        unheard = self._unheard.pop(session_id, None)
        follower = self.rooms.sessions.follow(session_id, after=unheard if after is None else after)
        self._listeners[session_id] = self._listeners.get(session_id, 0) + 1
        return _Counted(follower, lambda: self._hang_up(session_id))

    def _hang_up(self, session_id: str) -> None:
        left = self._listeners.get(session_id, 1) - 1
        if left > 0:
            self._listeners[session_id] = left
        else:
            self._listeners.pop(session_id, None)

    def _remember_unheard(self, session_id: str, entries: Sequence[Entry]) -> None:
        if not self._listeners.get(session_id) and entries:
            self._unheard.setdefault(session_id, entries[0].position - 1)

    # ── wake, interrupt, recover ──────────────────────────────────────────────────────────────────────────────────────

    def wake(self, session_id: str) -> None:
        """Have the brain look at the session; one that is at work looks once more when it ends."""
        if self._stopping:
            return
        live = self._session(session_id)
        if live.task is not None and not live.task.done():
            live.again = True
            return
        live.task = self._tasks.create_task(self._work(session_id, live), name=f"session {session_id}")

    async def _work(self, session_id: str, live: _Live) -> None:
        while True:
            live.again = False
            try:
                await self._brain.wake(session_id, live.interrupted)
                live.tries = 0
            except Exception:
                logger.exception("session %s failed by surprise", session_id)
                live.tries += 1
                live.again = live.tries < MOST_TRIES
            if not live.again:
                break
        if live.tries:
            live.tries = 0
            await self._give_up(session_id)

    async def _give_up(self, session_id: str) -> None:
        """Stop a session that fails again and again, so that a person sees it and no other session suffers."""
        try:
            await self._append_failure(session_id)
        except Exception:
            logger.exception("session %s could not be stopped with an error either", session_id)

    async def _append_failure(self, session_id: str) -> None:
        session = await self.records.session(session_id)
        if session is None:
            return
        await self.rooms.inbox.flush(session_id)
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

    async def _recover(self) -> None:
        """Go on with everything that was not at rest when the last engine ended."""
        for state in self.rooms.states.states():
            at_rest = state.status in ("idle", "terminated") and not state.waiting_for
            if (at_rest and not self.rooms.inbox.queued(state.session_id)) or state.deleted:
                continue
            document = await self.rooms.documents.get("session", state.session_id)
            if document is not None and not document.body["archived_at"]:
                if any(entry.event.type == "user.interrupt" for entry in self.rooms.inbox.queued(state.session_id)):
                    self._session(state.session_id).interrupted.set()
                self.wake(state.session_id)

    def _session(self, session_id: str) -> _Live:
        return self._live.setdefault(session_id, _Live())


def refuse_at_budget(stop_reason: Json | None, batch: Sequence[sent.Sent]) -> None:
    """At its cap a session takes only answers and interrupts."""
    if (stop_reason or {}).get("type") != "budget_reached":
        return
    if any(isinstance(item, sent.Message | sent.System) for item in batch):
        raise Refused(
            "events: the session has reached its budget and takes only user.tool_confirmation, user.tool_result, "
            "user.custom_tool_result and user.interrupt; raise or remove the budget first"
        )


class _Counted:
    """A follower that says once when it is closed, so that the engine knows whether anybody listens."""

    def __init__(self, follower: Follower, closed: Callable[[], None]) -> None:
        self._follower = follower
        self._closed: Callable[[], None] | None = closed

    def __aiter__(self) -> _Counted:
        return self

    async def __anext__(self) -> Entry | Preview:
        return await anext(self._follower)

    async def aclose(self) -> None:
        if self._closed is not None:
            self._closed()
            self._closed = None
        await self._follower.aclose()
