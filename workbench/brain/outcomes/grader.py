"""The grader: a model with a context and a budget of its own, that reads in a copy of the files and gives one verdict."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench.brain.event_writer import EventWriter, tokens
from workbench.brain.history import ThreadHistory
from workbench.brain.interruption import unless
from workbench.brain.outcomes import grader_requests
from workbench.brain.outcomes.grader_requests import LAST, TOOLS, Seen
from workbench.brain.outcomes.verdicts import TOOL, Opinion, Unfit, opinion_of, said_in
from workbench.brain.requests import GRADING, SideRequest
from workbench.brain.retry import Retries
from workbench.contracts.brain import CALL_FAULT, Model, ModelFault, ModelRequest, Reply, ReplyPart
from workbench.contracts.forks import Fork
from workbench.contracts.values import Call, Json, Outcome, text_outcome
from workbench.events import new_id
from workbench.text.shortening import shortened

MOST_RESULT: Final = 20_000
"""Characters of what a look at a file gives."""
_VERDICTS: Final = 2
"""How often a verdict is asked for: once more, where the first one was none."""
_SHARES: Final = (1.0, 0.2)
"""Of the evidence that is shown; less where the model's window is too small for all."""
_AGAIN: Final = "That is no verdict: {fault}. Call submit_verdict again, once, with this mended."
_NO_VERDICT: Final = "the grader gave no usable verdict, twice: {fault}"
_SPENT: Final = "the grader used up its own budget ({what}) without a verdict"
_SILENT: Final = "the grader's model did not answer within {seconds:.0f} s"


@dataclass(frozen=True)
class GraderLimits:
    """What one evaluation may take: requests and tokens of the grader, its time, and the time of commands, one and all."""

    requests: int = 16
    tokens: int = 500_000
    seconds: float = 900.0
    command_s: float = 300.0
    commands_s: float = 1_200.0
    ongoing_s: float = 10.0


@dataclass(frozen=True)
class GraderFault:
    """There is no verdict: the type of session.error, and why."""

    kind: str
    message: str


@dataclass
class _Talk:
    """What was said so far; `spent` counts tokens, `unfit` verdicts that were none, `failures` of the model."""

    turns: list[Json]
    spent: int = 0
    unfit: int = 0
    failures: int = 0
    may_look: bool = True


@dataclass(frozen=True, kw_only=True)
class Grader:
    """Asks until there is a verdict, or no more may be asked."""

    writer: EventWriter
    history: ThreadHistory
    model: Model
    fork: Fork
    limits: GraderLimits
    patience: Retries
    interrupted: asyncio.Event
    is_over_budget: Callable[[], Awaitable[bool]]
    until: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "until", time.monotonic() + self.limits.seconds)

    async def opinion(self, seen: Seen) -> Opinion | GraderFault | None:
        """What it says of the criteria that it is asked; None when it was interrupted, or the session's budget is reached."""
        told: Opinion | GraderFault | ModelFault | None = None
        for share in _SHARES:
            told = await self._asked(seen, share)
            if not isinstance(told, ModelFault):
                return told
        assert isinstance(told, ModelFault)
        return GraderFault(told.kind, told.message)

    async def _asked(self, seen: Seen, share: float) -> Opinion | GraderFault | ModelFault | None:
        """A ModelFault where this was too much for the model's window."""
        talk = _Talk([grader_requests.said(grader_requests.first_message(seen, share=share))])
        for number in range(1, self.limits.requests + 1):
            # The last request is in the log, and not in what was read of it.
            await self.history.turn()
            if self.interrupted.is_set() or await self.is_over_budget():
                return None
            if talk.spent >= self.limits.tokens:
                return GraderFault("unknown_error", _SPENT.format(what=f"{self.limits.tokens} tokens"))
            is_early = number < self.limits.requests - _VERDICTS and talk.spent < self.limits.tokens // 2
            talk.may_look = is_early and not talk.unfit
            reply = await self._reply(grader_requests.request(self.writer.session, talk.turns, may_look=talk.may_look))
            if reply is None or (isinstance(reply, ModelFault) and reply.context_too_long):
                return reply
            told = await (
                self._failed(talk, reply) if isinstance(reply, ModelFault) else self._heard(talk, reply, seen)
            )
            if told is not None:
                return told
        return GraderFault("unknown_error", _SPENT.format(what=f"{self.limits.requests} requests"))

    async def _failed(self, talk: _Talk, fault: ModelFault) -> GraderFault | None:
        """None when it may be asked again."""
        talk.failures += 1
        if not fault.retry or talk.failures >= self.patience.tries:
            return GraderFault(fault.kind, fault.message)
        pause = self.patience.pause_s(talk.failures, fault.retry_after_s)
        await unless(self.interrupted, _paused(self.patience, pause))
        return None

    async def _heard(self, talk: _Talk, reply: Reply, seen: Seen) -> Opinion | GraderFault | None:
        """Its verdict; None when it looked at something, or is asked again."""
        talk.spent += sum(tokens(count) for name, count in reply.usage.items() if name.endswith("_tokens"))
        given = said_in(reply.content)
        looks = [one for one in reply.content if one["type"] == "tool_use" and one["name"] != TOOL["name"]]
        if given is None and looks and talk.may_look:
            talk.turns += [_answer(reply), await self._looked(looks, is_last=talk.spent >= self.limits.tokens // 2)]
            return None
        try:
            return opinion_of(given, seen.asked)
        except Unfit as fault:
            talk.unfit += 1
            if talk.unfit >= _VERDICTS:
                return GraderFault("unknown_error", _NO_VERDICT.format(fault=fault))
            talk.turns += [_answer(reply), _corrected(reply, str(fault))]
            return None

    async def _reply(self, request: ModelRequest) -> Reply | ModelFault | None:
        left = self.until - time.monotonic()
        bounded = _Bounded(self.model, max(0.0, left), _SILENT.format(seconds=self.limits.seconds))
        aside = SideRequest(self.writer, self.history, bounded, self.interrupted, GRADING)
        start_id, outcome = await aside.ask(request)
        await aside.close(start_id, outcome)
        return outcome

    async def _looked(self, looks: Sequence[Json], *, is_last: bool) -> Json:
        """The results of a grader's calls, one after the other, in its next turn."""
        content: list[Json] = []
        for one in looks:
            outcome = await self._look(one)
            blocks = [
                block | {"text": shortened(block["text"], MOST_RESULT)} if block["type"] == "text" else block
                for block in outcome.content
            ]
            result = {"type": "tool_result", "tool_use_id": one["id"], "content": blocks or [_text("(nothing)")]}
            content.append(result | {"is_error": True} if outcome.is_error else result)
        return {"role": "user", "content": [*content, *([_text(LAST)] if is_last else [])]}

    async def _look(self, one: Json) -> Outcome:
        if one["name"] not in {kind.name for kind in TOOLS}:
            return text_outcome(f"There is no tool {one['name']!r}; you can read, glob and grep.", is_error=True)
        if CALL_FAULT in one:
            return text_outcome(f"This call did not run: {one[CALL_FAULT]}.", is_error=True)
        call = Call(new_id("sevt"), one["name"], one["input"])
        left = max(0.1, self.until - time.monotonic())
        try:
            async with asyncio.timeout(left):
                outcome = await unless(self.interrupted, self.fork.execute(call))
        except TimeoutError:
            return text_outcome("This took too long.", is_error=True)
        return outcome or text_outcome("Interrupted.", is_error=True)


@dataclass(frozen=True)
class _Bounded:
    """A model that has so many seconds for its answer, and is heard when it is whole."""

    model: Model
    seconds: float
    said: str

    async def reply(self, request: ModelRequest) -> AsyncIterator[ReplyPart]:
        last: ReplyPart | None = None
        try:
            async with asyncio.timeout(self.seconds):
                async for part in self.model.reply(request):
                    if isinstance(part, Reply | ModelFault):
                        last = part
        except TimeoutError:
            last = ModelFault("model_request_failed_error", self.said, retry=False)
        if last is not None:
            yield last


def _answer(reply: Reply) -> Json:
    """What the grader said, as its own turn; never empty, which no endpoint takes."""
    content = [
        {key: value for key, value in block.items() if key != CALL_FAULT}
        for block in reply.content
        if block["type"] == "tool_use" or (block["type"] == "text" and block["text"].strip())
    ]
    return {"role": "assistant", "content": content or [_text("(nothing)")]}


def _corrected(reply: Reply, fault: str) -> Json:
    """Why that was no verdict; each call that was made gets its result."""
    words = _AGAIN.format(fault=fault)
    calls = [block["id"] for block in reply.content if block["type"] == "tool_use"]
    results = [
        {"type": "tool_result", "tool_use_id": call, "content": [_text(words)], "is_error": True} for call in calls
    ]
    return {"role": "user", "content": results or [_text(words)]}


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


async def _paused(patience: Retries, seconds: float) -> None:
    await patience.sleep(seconds)
