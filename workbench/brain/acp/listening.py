"""What an agent of others says during one prompt, written down line by line: each line counts once, whatever ends in between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from workbench import events
from workbench.brain.acp import calls, permits
from workbench.brain.acp.stood import AcpAsk, AcpCall, Stood
from workbench.brain.event_writer import EventWriter
from workbench.brain.history import ThreadHistory
from workbench.contracts.acp import AcpAgents, AcpTalk, Said
from workbench.contracts.acp_messages import INVALID, NOT_OFFERED, is_request, read, refused, written
from workbench.contracts.facts import ACP_STOOD
from workbench.contracts.permissions import Gate
from workbench.contracts.task_list import MOST_TASKS, STATUSES
from workbench.contracts.tools import UPDATE_TASKS
from workbench.contracts.values import Fact, Json, Outcome, text_outcome
from workbench.events import DeltaEvent, Event, StartEvent

MOST_UNWRITTEN: Final = 2 << 20
"""Signs of lines after which the place is written down, though nothing of them is an event yet."""
ANNOUNCED_S: Final = 1.0
"""Some agents say that a call runs, and ask a moment later whether it may."""
PERMITTED: Final = text_outcome("Permitted: the agent goes on.")


@dataclass
class Listening:
    """One agent's conversation from a place on; `stood` is where it is now, with what is not written yet in `texts`."""

    agents: AcpAgents
    writer: EventWriter
    history: ThreadHistory
    gate: Gate
    talk: AcpTalk
    stood: Stood
    is_cancelling: bool = False
    texts: list[str] = field(default_factory=list)
    message_id: str = ""
    thinking_id: str = ""
    thought_at: datetime | None = None
    unwritten: int = 0
    announced_at: float | None = None

    async def next(self) -> Said | None:
        """The next line; meanwhile calls that run for a while are told."""
        while True:
            waits = self._unwritten_calls()
            try:
                async with asyncio.timeout(ANNOUNCED_S if waits else None):
                    return await self.talk.next()
            except TimeoutError:
                await self._begin_calls()

    def _unwritten_calls(self) -> list[str]:
        return [key for key, one in self.stood.calls.items() if one.is_begun and not one.event_id]

    async def _begin_calls(self) -> None:
        """Write down the calls that the agent says to run, and that it does not ask about."""
        await self.write([self._begun(call_id) for call_id in self._unwritten_calls()])

    def _begun(self, call_id: str) -> Event:
        call = self.stood.calls[call_id]
        use = self._use(call, "allow", None)
        self.stood = replace(self.stood, calls=self.stood.with_call(call_id, replace(call, event_id=use.id)))
        self.announced_at = None
        return use

    async def take(self, said: Said) -> Json | None:
        """Take one line; the answer to the prompt when that is it."""
        message = read(said.text)
        self.stood = replace(self.stood, heard=said.number)
        self.unwritten += len(said.text)
        if message is not None:
            if is_request(message):
                await self._asked(message)
            elif message.get("method") == "session/update":
                await self._updated(message.get("params"))
            elif "method" not in message and message.get("id") == self.stood.prompt:
                return message
        if self.unwritten > MOST_UNWRITTEN:
            await self.write([])
        if self._unwritten_calls() and self._is_announced():
            await self._begin_calls()
        return None

    def _is_announced(self) -> bool:
        """Whether the agent has said for long enough that a call runs, so that it will not ask about it any more."""
        now = asyncio.get_running_loop().time()
        self.announced_at = self.announced_at or now
        return now - self.announced_at > ANNOUNCED_S

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def write(self, more: Sequence[Event], facts: Sequence[Fact] = (), replies: Sequence[Json] = ()) -> None:
        """Write what was said so far and `more`, with the place that this leaves; then answer the agent, once that is durable."""
        said = [*self._said(), *more]
        lines = {str(self.stood.said + 1 + place): written(one) for place, one in enumerate(replies)}
        unsent = {number: line for number, line in self.stood.unsent.items() if int(number) > self.talk.took}
        self.stood = replace(self.stood, said=self.stood.said + len(lines), unsent=unsent | lines)
        place = self.writer.fact(ACP_STOOD, **self.stood.body)
        await self.history.append(said, [*facts, place])
        self.unwritten = 0
        self.talk.heard(self.stood.heard)
        for number, line in lines.items():
            self.talk.say(int(number), line)

    def _said(self) -> list[Event]:
        """The thought and the message in the making, as events."""
        found: list[Event] = []
        if self.thinking_id:
            found.append(self.writer.thinking(self.thinking_id, self.thought_at))
        if "".join(self.texts).strip():
            found.append(self.writer.message(self.message_id, [{"type": "text", "text": "".join(self.texts)}]))
        self.thinking_id, self.message_id, self.texts = "", "", []
        return found

    async def close_calls(self, outcome: Outcome) -> list[Event]:
        """A result for each call without one; what was only announced has not been called."""
        begun = [self._begun(call_id) for call_id in self._unwritten_calls()]
        left = [one.event_id for one in self.stood.calls.values() if one.event_id and not one.is_over]
        self.stood = replace(self.stood, calls={}, asks={})
        return [*begun, *(self.writer.foreign_result(event_id, outcome) for event_id in left)]

    # ── updates ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _updated(self, params: Any) -> None:
        if not isinstance(params, dict) or params.get("sessionId") != self.stood.agent_session_id:
            return
        update = params.get("update")
        if not isinstance(update, dict):
            return
        match update.get("sessionUpdate"):
            case "agent_message_chunk":
                await self._text(calls.content_text(update.get("content")))
            case "agent_thought_chunk":
                await self._thought()
            case "tool_call" | "tool_call_update":
                await self._called(update)
            case "plan":
                await self._planned(update.get("entries"))
            case "current_mode_update":
                self.stood = replace(self.stood, mode=str(update.get("currentModeId"))[:100])
            case "usage_update":
                self._spent(update.get("cost"))

    async def _text(self, text: str) -> None:
        if not self.message_id:
            self.message_id = events.new_id("sevt")
            self._preview_start("agent.message", self.message_id)
        self.texts.append(text)
        delta = {"type": "content_delta", "index": 0, "content": {"type": "text", "text": text}}
        body = {"type": "event_delta", "event_id": self.message_id, "delta": delta}
        self.history.preview(DeltaEvent.model_validate(body))

    async def _thought(self) -> None:
        if self.message_id:
            await self.write([])
        if not self.thinking_id:
            self.thinking_id = events.new_id("sevt")
            self._preview_start("agent.thinking", self.thinking_id)
        self.thought_at = self.writer.clock()

    def _preview_start(self, kind: str, event_id: str) -> None:
        start = StartEvent.model_validate({"type": "event_start", "event": {"type": kind, "id": event_id}})
        self.history.preview(start)

    async def _called(self, update: Json) -> None:
        call_id = str(update.get("toolCallId") or "")[:200]
        call = calls.merged(self.stood.calls.get(call_id, AcpCall()), update)
        if not call_id or call.is_over:
            return
        call = replace(call, is_begun=call.is_begun or calls.is_begun(update))
        self.stood = replace(self.stood, calls=self.stood.with_call(call_id, call))
        result = calls.outcome(call, update)
        if result is None:
            return
        found = [] if call.event_id else [self._begun(call_id)]
        event_id = self.stood.calls[call_id].event_id
        cleaned = await self.agents.cleaned(self.writer.session, result)
        over = AcpCall(event_id, call.name, is_over=True)
        self.stood = replace(self.stood, calls=self.stood.with_call(call_id, over))
        await self.write([*found, self.writer.foreign_result(event_id, cleaned)])

    def _use(self, call: AcpCall, permission: str, evaluation: Json | None) -> Event:
        acp = self.writer.session.acp
        assert acp is not None
        return self.writer.foreign_call(acp.name, call.name or "other", call.given, permission, evaluation)

    async def _planned(self, entries: Any) -> None:
        listed = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
        tasks = [
            {"title": str(one["content"])[:500], "status": one.get("status")}
            for one in listed[:MOST_TASKS]
            if str(one.get("content") or "").strip() and one.get("status") in STATUSES
        ]
        use = self._use(AcpCall(name=UPDATE_TASKS.name, given={"tasks": tasks}), "allow", None)
        await self.write([use, self.writer.foreign_result(use.id, text_outcome("Noted."))])

    def _spent(self, cost: Any) -> None:
        amount = cost.get("amount") if isinstance(cost, dict) and cost.get("currency") == "USD" else None
        if isinstance(amount, int | float) and 0 <= amount < 1e9:
            self.stood = replace(self.stood, cost_usd=float(amount))

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _asked(self, message: Json) -> None:
        params = message.get("params")
        if message.get("method") != "session/request_permission":
            words = (
                f"{str(message.get('method'))[:100]} is not offered: work with the files and programs of the sandbox"
            )
            await self.write([], replies=[refused(message, NOT_OFFERED, words)])
            return
        tool = params.get("toolCall") if isinstance(params, dict) else None
        if not isinstance(params, dict) or params.get("sessionId") != self.stood.agent_session_id:
            await self.write([], replies=[refused(message, INVALID, "there is no such session")])
        elif not isinstance(tool, dict) or not (options := permits.options_of(params)):
            await self.write([], replies=[refused(message, INVALID, "toolCall and options are needed")])
        elif self.is_cancelling:
            await self.write([], replies=[{"id": message["id"], "result": permits.CANCELLED}])
        else:
            await self._judge(message["id"], tool, options)

    async def _judge(self, request_id: Any, tool: Json, options: list[Json]) -> None:
        call_id = str(tool.get("toolCallId") or "")[:200]
        known = self.stood.calls.get(call_id, AcpCall())
        call = calls.merged(replace(known, event_id="", is_over=False), tool)
        if known.event_id:
            # It runs already, by its own word: what it asks now is a question of its own.
            call_id = f"{call_id}?{request_id}"
        verdict = permits.verdict(self.gate, self.writer.session, call)
        if verdict.permission == "allow":
            self.stood = replace(self.stood, calls=self.stood.with_call(call_id, None if known.event_id else call))
            await self.write([], replies=[{"id": request_id, "result": permits.answer(options, allowed=True)}])
            return
        use = self._use(call, verdict.permission, verdict.evaluation)
        call = replace(call, event_id=use.id)
        if verdict.permission == "ask":
            asks = {**self.stood.asks, use.id: AcpAsk(request_id, options, call_id)}
            self.stood = replace(self.stood, calls=self.stood.with_call(call_id, call), asks=asks)
            await self.write([use])
            return
        over = self.stood.with_call(call_id, AcpCall(use.id, call.name, is_over=True))
        self.stood = replace(self.stood, calls=over)
        result = self.writer.foreign_result(use.id, text_outcome(verdict.refusal or "Denied.", is_error=True))
        await self.write([use, result], replies=[{"id": request_id, "result": permits.answer(options, allowed=False)}])

    async def answer(self, event_id: str, *, allowed: bool, denial: str, words: str) -> None:
        """What a person said to a question; a denied call has its result with it, and the agent is prompted with their `words`, as the
        protocol's answer has no place for them."""
        ask = self.stood.asks[event_id]
        call = self.stood.calls.get(ask.call_id, AcpCall(event_id))
        is_own_question = ask.call_id.endswith(f"?{ask.request_id}")
        found: list[Event] = []
        if not allowed:
            found.append(self.writer.foreign_result(event_id, text_outcome(denial, is_error=True)))
            if words:
                told = f"(Your call {call.title or call.name!r} was not permitted. {words})"
                self.stood = replace(self.stood, untold=[*self.stood.untold, told])
        elif is_own_question:
            found.append(self.writer.foreign_result(event_id, PERMITTED))
        if found:
            over = self.stood.with_call(ask.call_id, AcpCall(event_id, call.name, is_over=True))
            self.stood = replace(self.stood, calls=over)
        left = {key: one for key, one in self.stood.asks.items() if key != event_id}
        self.stood = replace(self.stood, asks=left)
        await self.write(
            found, replies=[{"id": ask.request_id, "result": permits.answer(ask.options, allowed=allowed)}]
        )

    async def lines_until(self, limit_s: float) -> Json | None:
        """The answer to the prompt, if it comes in time."""
        try:
            async with asyncio.timeout(limit_s):
                while (said := await self.next()) is not None:
                    if (answer := await self.take(said)) is not None:
                        return answer
        except TimeoutError:
            return None
        return None
