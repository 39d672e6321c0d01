"""The threads of sessions as the API shows them: the primary one, and each child with its agent, status and usage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench import events
from workbench.brain.history import ThreadHistory
from workbench.catalog.errors import Refused, not_found
from workbench.catalog.session_wire import thread as primary_thread
from workbench.catalog.sessions import SessionRecords
from workbench.contracts.log import Log, Post
from workbench.contracts.thread_facts import THREAD_CREATED
from workbench.contracts.thread_states import ThreadState
from workbench.contracts.threads import ADVISOR
from workbench.contracts.values import Entry, Fact, Json
from workbench.engine.event_writer import EventWriter
from workbench.engine.tasks import SessionTasks
from workbench.engine.teams.thread_ends import terminated
from workbench.events import child_thread, primary_thread_id
from workbench.log.store import thread_states

_AT_WORK = ("running", "rescheduling")


@dataclass(frozen=True, kw_only=True)
class SessionThreads:
    """Reads and archives threads; what they do is the brain's."""

    log: Log
    writer: EventWriter
    records: SessionRecords
    tasks: SessionTasks

    async def all(self, session_id: str) -> list[Json]:
        """The primary thread first, then the children in order of making."""
        session = await self.records.wire(session_id)
        return [await self._primary(session), *[await self._wire(session, one) for one in await self.made(session_id)]]

    async def one(self, session_id: str, thread_id: str) -> Json:
        """Raises: Refused: 404."""
        session = await self.records.wire(session_id)
        if child_thread(session_id, thread_id) is None:
            return await self._primary(session)
        return await self._wire(session, await self._created(session_id, thread_id))

    async def archive(self, session_id: str, thread_id: str) -> Json:
        """End a child for ever; its history stays. Again is no error and changes nothing.

        Raises:
            Refused: 404; it is at work; it is the primary one.
        """
        async with self.tasks.changing(session_id):
            await self.records.document(session_id)
            if child_thread(session_id, thread_id) is None:
                raise Refused("the primary thread is archived with its session")
            created = await self._created(session_id, thread_id)
            run_id = created.body.get("workflow_run_id")
            if run_id in [one.run_id for one in self.log.states.state(session_id).runs]:
                raise Refused(f"thread {thread_id} is of the open run {run_id}", code="workflow_run_open")
            state = self.state(session_id, thread_id)
            if state is not None:
                if state.status in _AT_WORK:
                    raise Refused(f"thread {thread_id} is {state.status}; send user.interrupt with it first")
                await self.end(session_id, [created])
        return await self.one(session_id, thread_id)

    async def end(self, session_id: str, created: Sequence[Fact]) -> None:
        """Write the end of these children, in their own logs and in the primary one's."""
        posts: list[Post] = []
        for fact in created:
            thread_id = fact.body["session_thread_id"]
            if self.state(session_id, thread_id) is None:
                continue
            name = fact.body["agent"].get("name") or ADVISOR
            posts += await terminated(self.log, self.writer, session_id, thread_id, name)
        await self.log.sessions.post(session_id, posts)

    async def made(self, session_id: str) -> list[Fact]:
        """What is known of each child since it was made."""
        return await self.log.facts.facts(session_id, THREAD_CREATED.name)

    def state(self, session_id: str, thread_id: str) -> ThreadState | None:
        """A child as it is now; None where it is terminated."""
        found = [one for one in self.log.states.state(session_id).threads if one.thread_id == thread_id]
        return found[0] if found else None

    async def known(self, session_id: str, thread_id: str) -> None:
        """Raises: Refused: 404, where the session or the thread is not there."""
        await self.records.document(session_id)
        if child_thread(session_id, thread_id) is not None:
            await self._created(session_id, thread_id)

    async def _created(self, session_id: str, thread_id: str) -> Fact:
        for fact in await self.made(session_id):
            if fact.body["session_thread_id"] == thread_id:
                return fact
        raise not_found("thread", thread_id)

    async def _primary(self, session: Json) -> Json:
        """Its status and numbers are its own, and those of the session while there is no other thread."""
        told, state = primary_thread(session), self.log.states.state(session["id"])
        if not await self.made(session["id"]):
            return told
        history = await self._history(session["id"], primary_thread_id(session["id"]))
        status = "terminated" if session["archived_at"] else state.primary
        return {**told, "status": status, "usage": history.used().wire(0.0)}

    async def _wire(self, session: Json, created: Fact) -> Json:
        thread_id = str(created.body["session_thread_id"])
        history = await self._history(session["id"], thread_id)
        state = _folded(created, history.entries)
        moments = [one.event.processed_at for one in history.entries if one.event.processed_at]
        ended = _moment(history.entries, "session.thread_status_terminated")
        until = ended or self.writer.clock()
        running = (until - state.running_since).total_seconds() if state.running_since else 0.0
        started = _moment(history.entries, "session.thread_status_running")
        stats = {
            "active_seconds": round(state.active_seconds + running, 3),
            "duration_seconds": round((until - created.made_at).total_seconds(), 3),
            "startup_seconds": round(max(0.0, (started - created.made_at).total_seconds()), 3) if started else 0.0,
        }
        has_rested = _moment(history.entries, "session.thread_status_idle") is not None
        return {
            "id": thread_id,
            "type": "session_thread",
            "session_id": session["id"],
            "parent_thread_id": primary_thread_id(session["id"]),
            "agent": created.body["agent"],
            "status": state.status,
            "stats": stats if started else None,
            "usage": history.used().wire(stats["active_seconds"]) if has_rested else None,
            "workflow_run_id": created.body.get("workflow_run_id"),
            "archived_at": events.timestamp(ended) if ended else None,
            "created_at": events.timestamp(created.made_at),
            "updated_at": events.timestamp(max([created.made_at, *moments])),
        }

    async def _history(self, session_id: str, thread_id: str) -> ThreadHistory:
        history = await ThreadHistory.opened(session_id, thread_id, self.log.sessions, self.log.facts)
        await history.turn()
        return history


def _folded(created: Fact, entries: Sequence[Entry]) -> ThreadState:
    """The state of one thread, also of one that is terminated."""
    thread_id = created.body["session_thread_id"]
    states: tuple[ThreadState, ...] = (ThreadState(thread_id, created.body["agent"].get("name", ""), created.made_at),)
    for entry in entries:
        states = thread_states.after(states, thread_id, entry.event, entry.event.processed_at)
    return states[0]


def _moment(entries: Sequence[Entry], kind: str) -> datetime | None:
    """When an event of this kind came last."""
    return next((one.event.processed_at for one in reversed(entries) if one.event.type == kind), None)
