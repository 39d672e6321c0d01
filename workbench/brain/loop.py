"""The brain: takes what waits, asks the model, has its calls run, until the session is idle and nothing waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from workbench.brain import compaction, context, usage
from workbench.brain.calls import INTERRUPTED, Calls
from workbench.brain.compaction import Plan, Room
from workbench.brain.connecting import Connecting
from workbench.brain.deciding import HeldCalls
from workbench.brain.ending import END_TURN, ending
from workbench.brain.event_writer import EventWriter
from workbench.brain.grader import GraderLimits
from workbench.brain.grading import Grading
from workbench.brain.history import ThreadHistory
from workbench.brain.interruption import unless
from workbench.brain.requests import COMPACTION, SideRequest, going_on_without
from workbench.brain.retry import Retries
from workbench.brain.spending import Spending
from workbench.brain.step import Step
from workbench.brain.turn import OpenCall, Turn
from workbench.contracts.brain import Model, ModelFault, Reply, Sessions
from workbench.contracts.facts import CONTEXT_COMPACTED
from workbench.contracts.forks import Forks, NoForks
from workbench.contracts.hands import Hands
from workbench.contracts.log import Facts, Inbox, SessionLog, States
from workbench.contracts.permissions import DENIED, Gate
from workbench.contracts.servers import Servers
from workbench.contracts.values import Clock, Entry, Json, WorkProgress, text_outcome
from workbench.contracts.web import NoWeb, Web
from workbench.events import Event

_INTERRUPT: Final = frozenset({"user.interrupt"})
_ANSWERS: Final = frozenset({"user.tool_confirmation", "user.custom_tool_result", "user.tool_result"})
_INPUT: Final = _ANSWERS | {"user.message", "system.message", "user.define_outcome"}
_EXHAUSTED: Final[Json] = {"type": "retries_exhausted"}
_AT_BUDGET: Final[Json] = {"type": "budget_reached"}
_NO_ROOM: Final = (
    "The conversation is too long for the model's context window, and summing it up does not make it shorter any more. Send"
    " less at once, start a new session, or choose a model with a larger window."
)
_CUT: Final = "The answer hit the model's output limit {times} times in a row; ask for a smaller part."
_CUT_CALLS: Final = (
    "{times} answers in a row each asked for one tool call and were cut by the model's output or context limit before it was"
    " complete, so none of them ran; ask for smaller steps, or for a file in parts."
)
_ROUNDS: Final = (
    "{times} answers of this turn called tools, which is the most that one turn may; send a message to go on."
)
_PAUSE: Final = "asks the model again after {seconds:.0f} s…"
_NO_SUMMARY: Final = ModelFault(
    "model_request_failed_error", "The model gave no summary of the conversation.", retry=True
)


async def _is_alone(_: str) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Brain:
    """Wakes sessions; holds nothing between two wakes but what they cost, which it could read again."""

    inbox: Inbox
    log: SessionLog
    facts: Facts
    states: States
    sessions: Sessions
    hands: Hands
    servers: Servers
    web: Web = field(default_factory=NoWeb)
    models: Callable[[str], Model]
    clock: Clock
    gate: Callable[[], Gate]
    """Asked before every judgement, so that a rule that a person writes counts from the next call on."""
    patience: Retries = field(default_factory=Retries)
    room: Room = field(default_factory=Room)
    windows: Callable[[str], int | None] = lambda _: None
    """The context window in tokens of a model of a local server, as far as its server told it."""
    forks: Forks = field(default_factory=NoForks)
    grader_limits: GraderLimits = field(default_factory=GraderLimits)
    is_at_rest: Callable[[str], Awaitable[bool]] = _is_alone
    """Whether nothing works for the session that its agent waits for: only then its outcome is graded. What answers no here
    wakes the session when it has ended."""
    spending: Spending = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "spending", Spending(self.log, self.facts, self.sessions))

    async def wake(self, session_id: str, thread_id: str, interrupted: asyncio.Event) -> None:
        history = await ThreadHistory.opened(session_id, thread_id, self.log, self.facts)
        wake = _Wake(self, history, interrupted)
        while await wake.go_on():
            pass


@dataclass
class _Wake:
    """One wake of one thread."""

    brain: Brain
    history: ThreadHistory
    interrupted: asyncio.Event
    connected: set[str] = field(default_factory=set)

    async def go_on(self) -> bool:
        """Do the next thing that the log and the inbox ask for; False when there is none."""
        session = await self.brain.sessions.session(self.session_id)
        if session is None:
            return False
        writer = EventWriter(session, self.history.thread_id, self.brain.clock)
        turn = await self.history.turn()
        return turn.status != "terminated" and await self._next(writer, turn)

    async def _next(self, writer: EventWriter, turn: Turn) -> bool:
        if turn.open_request is not None:
            # Only this process asks for this thread: the one that opened the request has ended.
            await self._append(writer.request_ended(turn.open_request, is_error=True))
            return True
        if turn.refusal is not None or turn.is_interrupted:
            return await self._end(writer, turn)
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
            return await self._idle(writer, _EXHAUSTED)
        return await (self._answer_calls(writer) if turn.calls else self._think(writer, turn))

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
            await self._append(*writer.running())

    async def _idle(self, writer: EventWriter, stop_reason: Json, stop_details: Json | None = None) -> bool:
        await self.history.turn()
        active = usage.active_seconds(self.brain.states.state(self.session_id), self.brain.clock())
        used = usage.snapshot(self.history.entries, self.history.notes, active)
        await self._append(*writer.idle(stop_reason, used, stop_details))
        self.connected.clear()
        return True

    async def _end(self, writer: EventWriter, turn: Turn) -> bool:
        """An outcome ends with the interrupt, before the turn does."""
        if turn.interrupted_outcome:
            await self._grading(writer).interrupt(turn.interrupted_outcome)
            return True
        return await self._idle(writer, *ending(turn))

    # ── what may be next ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _interrupt(self, writer: EventWriter, turn: Turn) -> bool:
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
        cost = usage.list_cost(self.history.entries, self.history.notes)
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
        await self._take(only=_ANSWERS)
        turn = await self.history.turn()
        runnable = [call for call in turn.calls if call.is_runnable]
        denied = [call for call in turn.calls if call.is_denied]
        if runnable or denied or not turn.blocked:
            await self._run(writer, turn)
            for call in denied:
                await self._calls(writer, turn).settle([call], text_outcome(_denial(call), is_error=True))
            await self._calls(writer, turn).run(runnable)
            return True
        if turn.is_told:
            return False
        return await self._idle(writer, {"type": "requires_action", "event_ids": turn.blocked_ids})

    async def _think(self, writer: EventWriter, turn: Turn) -> bool:
        """Ask the model if it has something to answer; else end the turn."""
        if limit := self._limit(turn):
            await self._append(writer.error(*limit, "exhausted"))
            return True
        await self._take(only=_INPUT)
        turn = await self.history.turn()
        is_done = not turn.due and not turn.cut_answers
        outcome = self.history.outcome() if is_done and (turn.status != "idle" or turn.stop == _AT_BUDGET) else None
        if is_done and outcome is None:
            return turn.status != "idle" and await self._idle(writer, END_TURN)
        if outcome is not None and not await self.brain.is_at_rest(self.session_id):
            # What is awaited wakes the session when it is there, or will not come any more.
            return False
        if await self._is_over_budget(writer):
            is_told = turn.status == "idle" and turn.stop == _AT_BUDGET
            return not is_told and await self._idle(writer, _AT_BUDGET)
        await self._run(writer, turn)
        if outcome is not None:
            await self._grading(writer).go_on(outcome)
            await self._note_cost(writer)
            return True
        return await self._ask(writer, turn)

    async def _ask(self, writer: EventWriter, turn: Turn) -> bool:
        await Connecting(writer, self.history, self.brain.servers, self.interrupted).connect(self.connected)
        await self.history.turn()
        model = str(writer.session.agent["model"]["id"])
        standing = compaction.standing(self.history.entries, self.history.notes)
        window = self.history.notes.windows.get(model) or self.brain.windows(model)
        if standing.is_due(model, self.brain.room, window):
            return await self._compact(writer, standing.plan(self.brain.room), turn.failures + 1)
        request = context.request(writer.session, self.history.entries, self.history.notes)
        is_last = turn.failures + 1 >= self.brain.patience.tries
        outcome = await self._step(writer, model, is_last=is_last).take(request)
        await self._note_cost(writer)
        match outcome:
            case ModelFault() as fault:
                return await self._after_fault(writer, fault, turn.failures + 1)
            case _:
                return True

    def _limit(self, turn: Turn) -> tuple[str, str] | None:
        """The error of a turn that has gone on for too long without getting anywhere: its type and words."""
        patience = self.brain.patience
        if turn.cut_calls > patience.cut_calls:
            return "tool_use_limit_reached_error", _CUT_CALLS.format(times=turn.cut_calls)
        if turn.cut_answers > patience.continuations:
            return "model_request_failed_error", _CUT.format(times=turn.cut_answers)
        if turn.tool_rounds >= patience.tool_rounds:
            return "tool_use_limit_reached_error", _ROUNDS.format(times=turn.tool_rounds)
        return None

    async def _compact(self, writer: EventWriter, plan: Plan | None, failures: int) -> bool:
        """Have the model sum up what the plan says; the summary and its event are written at once."""
        if plan is None:
            said = self.history.notes.no_room
            message = f"{_NO_ROOM} {said}" if said else _NO_ROOM
            await self._append(writer.error("compaction_limit_reached_error", message, "exhausted"))
            return True
        request = compaction.request(writer.session, self.history.entries, self.history.notes, plan)
        aside = SideRequest(
            writer, self.history, self.brain.models(request.body["model"]), self.interrupted, COMPACTION
        )
        start_id, outcome = await aside.ask(request)
        summary = compaction.summary_of(outcome) if isinstance(outcome, Reply) else ""
        if summary:
            event = writer.compacted()
            fact = writer.fact(CONTEXT_COMPACTED, event_id=event.id, summary=summary, through_seq=plan.through_seq)
            await aside.close(start_id, outcome, [event], [fact])
            return True
        told, refused = (
            going_on_without(writer, request, start_id, outcome) if isinstance(outcome, ModelFault) else ([], [])
        )
        await aside.close(start_id, outcome, told, refused)
        if outcome is None or refused:
            return True
        fault = outcome if isinstance(outcome, ModelFault) else _NO_SUMMARY
        return await self._after_fault(writer, fault, failures)

    async def _after_fault(self, writer: EventWriter, fault: ModelFault, failures: int) -> bool:
        patience = self.brain.patience
        if fault.context_too_long:
            # It is noted with the request's end, and the next step sees to it.
            return True
        if not fault.retry or failures >= patience.tries:
            await self._append(writer.error(fault.kind, fault.message, "exhausted"))
            return True
        await self._append(writer.error(fault.kind, fault.message, "retrying"), *writer.rescheduled())
        seconds = patience.pause_s(failures, fault.retry_after_s)
        since = self.brain.clock()
        self.history.preview(WorkProgress(_PAUSE.format(seconds=seconds), since))
        await unless(self.interrupted, _paused(patience, seconds))
        self.history.preview(WorkProgress("", since))
        return True

    def _step(self, writer: EventWriter, model: str, *, is_last: bool) -> Step:
        return Step(writer, self.history, self.brain.models(model), self.interrupted, self.brain.gate(), is_last)

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


async def _paused(patience: Retries, seconds: float) -> None:
    await patience.sleep(seconds)


def _denial(call: OpenCall) -> str:
    told = call.confirmation.deny_message if call.confirmation else None
    return told or DENIED.format(name=call.use.name)
