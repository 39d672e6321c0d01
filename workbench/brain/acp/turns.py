"""Turns of a session whose brain is an agent of others: a prompt at most once, its questions to a person, its end as ours."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from workbench.brain.acp import permits, prompts
from workbench.brain.acp.calls import NO_RESULT
from workbench.brain.acp.listening import Listening
from workbench.brain.acp.permits import CANCELLED
from workbench.brain.acp.stood import Stood, stood
from workbench.brain.calls import INTERRUPTED
from workbench.brain.endings import AT_BUDGET, END_TURN, EXHAUSTED, denial
from workbench.brain.event_writer import NO_USAGE, EventWriter
from workbench.brain.history import ThreadHistory
from workbench.brain.interruption import unless
from workbench.brain.turn import Turn
from workbench.contracts import modes
from workbench.contracts.acp import AcpAgents, AcpFault, AcpTalk
from workbench.contracts.acp_messages import AUTH_REQUIRED, error_words, written
from workbench.contracts.brain import ANSWERS, INPUT
from workbench.contracts.facts import ACP_COST, ACP_STOOD, MODEL_REQUESTED
from workbench.contracts.permissions import Gate
from workbench.contracts.values import Entry, Json, Outcome, WorkProgress, text_outcome
from workbench.events import Event

CANCEL_LIMIT_S: Final = 10.0
"""How long an agent that is told to stop may take."""
STARTS: Final = "starts the agent {name}, which may fetch itself first…"
GONE: Final = (
    "The agent {name} has ended in the middle of its turn{why}. What it was doing may have run, wholly or in part: look at the"
    " files before you ask for it again. The next message starts the agent anew."
)
MAY_HAVE_RUN: Final = text_outcome(
    "The agent ended during this call. It may have run, wholly or in part: check its effect before repeating it.",
    is_error=True,
)
ANEW: Final = (
    "The agent {name} has been started anew and has no memory of this session: it is given the transcript as text."
)
CUT: Final = {
    "max_tokens": "The agent stopped at its model's output limit; send a message to go on.",
    "max_turn_requests": "The agent made as many model requests as it makes in one turn; send a message to go on.",
}
_INTERRUPT: Final = frozenset({"user.interrupt"})
_IDLE: Final = frozenset({"session.status_idle", "session.thread_status_idle"})
_USAGE: Final = {
    "input_tokens": "inputTokens",
    "output_tokens": "outputTokens",
    "cache_read_input_tokens": "cachedReadTokens",
    "cache_creation_input_tokens": "cachedWriteTokens",
}


@dataclass(frozen=True)
class Thread:
    """What the wake that a turn belongs to does for it."""

    queued: Callable[[], Sequence[Entry]]
    take: Callable[..., Awaitable[None]]
    run: Callable[[EventWriter, Turn], Awaitable[None]]
    idle: Callable[..., Awaitable[bool]]
    is_over_budget: Callable[[EventWriter], Awaitable[bool]]
    wake: Callable[[], None]


@dataclass
class AcpTurn:
    """The next thing that the log asks for."""

    agents: AcpAgents
    writer: EventWriter
    history: ThreadHistory
    gate: Callable[[], Gate]
    interrupted: asyncio.Event
    thread: Thread
    stood: Stood = field(default_factory=Stood)

    @property
    def name(self) -> str:
        """The agent's."""
        assert self.writer.session.acp is not None
        return self.writer.session.acp.name

    async def go_on(self, turn: Turn) -> bool:
        """Do it; False when there is nothing to do."""
        noted = await self.history.facts.facts(self.writer.session.id, ACP_STOOD.name, thread_id=self.history.thread_id)
        self.stood = stood(noted)
        is_interrupted = any(one.event.type == "user.interrupt" for one in self.thread.queued())
        if not is_interrupted:
            self.interrupted.clear()
        if self.stood.prompt:
            return await (self._cancel() if is_interrupted else self._go_on())
        if is_interrupted:
            await self.thread.take(only=_INTERRUPT)
            return True
        if turn.is_interrupted:
            return await self.thread.idle(self.writer, END_TURN)
        if turn.exhausted:
            await self.thread.take()
            return await self.thread.idle(self.writer, EXHAUSTED)
        return await self._next()

    # ── a new prompt ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _next(self) -> bool:
        await self.thread.take(only=INPUT)
        turn = await self.history.turn()
        new = prompts.untold(self.history.entries, self.stood.told_through)
        if not self._is_due(new, turn):
            stop = self.stood.stop or END_TURN
            return turn.status != "idle" and await self.thread.idle(self.writer, stop, _details(stop))
        if await self.thread.is_over_budget(self.writer):
            is_told = turn.status == "idle" and turn.stop == AT_BUDGET
            return not is_told and await self.thread.idle(self.writer, AT_BUDGET)
        await self.thread.run(self.writer, turn)
        return await self._prompt(new)

    def _is_due(self, new: Sequence[Entry], turn: Turn) -> bool:
        """A message that an idle has followed was given up with it, unless only the budget was in its way."""
        if turn.stop == AT_BUDGET or (self.stood.untold and turn.status != "idle"):
            return bool(new or self.stood.untold)
        rested = max((one.seq or 0 for one in self.history.entries if one.event.type in _IDLE), default=0)
        notes = self.history.notes
        heard = notes.noticed - notes.hushed
        # What the engine notes by itself, such as files that were put back, is told with the next message.
        own = (one for one in new if one.event.type != "system.message" or one.event.id in heard)
        return any((one.seq or 0) > rested for one in own)

    async def _prompt(self, new: Sequence[Entry]) -> bool:
        earlier = self.stood
        talk = await self._talk()
        if talk is None:
            return True
        first = (new[0].seq or 0) if new else self.history.entries[-1].seq or 0
        is_anew = talk.name != earlier.talk and not self.stood.capabilities.get("is_resumed")
        before = [one for one in self.history.entries if (one.seq or 0) < first] if is_anew and earlier.talk else []
        told = prompts.transcript(before)
        words = list(self.stood.untold)
        blocks = prompts.prompt(
            self.writer.session, new, words, self.stood.capabilities, earlier=told, is_first=is_anew
        )
        start = self.writer.request_started()
        params = {"sessionId": self.stood.agent_session_id, "prompt": blocks}
        asked = {"id": start.id, "method": "session/prompt", "params": params}
        model = str(self.writer.session.agent["model"]["id"])
        digest = hashlib.sha256(written(asked).encode("utf-8", "surrogatepass")).hexdigest()
        named: Json = {
            "model_request_start_id": start.id,
            "model": model,
            "purpose": "acp",
            "sha256": digest,
            "parts": {},
        }
        through = max((one.seq or 0 for one in new), default=self.stood.told_through)
        self.stood = replace(self.stood, prompt=start.id, told_through=through, untold=(), stop=None, calls={}, asks={})
        before_it = self._mode_change()
        listening = self._listening(talk)
        said = [self.writer.error("unknown_error", ANEW.format(name=self.name), "retrying")] if told else []
        await listening.write([*said, start], [self.writer.fact(MODEL_REQUESTED, **named)], [*before_it, asked])
        return await self._listen(listening)

    async def _talk(self) -> AcpTalk | None:
        """The conversation that is open, or a new one; None where it was interrupted, or cannot be had."""
        session = self.writer.session
        if self.stood.talk:
            talk = await self.agents.rejoined(session, self.stood.talk, self.stood.heard)
            if talk is not None and not talk.has_ended:
                return talk
        since = self.writer.clock()
        self.history.preview(WorkProgress(STARTS.format(name=self.name), since))
        earlier = {"talk": self.stood.talk, "agent_session_id": self.stood.agent_session_id}
        begun = await unless(self.interrupted, self.agents.begun(session, earlier))
        self.history.preview(WorkProgress("", since))
        if begun is None:
            return None
        if isinstance(begun, AcpFault):
            words = f"The agent {self.name} cannot be used: {begun.message}."
            await self.history.append([self.writer.error("unknown_error", words, "exhausted")])
            return None
        self.stood = Stood(
            talk=begun.talk.name,
            agent_session_id=begun.agent_session_id,
            capabilities=begun.capabilities | {"is_resumed": begun.is_resumed},
            modes=begun.modes.ids,
            mode=begun.modes.current,
            mode_option=begun.modes.option,
            said=begun.said,
            heard=begun.heard,
            told_through=self.stood.told_through,
            untold=self.stood.untold,
            cost_usd=self.stood.cost_usd if begun.is_resumed else 0.0,
        )
        return begun.talk

    def _mode_change(self) -> list[Json]:
        """The agent plans where the session does, and asks in all other modes: what may run is decided here."""
        wanted = permits.wanted_mode(self.stood.modes, self.stood.mode, plans=self.writer.session.mode == modes.PLAN)
        if wanted == self.stood.mode:
            return []
        self.stood = replace(self.stood, mode=wanted)
        of_session = {"sessionId": self.stood.agent_session_id}
        asked: Json = {"method": "session/set_mode", "params": of_session | {"modeId": wanted}}
        if self.stood.mode_option:
            params = of_session | {"configId": self.stood.mode_option, "value": wanted}
            asked = {"method": "session/set_config_option", "params": params}
        return [{"id": f"mode-{self.stood.said + 1}", **asked}]

    # ── a prompt that is at work ─────────────────────────────────────────────────────────────────────────────────────

    def _listening(self, talk: AcpTalk) -> Listening:
        return Listening(self.agents, self.writer, self.history, self.gate(), talk, self.stood)

    async def _go_on(self) -> bool:
        """Answer what was answered, and hear on; with nothing but questions left, say so once."""
        await self.thread.take(only=ANSWERS)
        turn = await self.history.turn()
        talk = await self.agents.rejoined(self.writer.session, self.stood.talk, self.stood.heard)
        if talk is None:
            return await self._gone(None, "")
        for number, line in self.stood.unsent.items():
            if int(number) > talk.took:
                talk.say(int(number), line)
        listening = self._listening(talk)
        answered = [one for one in turn.calls if one.use.id in self.stood.asks and not one.is_blocked]
        if not answered and turn.blocked and not talk.has_ended:
            # An agent that ends meanwhile waits for no answer.
            talk.when_ended(self.thread.wake)
            return not turn.is_told and await self._ask(turn)
        await self.thread.run(self.writer, turn)
        for one in answered:
            confirmation = one.confirmation
            told = confirmation.deny_message if confirmation is not None else None
            await listening.answer(one.use.id, allowed=one.is_runnable, denial=denial(one), words=told or "")
        return await self._listen(listening)

    async def _ask(self, turn: Turn) -> bool:
        return await self.thread.idle(self.writer, {"type": "requires_action", "event_ids": turn.blocked_ids})

    async def _listen(self, listening: Listening) -> bool:
        while True:
            if listening.stood.asks and not listening.talk.has_ended:
                return True
            said = await unless(self.interrupted, listening.next())
            if said is None:
                return self.interrupted.is_set() or await self._gone(listening, listening.talk.ending or "")
            if (answer := await listening.take(said)) is not None:
                return await self._ended(listening, answer)

    async def _cancel(self) -> bool:
        """Have the agent stop, and hear what it still says; one that does not stop is ended."""
        talk = await self.agents.rejoined(self.writer.session, self.stood.talk, self.stood.heard)
        if talk is None:
            await self._gone(None, "")
            return True
        listening = self._listening(talk)
        listening.is_cancelling = True
        replies: list[Json] = [{"id": one.request_id, "result": CANCELLED} for one in self.stood.asks.values()]
        replies.append({"method": "session/cancel", "params": {"sessionId": self.stood.agent_session_id}})
        listening.stood = replace(listening.stood, asks={}, untold=())
        await listening.write([], replies=replies)
        answer = await listening.lines_until(CANCEL_LIMIT_S)
        if answer is None:
            talk.shut()
        closed = await listening.close_calls(INTERRUPTED)
        await self._end(listening, answer or {}, closed, is_error=answer is None)
        await self.thread.take(only=_INTERRUPT)
        return True

    # ── its end ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _ended(self, listening: Listening, answer: Json) -> bool:
        """The agent answered the prompt."""
        closed = await listening.close_calls(text_outcome(NO_RESULT))
        error = answer.get("error")
        result = answer.get("result")
        reason = str(result.get("stopReason")) if isinstance(result, dict) else ""
        said: list[Event] = []
        if isinstance(error, dict):
            words = f"The agent {self.name} could not answer: {error_words(error)}"
            kind = "billing_error" if error.get("code") == AUTH_REQUIRED else "model_request_failed_error"
            said.append(self.writer.error(kind, words, "exhausted"))
        elif reason in CUT:
            said.append(self.writer.error("model_request_failed_error", CUT[reason], "exhausted"))
        stop = {"type": "refusal"} if reason == "refusal" else None
        listening.stood = replace(listening.stood, stop=stop)
        await self._end(listening, answer, closed, said, is_error=isinstance(error, dict))
        return True

    async def _end(
        self,
        listening: Listening,
        answer: Json,
        before: Sequence[Event],
        after: Sequence[Event] = (),
        *,
        is_error: bool,
    ) -> None:
        start_id, cost = self.stood.prompt, listening.stood.cost_usd - self.stood.cost_usd
        result = answer.get("result")
        told: Any = result.get("usage") if isinstance(result, dict) else None
        usage = {key: told.get(name) for key, name in _USAGE.items()} if isinstance(told, dict) else NO_USAGE
        spent = [self.writer.fact(ACP_COST, model_request_start_id=start_id, usd=cost)] if cost > 0 else []
        listening.stood = replace(listening.stood, prompt="")
        end = self.writer.request_ended(start_id, usage, is_error=is_error)
        await listening.write([*before, end, *after], spent)

    async def _gone(self, listening: Listening | None, why: str) -> bool:
        """The agent is not there any more, and nobody knows what of its work is done."""
        place = listening or Listening(self.agents, self.writer, self.history, self.gate(), _Silent(), self.stood)
        closed = await place.close_calls(MAY_HAVE_RUN)
        words = GONE.format(name=self.name, why=f": {why}" if why else "")
        cleaned: Outcome = await self.agents.cleaned(self.writer.session, text_outcome(words))
        error = self.writer.error("unknown_error", str(cleaned.content[0]["text"]), "exhausted")
        await self._end(place, {}, closed, [error], is_error=True)
        return True


@dataclass
class _Silent:
    """A conversation that has ended with its sandbox: what is written of it goes nowhere else."""

    name: str = ""
    took: int = 0
    ending: str | None = "its sandbox has ended"
    has_ended: bool = True

    def say(self, number: int, line: str) -> None:
        """There is nobody."""

    def heard(self, through: int) -> None:
        """There is nobody."""

    async def next(self) -> None:
        return None

    def when_ended(self, tell: Callable[[], None]) -> None:
        """It has."""

    def shut(self) -> None:
        """There is nobody."""


def _details(stop: Json) -> Json | None:
    return {"type": "refusal", "category": None, "explanation": None} if stop["type"] == "refusal" else None
