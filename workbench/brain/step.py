"""One model request: asks, passes previews on, and writes down what came of it in one append."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from workbench import events
from workbench.brain.deciding import verdicts, written
from workbench.brain.event_writer import EventWriter
from workbench.brain.fact_fold import MadeCall
from workbench.brain.history import ThreadHistory
from workbench.brain.interruption import unless
from workbench.brain.requests import WINDOW_FULL, closing, going_on_without, opening
from workbench.brain.written_calls import SAID, written_call
from workbench.contracts import facts, talking, threads
from workbench.contracts.brain import (
    CALL_FAULT,
    Model,
    ModelFault,
    ModelRequest,
    ModelWaits,
    Reply,
    TextDelta,
    ThinkingEnded,
    ThinkingStarted,
)
from workbench.contracts.permissions import Gate
from workbench.contracts.thread_facts import DELEGATED
from workbench.contracts.values import Fact, WorkProgress
from workbench.events import DeltaEvent, Event, ModelRequestEnd, StartEvent
from workbench.pricing import OFFLINE_MODEL

_LIMITS = frozenset({"max_tokens", WINDOW_FULL})
_NOT_WHOLE = _LIMITS | {"pause_turn", "refusal"}


@dataclass
class _Listening:
    """The ids under which a reply in the making is previewed."""

    message_id: str
    thinking_ids: list[str]
    thought_at: dict[str, datetime] = field(default_factory=dict)
    """When each thought ended."""
    texts: dict[int, str] = field(default_factory=dict)
    """What was said so far, by the number of its block."""
    is_message_begun: bool = False
    is_waiting: bool = False


@dataclass(frozen=True)
class Step:
    """One request of one thread."""

    writer: EventWriter
    history: ThreadHistory
    model: Model
    interrupted: asyncio.Event
    gate: Gate
    is_last: bool = False
    """Whether a fault that may pass ends the turn all the same."""
    opened: Callable[[Sequence[Event], Sequence[Fact]], Awaitable[None]] | None = None
    """Writes the request's start with what has to come before it; None where nothing has."""

    async def take(self, request: ModelRequest) -> Reply | ModelFault | None:
        """Ask once and write the answer down; None when it was interrupted, or is to be asked again without a part.

        A fault closes the request's span and is left to the caller to tell.
        """
        start, requested = opening(self.writer, request)
        await (self.opened or self.history.append)([start], [requested])
        listening = _Listening(events.new_id("sevt"), [])
        outcome = await unless(self.interrupted, self._listen(request, listening))
        self._waits_no_more(listening)
        end, facts = closing(self.writer, start.id, outcome)
        if isinstance(outcome, Reply):
            events_of_reply, held = self._written(outcome, listening, end)
            events_of_reply += self._written_call(request, outcome)
            await self.history.append(events_of_reply, [*facts, *self._stopped(outcome, start.id), *held])
            return outcome
        told, refused = going_on_without(self.writer, request, start.id, outcome) if outcome else ([], [])
        said, cut = ([], []) if refused or self._is_tried_again(outcome) else self._cut(listening, outcome)
        await self.history.append([*said, end, *told], [*facts, *refused, *cut])
        return None if refused else outcome

    def _is_tried_again(self, fault: ModelFault | None) -> bool:
        return fault is not None and (fault.context_too_long or (fault.retry and not self.is_last))

    def _cut(self, listening: _Listening, fault: ModelFault | None) -> tuple[list[Event], list[Fact]]:
        """What was said before an answer was cut: people have read it and it is paid, so it stays."""
        texts = [{"type": "text", "text": text} for _, text in sorted(listening.texts.items()) if text]
        if not any(block["text"].strip() for block in texts):
            return [], []
        reason = "failed" if fault else "interrupted"
        fact = self.writer.fact(facts.MESSAGE_CUT, event_id=listening.message_id, reason=reason)
        return [self.writer.message(listening.message_id, texts)], [fact]

    async def _listen(self, request: ModelRequest, listening: _Listening) -> Reply | ModelFault:
        outcome: Reply | ModelFault | None = None
        async for part in self.model.reply(request):
            match part:
                case TextDelta():
                    self._preview_text(part, listening)
                case ModelWaits(text):
                    listening.is_waiting = True
                    self.history.preview(WorkProgress(text, self.writer.clock()))
                    continue
                case ThinkingStarted():
                    listening.thinking_ids.append(events.new_id("sevt"))
                    self._preview_start("agent.thinking", listening.thinking_ids[-1])
                case ThinkingEnded():
                    listening.thought_at[listening.thinking_ids[-1]] = self.writer.clock()
                case _:
                    outcome = part
            self._waits_no_more(listening)
        return outcome or ModelFault("model_request_failed_error", "The model ended without an answer.", retry=True)

    def _preview_start(self, kind: str, event_id: str) -> None:
        start = StartEvent.model_validate({"type": "event_start", "event": {"type": kind, "id": event_id}})
        self.history.preview(start)

    def _preview_text(self, part: TextDelta, listening: _Listening) -> None:
        if not listening.is_message_begun:
            listening.is_message_begun = True
            self._preview_start("agent.message", listening.message_id)
        listening.texts[part.index] = listening.texts.get(part.index, "") + part.text
        content = {"type": "text", "text": part.text}
        delta = {"type": "content_delta", "index": part.index, "content": content}
        body = {"type": "event_delta", "event_id": listening.message_id, "delta": delta}
        self.history.preview(DeltaEvent.model_validate(body))

    def _waits_no_more(self, listening: _Listening) -> None:
        if listening.is_waiting:
            listening.is_waiting = False
            self.history.preview(WorkProgress("", self.writer.clock()))

    def _written_call(self, request: ModelRequest, reply: Reply) -> list[Event]:
        """An answer that is nothing but a call in words ends the turn, and not as if all were done."""
        texts = [block["text"] for block in reply.content if block["type"] == "text"]
        if len(texts) != 1 or any(block["type"] == "tool_use" for block in reply.content):
            return []
        name = written_call(texts[0], [tool["name"] for tool in request.body.get("tools", ())])
        return [self.writer.error("model_request_failed_error", SAID.format(name=name), "exhausted")] if name else []

    def _stopped(self, reply: Reply, start_id: str) -> list[Fact]:
        """Why the answer is not the whole one: no public event tells it, and what comes next follows from it."""
        if reply.stop_reason not in _NOT_WHOLE:
            return []
        stop = {"stop_reason": reply.stop_reason, "stop_details": reply.stop_details}
        return [self.writer.fact(facts.MODEL_STOPPED, model_request_start_id=start_id, **stop)]

    def _written(self, reply: Reply, listening: _Listening, end: ModelRequestEnd) -> tuple[list[Event], list[Fact]]:
        """The reply as events; its calls are held back together while a judgement on one of them is open."""
        texts = [block for block in reply.content if block["type"] == "text"]
        thinking: list[Event] = [
            self.writer.thinking(event_id, listening.thought_at.get(event_id)) for event_id in listening.thinking_ids
        ]
        message = [self.writer.message(listening.message_id, texts)] if texts else []
        delegated, made = self._delegated(_made(reply), end.model_request_start_id)
        found = verdicts(self.writer, made, self.gate, self.history.notes.listed)
        if (
            any(one is not None and one.is_open for one in found)
            and self.writer.session.agent["model"]["id"] != OFFLINE_MODEL
        ):
            calls = [[one.call, one.is_whole] for one in made]
            held = self.writer.fact(facts.CALLS_HELD, model_request_start_id=end.model_request_start_id, calls=calls)
            return [*thinking, *message, end], [held, *delegated]
        uses, refusals = written(self.writer, made, found)
        return [*thinking, *message, *uses, end, *refusals], delegated

    def _delegated(self, made: list[MadeCall], start_id: str) -> tuple[list[Fact], list[MadeCall]]:
        """The calls for other threads, which no public event shows, and the others."""
        session = self.writer.session
        names = threads.names(session.agent, session.thread_role) | (talking.NAMES if session.may_talk else frozenset())
        own = [one for one in made if one.is_whole and one.call["name"] in names and CALL_FAULT not in one.call]
        if not own:
            return [], made
        calls = [[events.new_id("sevt"), one.call] for one in own]
        fact = self.writer.fact(DELEGATED, model_request_start_id=start_id, calls=calls)
        return [fact], [one for one in made if one not in own]


def _made(reply: Reply) -> list[MadeCall]:
    """The reply's calls, and whether each is whole: at a limit the last block is the one that was cut.

    A refused reply has no calls.
    """
    if reply.stop_reason == "refusal":
        return []
    last = reply.content[-1] if reply.stop_reason in _LIMITS and reply.content else None
    return [MadeCall(block, block is not last) for block in reply.content if block["type"] == "tool_use"]
