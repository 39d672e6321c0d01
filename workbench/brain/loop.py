"""The brain: takes what waits, asks the model, has its calls run, until the session is idle and nothing waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from workbench.brain import compaction, context, endings, usage
from workbench.brain.acp.turns import AcpTurn, Thread
from workbench.brain.calls import INTERRUPTED, Calls
from workbench.brain.compacting import Compacting
from workbench.brain.connecting import Connecting
from workbench.brain.deciding import HeldCalls
from workbench.brain.endings import AT_BUDGET, END_TURN, EXHAUSTED
from workbench.brain.event_writer import EventWriter
from workbench.brain.history import ThreadHistory
from workbench.brain.interruption import unless
from workbench.brain.outcomes.grading import Grading
from workbench.brain.parked import Parked, slept
from workbench.brain.parts import Parts
from workbench.brain.step import Step
from workbench.brain.teams.others import Others
from workbench.brain.teams.thread_sessions import ADVISOR, making_of, seen_by
from workbench.brain.turn import Turn
from workbench.contracts.brain import ANSWERS, INPUT, ModelFault
from workbench.contracts.tools import OF_WORKERS
from workbench.contracts.values import Entry, Json, WorkProgress, text_outcome
from workbench.events import Event, primary_thread_id, text_of

_INTERRUPT: Final = frozenset({"user.interrupt"})


class Brain(Parts):
    """Wakes sessions; holds nothing between two wakes but what they cost, which it could read again."""

    async def wake(self, session_id: str, thread_id: str, interrupted: asyncio.Event) -> None:
        kept = await self.checkpoints.kept(session_id) if thread_id == primary_thread_id(session_id) else None
        history = await ThreadHistory.resumed(session_id, thread_id, self.log, self.facts, kept)
        making = await making_of(session_id, thread_id, self.facts)
        if making is not None and making["role"] == ADVISOR:
            # It is asked by the thread that consults it.
            return
        wake = _Wake(self, history, interrupted, making)
        while await wake.go_on():
            pass
        await self._keep(history)

    async def _keep(self, history: ThreadHistory) -> None:
        """A checkpoint of what was summed up meanwhile."""
        if history.notes.summary is None:
            return
        session = await self.sessions.session(history.session_id)
        if session is not None and session.acp is None:
            body = await history.checkpoint(session.copied_through, self.checkpoints.least_events)
            if body is not None:
                await self.checkpoints.keep(session.id, body)

    async def fail(self, session_id: str, thread_id: str, message: str) -> None:
        """Leave a thread idle with an error and no retries left; what waited in its inbox stands in its log."""
        history = await ThreadHistory.opened(session_id, thread_id, self.log, self.facts)
        await _Wake(self, history, asyncio.Event(), await making_of(session_id, thread_id, self.facts)).fail(message)


@dataclass
class _Wake:
    """One wake of one thread."""

    brain: Brain
    history: ThreadHistory
    interrupted: asyncio.Event
    making: Json | None = None
    """What is known of a child thread since it was made."""
    connected: set[str] = field(default_factory=set)

    async def go_on(self) -> bool:
        """Do the next thing that the log and the inbox ask for; False when there is none."""
        writer = await self._writer()
        if writer is None:
            return False
        turn = await self.history.turn()
        return turn.status != "terminated" and await self._next(writer, turn)

    async def fail(self, message: str) -> None:
        if (writer := await self._writer()) is not None:
            await self._take()
            await self._append(writer.error("unknown_error", message, "exhausted"))
            await self._idle(writer, EXHAUSTED)

    async def _writer(self) -> EventWriter | None:
        session = await self.brain.sessions.session(self.session_id)
        if session is None or session.archived_at is not None:
            # One that was imported is archived, and may end with a message that nobody answered.
            return None
        self.history.elsewhere = frozenset(OF_WORKERS) if session.is_self_hosted else frozenset()
        seen = seen_by(session, self.history.thread_id, self.making)
        return EventWriter(seen, self.history.thread_id, self.brain.clock)

    async def _next(self, writer: EventWriter, turn: Turn) -> bool:
        if writer.session.acp is not None:
            return await self._acp(writer).go_on(turn)
        if turn.open_request is not None:
            # Only this process asks for this thread: the one that opened the request has ended.
            await self._append(writer.request_ended(turn.open_request, is_error=True))
            return True
        if turn.refusal is not None or turn.is_interrupted:
            return await self._end(writer, turn)
        is_cut_short = turn.status == "rescheduling" and await self._parked(writer).waits()
        return is_cut_short or await self._go_on(writer, turn)

    async def _end(self, writer: EventWriter, turn: Turn) -> bool:
        """An outcome ends with the interrupt, before the turn does."""
        if turn.interrupted_outcome:
            await self._grading(writer).interrupt(turn.interrupted_outcome)
            return True
        return await self._idle(writer, *endings.of(turn))

    async def _go_on(self, writer: EventWriter, turn: Turn) -> bool:
        is_interrupted = any(one.event.type == "user.interrupt" for one in self._queued())
        if not is_interrupted:
            self.interrupted.clear()
        if self.history.notes.held:
            return await self._decide(writer, is_interrupted)
        if is_interrupted:
            return await self._interrupt(writer, turn)
        if turn.exhausted:
            # The queue is empty then, as the public API says, and what waited stands in the log: the next message goes on with it.
            await self._take()
            return await self._idle(writer, EXHAUSTED)
        if turn.delegated:
            return await self._others(writer).delegate(turn)
        if turn.calls:
            return await self._answer_calls(writer)
        return await (self._others(writer).hear_advice() or self._think(writer, turn))

    @property
    def session_id(self) -> str:
        return self.history.session_id

    def _queued(self) -> list[Entry]:
        return self.brain.inbox.queued(self.session_id, thread_id=self.history.thread_id)

    async def _take(self, *, only: frozenset[str] | None = None) -> None:
        await self.brain.inbox.take(self.session_id, thread_id=self.history.thread_id, only=only)

    async def _append(self, *written: Event) -> None:
        await self.history.append(written)

    async def _run(self, writer: EventWriter, turn: Turn) -> None:
        if turn.status != "running":
            await self.brain.standing.run(writer, self.history)

    async def _idle(self, writer: EventWriter, stop_reason: Json, stop_details: Json | None = None) -> bool:
        turn = await self.history.turn()
        active = usage.active_seconds(self.brain.states.state(self.session_id), self.brain.clock())
        said, facts, is_over = (
            self._others(writer).ending(turn, stop_reason) if self.history.is_child else ([], [], False)
        )
        standing = self.brain.standing
        rested = await standing.rest(
            writer, self.history, stop_reason, stop_details, active, said=said, facts=facts, is_over=is_over
        )
        if rested:
            self._others(writer).ended(said, is_over=is_over)
        self.connected.clear()
        return True

    # ── what may be next ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _interrupt(self, writer: EventWriter, turn: Turn) -> bool:
        if turn.delegated:
            await self._others(writer).delegating().settle(turn.delegated, text_of(INTERRUPTED.content))
        await self._calls(writer, turn).settle(turn.calls, INTERRUPTED)
        await self._take(only=_INTERRUPT)
        return True

    async def _decide(self, writer: EventWriter, is_interrupted: bool) -> bool:
        """Have the calls of the last answer judged, which no rule settles."""
        (start_id, made), *_ = self.history.notes.held.items()
        model = self.brain.models(str(writer.session.agent["model"]["id"]))
        deciding = HeldCalls(writer, self.history, model, self.interrupted, self.brain.gate())
        may_ask = not is_interrupted and not await self._is_over_budget(writer)
        await deciding.settle(start_id, made, may_ask=may_ask)
        return True

    async def _is_over_budget(self, writer: EventWriter) -> bool:
        if writer.session.budget is not None:
            await self.history.turn()
            cost = await self.brain.spending.cost(writer.session, self.history)
            if usage.is_over_budget(writer.session.budget, cost):
                return True
        await self._note_cost(writer)
        return await self.brain.spending.is_group_over(writer.session.group)

    async def _note_cost(self, writer: EventWriter) -> None:
        if writer.session.group is not None:
            await self.history.turn()
            self.brain.spending.note(writer.session, self.history)

    async def _answer_calls(self, writer: EventWriter) -> bool:
        """Run what may run, refuse what was denied; with nothing left but waiting, say so once."""
        await self._take(only=ANSWERS)
        turn = await self.history.turn()
        runnable = [call for call in turn.calls if call.is_runnable]
        denied = [call for call in turn.calls if call.is_denied]
        if runnable or denied or not turn.blocked:
            await self._run(writer, turn)
            for call in denied:
                await self._calls(writer, turn).settle([call], text_outcome(endings.denial(call), is_error=True))
            await self._calls(writer, turn).run(runnable)
            return True
        if turn.is_told:
            return False
        return await self._idle(writer, {"type": "requires_action", "event_ids": turn.blocked_ids})

    async def _think(self, writer: EventWriter, turn: Turn) -> bool:
        """Ask the model if it has something to answer; else end the turn."""
        if limit := endings.limit(turn, self.brain.patience):
            await self._append(writer.error(*limit, "exhausted"))
            return True
        await self._take(only=INPUT)
        turn = await self.history.turn()
        outcome = None
        if not turn.due and not turn.cut_answers:
            outcome = self._grading(writer).wanted(turn, self.brain.states.state(self.session_id))
            if outcome is None:
                return turn.status != "idle" and (
                    await self._others(writer).is_mended() or await self._idle(writer, END_TURN)
                )
            # The report with whose end the others rest may have come after the take: it is heard first.
            has_news = any(one.event.type in INPUT for one in self._queued())
            if has_news or not await self.brain.is_at_rest(self.session_id):
                # What is awaited wakes the session when it is there, or will not come any more.
                return has_news
        if await self._is_over_budget(writer):
            is_told = turn.status == "idle" and turn.stop == AT_BUDGET
            return not is_told and await self._idle(writer, AT_BUDGET)
        if outcome is not None:
            await self._run(writer, turn)
            await self._grading(writer).go_on(outcome)
            await self._note_cost(writer)
            return True
        return await self._ask(writer, turn)

    async def _ask(self, writer: EventWriter, turn: Turn) -> bool:
        # What may take its time is done by a thread that says that it works; else it says so with the request's start.
        if await self._parked(writer).waits(partial(self._run, writer, turn)):
            return True
        turn = await self.history.turn()
        connecting = Connecting(writer, self.history, self.brain.servers, self.interrupted)
        if connecting.missing(self.connected):
            await self._run(writer, turn)
            await connecting.connect(self.connected)
            turn = await self.history.turn()
        model = str(writer.session.agent["model"]["id"])
        standing = compaction.standing(self.history.entries, self.history.notes, self.history.past)
        window = self.history.notes.windows.get(model) or self.brain.windows(model)
        if standing.is_due(model, self.brain.room, window):
            await self._run(writer, turn)
            compacting = Compacting(writer, self.history, self.brain.models, self.interrupted)
            failed = await compacting.compact(standing.plan(self.brain.room))
            return failed is None or await self._after_fault(writer, failed, turn.failures + 1)
        request = context.request(writer.session, self.history.entries, self.history.notes, self.history.past)
        is_last = turn.failures + 1 >= self.brain.patience.tries
        outcome = await self._step(writer, model, turn, is_last=is_last).take(request)
        await self._note_cost(writer)
        match outcome:
            case ModelFault() as fault:
                return await self._after_fault(writer, fault, turn.failures + 1)
            case _:
                return True

    async def _after_fault(self, writer: EventWriter, fault: ModelFault, failures: int) -> bool:
        patience = self.brain.patience
        if fault.context_too_long:
            # It is noted with the request's end, and the next step sees to it.
            return True
        if (parked := patience.park_s(fault, failures)) is not None:
            return await self._parked(writer).park(fault, parked)
        if not fault.retry or failures >= patience.tries:
            await self._append(writer.error(fault.kind, fault.message, "exhausted"))
            return True
        await self.brain.standing.reschedule(writer, writer.error(fault.kind, fault.message, "retrying"))
        seconds = patience.pause_s(failures, fault.retry_after_s)
        since = self.brain.clock()
        self.history.preview(WorkProgress(endings.PAUSE.format(seconds=seconds), since))
        await unless(self.interrupted, slept(patience, seconds))
        self.history.preview(WorkProgress("", since))
        return True

    def _step(self, writer: EventWriter, model: str, turn: Turn, *, is_last: bool) -> Step:
        # In one write where nothing has come before: each is synced, and the request waits for it.
        opened = None if turn.status == "running" else partial(self.brain.standing.run, writer, self.history)
        models = self.brain.models(model)
        return Step(writer, self.history, models, self.interrupted, self.brain.gate(), is_last, opened)

    def _parked(self, writer: EventWriter) -> Parked:
        brain = self.brain
        return Parked(writer, self.history, brain.standing, brain.patience, brain.held, self.interrupted)

    def _acp(self, writer: EventWriter) -> AcpTurn:
        wake = partial(self.brain.wake_thread, self.session_id, self.history.thread_id)
        thread = Thread(self._queued, self._take, self._run, self._idle, self._is_over_budget, wake)
        return AcpTurn(self.brain.acp, writer, self.history, self.brain.gate, self.interrupted, thread)

    def _others(self, writer: EventWriter) -> Others:
        return Others(self.brain, writer, self.history, self.interrupted, self.making)

    def _grading(self, writer: EventWriter) -> Grading:
        brain = self.brain
        return Grading(
            writer,
            self.history,
            lambda: brain.models(str(writer.session.agent["model"]["id"])),
            brain.forks,
            brain.grader_limits,
            brain.patience,
            self.interrupted,
            lambda: self._is_over_budget(writer),
        )

    def _calls(self, writer: EventWriter, turn: Turn) -> Calls:
        brain = self.brain
        return Calls(writer, self.history, brain.hands, brain.servers, brain.web, self.interrupted, turn.answers)
