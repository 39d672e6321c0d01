"""The status of a session: what its threads do, summed up. Each change of it is one decision under the session's lock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench import pricing
from workbench.brain.event_writer import EventWriter
from workbench.brain.history import ThreadHistory
from workbench.brain.spending import Spending
from workbench.contracts import facts as facts_of
from workbench.contracts.log import Inbox, Post, SessionLog, States
from workbench.contracts.outcomes import active
from workbench.contracts.values import Fact, Json, SessionState
from workbench.events import Event, child_thread, primary_thread_id

_AT_WORK: Final = frozenset({"running", "rescheduling"})
_MAIL: Final = frozenset({"agent.thread_message_received", "workflow_run.error", "workflow_run.status_ended"})
"""What the engine or another thread puts into an inbox."""
_END_TURN: Final = "end_turn"
_ASKS: Final = "requires_action"


@dataclass(frozen=True)
class Standing:
    """Writes the status events of threads, and those of the session that follow from them."""

    log: SessionLog
    inbox: Inbox
    states: States
    spending: Spending
    locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    def deciding(self, session_id: str) -> asyncio.Lock:
        """Held while one thread of the session changes its status."""
        return self.locks.setdefault(session_id, asyncio.Lock())

    async def run(
        self, writer: EventWriter, history: ThreadHistory, events: Sequence[Event] = (), facts: Sequence[Fact] = ()
    ) -> None:
        """The thread begins to work; what it begins with is written with that."""
        async with self.deciding(writer.session.id):
            await history.post([*self.running(writer), *history.posts(events)], facts)

    def running(self, writer: EventWriter) -> list[Post]:
        """What is written when a thread begins to work; to be written under the lock."""
        state = self.states.state(writer.session.id)
        session = [] if state.status == "running" else [Post(writer.session_running())]
        return [*session, *_posts(writer, [writer.thread_running()])]

    async def reschedule(self, writer: EventWriter, *before: Event) -> None:
        """A thread's request failed and is made again; the session waits with it where no other thread works."""
        async with self.deciding(writer.session.id):
            own = [Post(event, _place(writer)) for event in before]
            posts = [*own, *_posts(writer, [writer.thread_rescheduled()])]
            if not _others_at_work(self.states.state(writer.session.id), writer.thread_id):
                posts.append(Post(writer.session_rescheduled()))
            await self.log.post(writer.session.id, posts)

    async def rest(
        self,
        writer: EventWriter,
        history: ThreadHistory,
        stop_reason: Json,
        stop_details: Json | None,
        active_seconds: float,
        *,
        said: Sequence[Post] = (),
        facts: Sequence[Fact] = (),
        is_over: bool = False,
    ) -> bool:
        """The thread comes to rest, and the session with it where no other one works; False where a message came before it.

        `said` is what it tells other threads with its end, as the report of a child, before its status. `is_over` ends a
        child for good.
        """
        session_id = writer.session.id
        async with self.deciding(session_id):
            if stop_reason["type"] == _END_TURN and not is_over and self._has_mail(session_id, writer.thread_id):
                return False
            own = [writer.thread_idle(stop_reason, stop_details)]
            own += [writer.thread_terminated()] if is_over else []
            first = [post for post in said if not post.waits]
            waiting = [post for post in said if post.waits]
            posts = [*first, *_posts(writer, own), *waiting]
            state = self.states.state(session_id)
            if not _others_at_work(state, writer.thread_id) and not self._goes_on(state, writer, stop_reason, waiting):
                reason, details = _together(state, writer, stop_reason, stop_details)
                used = await self.spending.usage(writer.session, history, active_seconds)
                posts += [Post(event) for event in writer.session_idle(reason, used, details)]
                facts = [*facts, *self._spent(writer)]
            await self.log.post(session_id, posts, facts=facts)
        return True

    def _spent(self, writer: EventWriter) -> list[Fact]:
        """What it has cost, for sums over sessions; nothing where a price is not known."""
        cost = self.spending.own_cost(writer.session.id)
        if cost is None:
            return []
        return [facts_of.SESSION_SPENT.made(writer.session.id, writer.clock(), {"usd": pricing.decimal(cost)})]

    def _has_mail(self, session_id: str, thread_id: str) -> bool:
        """Whether another thread has written to this one, which is going to rest just now."""
        queued = self.inbox.queued(session_id, thread_id=thread_id)
        return any(entry.event.type in _MAIL for entry in queued)

    def _goes_on(self, state: SessionState, writer: EventWriter, stop: Json, waiting: Sequence[Post]) -> bool:
        """Whether the session goes on: a workflow run is open and waits for nobody, or a message waits for a thread that may read it."""
        halts = [stop, state.primary_stop or {}, *(one.stop_reason or {} for one in state.threads)]
        if _is_to_be_graded(state, writer, stop):
            return True
        if state.runs and not any(one.get("type") in (_ASKS, "budget_reached") for one in halts):
            return True
        stops = {one.thread_id: one.stop_reason or {} for one in state.threads}
        stops[""] = state.primary_stop or {}
        stops[_place(writer) or ""] = stop
        receivers = {child_thread(state.session_id, post.thread_id) or "" for post in waiting}
        for thread_id in stops:
            if thread_id != (_place(writer) or "") and self._has_mail(
                state.session_id, thread_id or primary_thread_id(state.session_id)
            ):
                receivers.add(thread_id)
        return any(stops.get(thread_id, {}).get("type") != _ASKS for thread_id in receivers if thread_id in stops)


def _is_to_be_graded(state: SessionState, writer: EventWriter, stop: Json) -> bool:
    """Whether the primary thread has an outcome, and waited for this child to have it graded."""
    others = [one for one in state.threads if one.thread_id != _place(writer)]
    is_asked = any((one.stop_reason or {}).get("type") in (_ASKS, "budget_reached") for one in others)
    done = stop["type"] not in (_ASKS, "budget_reached") and (state.primary_stop or {}).get("type") == _END_TURN
    return _place(writer) is not None and done and not is_asked and active(state.outcomes) is not None


def _place(writer: EventWriter) -> str | None:
    return child_thread(writer.session.id, writer.thread_id)


def _posts(writer: EventWriter, events: Sequence[Event]) -> list[Post]:
    """Status events of one thread: in its own log, and those of a child in the primary one's too."""
    place = _place(writer)
    if place is None:
        return [Post(event) for event in events]
    return [*(Post(event, place) for event in events), *(Post(writer.again(event)) for event in events)]


def _others_at_work(state: SessionState, thread_id: str) -> bool:
    """Whether another thread of the session works now."""
    own = child_thread(state.session_id, thread_id)
    if own is not None and state.primary in _AT_WORK:
        return True
    return any(one.status in _AT_WORK for one in state.threads if one.thread_id != own)


def _together(state: SessionState, writer: EventWriter, stop: Json, details: Json | None) -> tuple[Json, Json | None]:
    """Why the session rests: a question of any thread comes before a used up budget, and both before all else."""
    own = _place(writer)
    primary = stop if own is None else state.primary_stop or {"type": _END_TURN}
    children = [stop if one.thread_id == own else one.stop_reason or {} for one in state.threads]
    if not any(one.get("type") in (_ASKS, "budget_reached") for one in children):
        return primary, details if own is None else None
    every = [primary, *children]
    asked = [call for one in every if one.get("type") == _ASKS for call in one["event_ids"]]
    if asked:
        return {"type": _ASKS, "event_ids": list(dict.fromkeys(asked))}, None
    return {"type": "budget_reached"}, None
