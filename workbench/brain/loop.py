"""The brain: takes what waits, asks the model, has its calls run, until the session is idle and nothing waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from workbench.brain import compaction, context, endings, usage
from workbench.brain.advising import Advising
from workbench.brain.calls import INTERRUPTED, Calls
from workbench.brain.compaction import Plan, Room
from workbench.brain.deciding import HeldCalls
from workbench.brain.delegation import Delegating, Wake, report_of
from workbench.brain.endings import END_TURN
from workbench.brain.event_writer import EventWriter
from workbench.brain.history import ThreadHistory
from workbench.brain.interruption import unless
from workbench.brain.requests import COMPACTION, SideRequest, going_on_without
from workbench.brain.retry import Retries
from workbench.brain.spending import Spending
from workbench.brain.standing import Standing
from workbench.brain.step import Step
from workbench.brain.thread_sessions import agent_of, seen_by
from workbench.brain.turn import Turn
from workbench.contracts import server_tools
from workbench.contracts.brain import Model, ModelFault, Reply, Sessions
from workbench.contracts.facts import CONTEXT_COMPACTED, MCP_LISTED
from workbench.contracts.hands import Hands
from workbench.contracts.log import Facts, Inbox, Post, SessionLog, States
from workbench.contracts.permissions import Gate
from workbench.contracts.servers import ServerFault, Servers
from workbench.contracts.values import Clock, Entry, Fact, Json, WorkProgress, text_outcome
from workbench.contracts.web import NoWeb, Web
from workbench.events import Event, primary_thread_id, text_of

_INTERRUPT: Final = frozenset({"user.interrupt"})
_ANSWERS: Final = frozenset({"user.tool_confirmation", "user.custom_tool_result", "user.tool_result"})
_INPUT: Final = _ANSWERS | {
    "user.message",
    "system.message",
    "user.define_outcome",
    "agent.thread_message_received",
}
_ENDS_A_CHILD: Final = frozenset({"tool_use_limit_reached_error", "compaction_limit_reached_error"})
_EXHAUSTED: Final[Json] = {"type": "retries_exhausted"}
_AT_BUDGET: Final[Json] = {"type": "budget_reached"}
_NO_ROOM: Final = (
    "The conversation is too long for the model's context window, and summing it up does not make it shorter any more. Send"
    " less at once, start a new session, or choose a model with a larger window."
)
_PAUSE: Final = "asks the model again after {seconds:.0f} s…"
_NO_SUMMARY: Final = ModelFault(
    "model_request_failed_error", "The model gave no summary of the conversation.", retry=True
)


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
    wake_thread: Wake = lambda *_: None
    """Has another thread looked at, to which something was sent."""
    spending: Spending = field(init=False)
    standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        spending = Spending(self.log, self.facts, self.sessions)
        object.__setattr__(self, "spending", spending)
        object.__setattr__(self, "standing", Standing(self.log, self.inbox, self.states, spending))

    async def wake(self, session_id: str, thread_id: str, interrupted: asyncio.Event) -> None:
        history = await ThreadHistory.opened(session_id, thread_id, self.log, self.facts)
        agent = await agent_of(session_id, thread_id, self.facts)
        if agent is not None and agent.get("type") in (None, "advisor"):
            # An advisor is asked by the thread that consults it.
            return
        wake = _Wake(self, history, interrupted, agent)
        while await wake.go_on():
            pass

    async def fail(self, session_id: str, thread_id: str, message: str) -> None:
        """Leave a thread idle with an error and no retries left; what waited in its inbox stands in its log."""
        history = await ThreadHistory.opened(session_id, thread_id, self.log, self.facts)
        agent = await agent_of(session_id, thread_id, self.facts)
        await _Wake(self, history, asyncio.Event(), agent).fail(message)


@dataclass
class _Wake:
    """One wake of one thread."""

    brain: Brain
    history: ThreadHistory
    interrupted: asyncio.Event
    agent: Json | None = None
    """The definition of a child thread's agent."""
    connected: set[str] = field(default_factory=set)

    async def go_on(self) -> bool:
        """Do the next thing that the log and the inbox ask for; False when there is none."""
        session = await self.brain.sessions.session(self.session_id)
        if session is None:
            return False
        session = seen_by(session, self.history.thread_id, self.agent)
        writer = EventWriter(session, self.history.thread_id, self.brain.clock)
        turn = await self.history.turn()
        return turn.status != "terminated" and await self._next(writer, turn)

    async def fail(self, message: str) -> None:
        session = await self.brain.sessions.session(self.session_id)
        if session is None:
            return
        seen = seen_by(session, self.history.thread_id, self.agent)
        writer = EventWriter(seen, self.history.thread_id, self.brain.clock)
        await self._take()
        await self._append(writer.error("unknown_error", message, "exhausted"))
        await self._idle(writer, _EXHAUSTED)

    async def _next(self, writer: EventWriter, turn: Turn) -> bool:
        if turn.open_request is not None:
            # Only this process asks for this thread: the one that opened the request has ended.
            await self._append(writer.request_ended(turn.open_request, is_error=True))
            return True
        if turn.refusal is not None or turn.is_interrupted:
            return await self._idle(writer, *endings.of(turn))
        return await self._go_on(writer, turn)

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
            return await self._idle(writer, _EXHAUSTED)
        if turn.delegated:
            return await self._delegate(writer, turn)
        if turn.calls:
            return await self._answer_calls(writer)
        return await (self._hear_advice(writer) or self._think(writer, turn))

    def _hear_advice(self, writer: EventWriter) -> Coroutine[Any, Any, bool] | None:
        """Have the advisor answer that was asked, before anything else is asked of the model."""
        advising = self._advising(writer)
        consulted = None if self.history.is_child else advising.open
        return advising.finish(consulted) if consulted else None

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
            await self.brain.standing.run(writer)

    async def _idle(self, writer: EventWriter, stop_reason: Json, stop_details: Json | None = None) -> bool:
        turn = await self.history.turn()
        active = usage.active_seconds(self.brain.states.state(self.session_id), self.brain.clock())
        said, facts, is_over = (
            self._ending_of_child(writer, turn, stop_reason) if self.history.is_child else ([], [], False)
        )
        standing = self.brain.standing
        rested = await standing.rest(
            writer, self.history, stop_reason, stop_details, active, said=said, facts=facts, is_over=is_over
        )
        if said and rested:
            self.brain.wake_thread(self.session_id, primary_thread_id(self.session_id))
        self.connected.clear()
        return True

    def _ending_of_child(self, writer: EventWriter, turn: Turn, stop: Json) -> tuple[list[Post], list[Fact], bool]:
        """What a child tells with its end: its report, but not of a turn that was interrupted or that waits for somebody."""
        if turn.is_interrupted or stop["type"] not in ("end_turn", "retries_exhausted", "refusal"):
            return [], [], False
        kind, words = "", None
        if stop["type"] == "retries_exhausted":
            kind, words = self.history.last_error()
        elif stop["type"] == "refusal":
            words = "the model refused"
        posts, fact = self._delegating(writer).told_primary(report_of(self.history, words), is_report=True)
        return posts, [fact], kind in _ENDS_A_CHILD

    # ── what may be next ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _interrupt(self, writer: EventWriter, turn: Turn) -> bool:
        if turn.delegated:
            await self._delegating(writer).settle(turn.delegated, text_of(INTERRUPTED.content))
        await self._calls(writer, turn).settle(turn.calls, INTERRUPTED)
        await self._take(only=_INTERRUPT)
        return True

    async def _delegate(self, writer: EventWriter, turn: Turn) -> bool:
        await self._delegating(writer).answer(turn.delegated[0])
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
        await self._take(only=_ANSWERS)
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
        await self._take(only=_INPUT)
        turn = await self.history.turn()
        if not turn.due and not turn.cut_answers:
            return turn.status != "idle" and await self._idle(writer, END_TURN)
        if await self._is_over_budget(writer):
            is_told = turn.status == "idle" and turn.stop == _AT_BUDGET
            return not is_told and await self._idle(writer, _AT_BUDGET)
        await self._run(writer, turn)
        await self._connect(writer)
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

    async def _connect(self, writer: EventWriter) -> None:
        """Have each MCP server tell its tools, once a turn; one that fails is told and the session goes on without it."""
        agent = writer.session.agent
        for entry in server_tools.entries(agent):
            name = entry["mcp_server_name"]
            server = server_tools.server(agent, name)
            if name in self.connected or server is None:
                continue
            self.connected.add(name)
            found = await unless(self.interrupted, self.brain.servers.listed(writer.session, server))
            if isinstance(found, ServerFault):
                await self._append(writer.error(found.kind, found.message, "retrying", mcp_server_name=name))
            elif found is not None and list(found) != list(self.history.notes.listed.get(name, ())):
                await self._note_tools(writer, name, found)

    async def _note_tools(self, writer: EventWriter, name: str, found: Sequence[Json]) -> None:
        """Keep a listing that is new; what it has that cannot be used is told once, with it."""
        told = []
        if faults := server_tools.faults(found):
            message = f"Tools of the MCP server {name!r} are left out: {faults}"
            told = [writer.error("mcp_connection_failed_error", message, "retrying", mcp_server_name=name)]
        await self.history.append(told, [writer.fact(MCP_LISTED, server=name, tools=list(found))])

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
        await self.brain.standing.reschedule(writer, writer.error(fault.kind, fault.message, "retrying"))
        seconds = patience.pause_s(failures, fault.retry_after_s)
        since = self.brain.clock()
        self.history.preview(WorkProgress(_PAUSE.format(seconds=seconds), since))
        await unless(self.interrupted, _paused(patience, seconds))
        self.history.preview(WorkProgress("", since))
        return True

    def _step(self, writer: EventWriter, model: str, *, is_last: bool) -> Step:
        return Step(writer, self.history, self.brain.models(model), self.interrupted, self.brain.gate(), is_last)

    def _delegating(self, writer: EventWriter) -> Delegating:
        brain = self.brain
        return Delegating(
            writer,
            self.history,
            brain.facts,
            brain.inbox,
            brain.states,
            brain.standing,
            self._advising(writer),
            brain.wake_thread,
        )

    def _advising(self, writer: EventWriter) -> Advising:
        brain = self.brain
        return Advising(writer, self.history, brain.facts, brain.states, brain.models, self.interrupted)

    def _calls(self, writer: EventWriter, turn: Turn) -> Calls:
        brain = self.brain
        return Calls(writer, self.history, brain.hands, brain.servers, brain.web, self.interrupted, turn.answers)


async def _paused(patience: Retries, seconds: float) -> None:
    await patience.sleep(seconds)
