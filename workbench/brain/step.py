"""One model request: asks, passes previews on, and writes down what came of it in one append."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from workbench import events
from workbench.brain.gate import judge
from workbench.brain.interruption import unless
from workbench.brain.logbook import Logbook
from workbench.brain.record import Pen
from workbench.brain.requests import WINDOW_FULL, closing, opening
from workbench.contracts import (
    Json,
    Model,
    ModelFault,
    ModelRequest,
    Preview,
    Reply,
    TextDelta,
    ThinkingStarted,
    text_outcome,
)
from workbench.events import DeltaEvent, Event, StartEvent

CUT_CALL = text_outcome(
    "This call was cut off at the output limit and did not run. Make it smaller: for a large file, write a first part and"
    " add the others with further calls.",
    is_error=True,
)
_LIMITS = frozenset({"max_tokens", WINDOW_FULL})


@dataclass
class _Listening:
    """The ids under which a reply in the making is previewed."""

    message_id: str
    thinking_ids: list[str]
    is_message_begun: bool = False


@dataclass(frozen=True)
class Step:
    """One request of one session."""

    pen: Pen
    logbook: Logbook
    model: Model
    interrupted: asyncio.Event

    async def take(self, request: ModelRequest) -> Reply | ModelFault | None:
        """Ask once and write the answer down; None when it was interrupted.

        A fault closes the request's span and is left to the caller to tell.
        """
        start, requested = opening(self.pen, request)
        await self.logbook.append([start], [requested])
        listening = _Listening(events.new_id("sevt"), [])
        outcome = await unless(self.interrupted, self._listen(request, listening))
        end, facts = closing(self.pen, start.id, outcome)
        written = self._written(outcome, listening, end) if isinstance(outcome, Reply) else [end]
        await self.logbook.append(written, facts)
        return outcome

    async def _listen(self, request: ModelRequest, listening: _Listening) -> Reply | ModelFault:
        outcome: Reply | ModelFault | None = None
        async for part in self.model.reply(request):
            match part:
                case TextDelta():
                    self._preview_text(part, listening)
                case ThinkingStarted():
                    listening.thinking_ids.append(events.new_id("sevt"))
                    self._preview_start("agent.thinking", listening.thinking_ids[-1])
                case _:
                    outcome = part
        return outcome or ModelFault("model_request_failed_error", "The model ended without an answer.", retry=True)

    def _preview_start(self, kind: str, event_id: str) -> None:
        start = StartEvent.model_validate({"type": "event_start", "event": {"type": kind, "id": event_id}})
        self.logbook.log.preview(Preview(self.pen.session.id, start))

    def _preview_text(self, part: TextDelta, listening: _Listening) -> None:
        if not listening.is_message_begun:
            listening.is_message_begun = True
            self._preview_start("agent.message", listening.message_id)
        content = {"type": "text", "text": part.text}
        delta = {"type": "content_delta", "index": part.index, "content": content}
        body = {"type": "event_delta", "event_id": listening.message_id, "delta": delta}
        self.logbook.log.preview(Preview(self.pen.session.id, DeltaEvent.model_validate(body)))

    def _written(self, reply: Reply, listening: _Listening, end: Event) -> list[Event]:
        """The reply as events, calls that may not run answered at once."""
        texts = [block for block in reply.content if block["type"] == "text"]
        thinking = [self.pen.thinking(event_id) for event_id in listening.thinking_ids]
        message = [self.pen.message(listening.message_id, texts)] if texts else []
        uses, refusals = self._calls(_whole_and_cut(reply))
        return [*thinking, *message, *uses, end, *refusals]

    def _calls(self, blocks: Sequence[tuple[Json, bool]]) -> tuple[list[Event], list[Event]]:
        uses: list[Event] = []
        refusals: list[Event] = []
        for block, is_whole in blocks:
            verdict = judge(self.pen.session.agent, block["name"]) if is_whole else None
            use = self.pen.tool_use(block, verdict)
            uses.append(use)
            if verdict is None:
                refusals.append(self.pen.tool_result(use.id, CUT_CALL))
            elif verdict.refusal:
                refusals.append(self.pen.tool_result(use.id, text_outcome(verdict.refusal, is_error=True)))
        return uses, refusals


def _whole_and_cut(reply: Reply) -> list[tuple[Json, bool]]:
    """The reply's calls, and whether each is whole: at a limit the last block is the one that was cut.

    A refused reply has no calls.
    """
    if reply.stop_reason == "refusal":
        return []
    last = reply.content[-1] if reply.stop_reason in _LIMITS and reply.content else None
    return [(block, block is not last) for block in reply.content if block["type"] == "tool_use"]
