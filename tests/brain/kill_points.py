"""A program that stops at a named point: proxies around the trivial parts, dead for good once one of them has stopped it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.trivial.log import TrivialFollower, TrivialLog
from tests.trivial.model import Answer
from workbench.brain.calls import INTERRUPTED, MAY_HAVE_RUN
from workbench.contracts.brain import ModelFault, ModelRequest, Reply, ReplyPart, TextDelta, ThinkingStarted
from workbench.contracts.facts import CALLS_DECIDED, CALLS_HELD
from workbench.contracts.forks import Evidence
from workbench.contracts.log import Post
from workbench.contracts.values import (
    Call,
    Document,
    Entry,
    Fact,
    Heard,
    Outcome,
    Preview,
    Session,
    text_outcome,
    unheard,
)
from workbench.events import Event

T = TypeVar("T")

_APPENDS = (
    "running",
    "the start of a request",
    "the start of a request aside",
    "a reply with a message",
    "a reply with calls",
    "a reply with a refused call",
    "a reply whose calls are held",
    "judged calls",
    "a summary",
    "the end of a failed request",
    "the end of an interrupted request",
    "a fault that is retried",
    "a fault that is the last",
    "an evaluation's start",
    "a verdict",
    "the result of a call",
    "the result of a denied call",
    "the result of an interrupted call",
    "the result of a lost call",
    "idle with end_turn",
    "idle with requires_action",
    "idle with retries_exhausted",
    "idle with refusal",
)
_PROMISES = (
    *(f"log.append of {what}" for what in _APPENDS),
    "log.read",
    "log.preview of a start",
    "log.preview of a text",
    "log.preview of a line",
    "inbox.take of user.message",
    "inbox.take of user.interrupt",
    "inbox.take of user.tool_confirmation",
    "inbox.take of nothing",
    "facts.facts",
    "facts.record of tool.started",
    "sessions.session",
    "forks.fork",
    "fork.execute",
    "hands.provision",
    "hands.execute of a call",
    "hands.execute of a long result's file",
    "hands.recover",
    "hands.acknowledge",
    "patience.sleep",
)
POINTS = (
    *(f"{side} {promise}" for promise in _PROMISES for side in ("before", "after")),
    "between effect and outcome in hands.execute of a call",
    "between effect and outcome in hands.execute of a long result's file",
    "before the first part of model.reply",
    "after the thinking began in model.reply",
    "in the middle of the text of model.reply",
    "before the last part of model.reply",
    "after the last part of model.reply",
)
"""Every place where a test stops the program: both sides of each promise, told apart by what it carries."""


class Crash(Exception):
    """The program stopped here."""


@dataclass
class Process:
    """One life of the program: dies at the n-th passage of a point, or at its n-th point of any name."""

    point: str = ""
    passage: int = 1
    most_points: int | None = None
    passages: Counter[str] = field(default_factory=Counter)
    died_at: str | None = None
    interrupted: asyncio.Event = field(default_factory=asyncio.Event)

    def at(self, point: str) -> None:
        """Pass a point, or die there; who is dead passes none."""
        if self.died_at is None:
            self.passages[point] += 1
            is_named = (point, self.passages[point]) == (self.point, self.passage)
            if not is_named and self.passages.total() != self.most_points:
                return
            self.died_at = point
        raise Crash(self.died_at)

    async def around(self, promise: str, kept: Callable[[], Awaitable[T]]) -> T:
        """A promise with a point on either side."""
        self.at(f"before {promise}")
        given = await kept()
        self.at(f"after {promise}")
        return given


def carried(events: Sequence[Event], facts: Sequence[Fact]) -> str:
    """What an append is for."""
    found: dict[str, Any] = {event.type: event for event in events}
    notes = {fact.name: fact for fact in facts}
    match found:
        case {"agent.thread_context_compacted": _}:
            return "a summary"
        case {"span.outcome_evaluation_start": _}:
            return "an evaluation's start"
        case {"span.outcome_evaluation_end": _}:
            return "a verdict"
        case {"span.model_request_start": _}:
            return "the start of a request" + " aside" * any("purpose" in fact.body for fact in facts)
        case {"session.status_idle": idle}:
            return f"idle with {idle.stop_reason.type}"
        case {"session.error": error}:
            return f"a fault that is {'retried' if error.error.retry_status.type == 'retrying' else 'the last'}"
        case {"session.status_running": _}:
            return "running"
        case _ if CALLS_DECIDED.name in notes:
            return "judged calls"
        case _ if CALLS_HELD.name in notes:
            return "a reply whose calls are held"
        case {"span.model_request_end": end} if end.is_error:
            return "the end of a failed request"
        case {"span.model_request_end": _, "agent.tool_result": _}:
            return "a reply with a refused call"
        case {"span.model_request_end": _, "agent.tool_use": _}:
            return "a reply with calls"
        case {"span.model_request_end": _, "agent.message": _}:
            return "a reply with a message"
        case {"span.model_request_end": _}:
            return "the end of an interrupted request"
        case {"agent.tool_result": result}:
            return f"the result of {_fate(result.content[0].text)} call"
    raise AssertionError(f"an append that no point is named for: {list(found)}")


def _fate(text: str) -> str:
    known = {INTERRUPTED.content[0]["text"]: "an interrupted", MAY_HAVE_RUN.content[0]["text"]: "a lost"}
    return "a denied" if "denied" in text else known.get(text, "a")


@dataclass(frozen=True)
class MortalLog:
    """Log, inbox and facts as one process sees them."""

    process: Process
    log: TrivialLog

    async def append(
        self,
        session_id: str,
        events: Sequence[Event],
        *,
        thread_id: str | None = None,
        facts: Sequence[Fact] = (),
        documents: Sequence[Document] = (),
    ) -> list[Entry]:
        promise = f"log.append of {carried(events, facts)}"
        return await self.process.around(
            promise, lambda: self.log.append(session_id, events, thread_id=thread_id, facts=facts, documents=documents)
        )

    async def post(self, session_id: str, posts: Sequence[Post], *, facts: Sequence[Fact] = ()) -> list[Entry]:
        promise = f"log.append of {carried([post.event for post in posts], facts)}"
        return await self.process.around(promise, lambda: self.log.post(session_id, posts, facts=facts))

    async def read(
        self,
        session_id: str,
        *,
        thread_id: str | None = None,
        after: int = 0,
        before: int | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        types: Collection[str] = (),
    ) -> list[Entry]:
        return await self.process.around(
            "log.read",
            lambda: self.log.read(
                session_id,
                thread_id=thread_id,
                after=after,
                before=before,
                limit=limit,
                newest_first=newest_first,
                types=types,
            ),
        )

    def preview(self, preview: Preview) -> None:
        what = {"event_start": "start", "event_delta": "text"}.get(preview.event.type, "line")
        self.process.at(f"before log.preview of a {what}")
        self.log.preview(preview)
        self.process.at(f"after log.preview of a {what}")

    def unfinished(self, session_id: str, *, thread_id: str | None = None) -> list[Preview]:
        return self.log.unfinished(session_id, thread_id=thread_id)

    async def take(
        self, session_id: str, *, thread_id: str | None = None, only: frozenset[str] | None = None
    ) -> list[Entry]:
        waiting = [row.event.type for row in self.log.queued(session_id) if only is None or row.event.type in only]
        promise = f"inbox.take of {waiting[0] if waiting else 'nothing'}"
        return await self.process.around(promise, lambda: self.log.take(session_id, thread_id=thread_id, only=only))

    def queued(self, session_id: str, *, thread_id: str | None = None) -> list[Entry]:
        return self.log.queued(session_id, thread_id=thread_id)

    async def record(self, *facts: Fact) -> None:
        names = ", ".join(fact.name for fact in facts)
        await self.process.around(f"facts.record of {names}", lambda: self.log.record(*facts))

    async def facts(self, session_id: str, *names: str, thread_id: str | None = None) -> list[Fact]:
        return await self.process.around("facts.facts", lambda: self.log.facts(session_id, *names, thread_id=thread_id))

    async def placed(
        self, session_id: str, *names: str, thread_id: str | None = None, after: int = 0
    ) -> list[tuple[int, Fact]]:
        return await self.process.around(
            "facts.facts", lambda: self.log.placed(session_id, *names, thread_id=thread_id, after=after)
        )

    async def sessions_with(self, name: str) -> set[str]:
        raise AssertionError("the brain asks for no other session")

    def follow(self, session_id: str, *, thread_id: str | None = None, after: int | None = None) -> TrivialFollower:
        raise AssertionError("the brain follows nobody")

    async def erase(self, session_id: str) -> None:
        raise AssertionError("the brain erases nothing")

    async def send(
        self,
        session_id: str,
        events: Sequence[Event],
        *,
        facts: Sequence[Fact] = (),
        documents: Sequence[Document] = (),
    ) -> list[Entry]:
        raise AssertionError("only clients send")


@dataclass
class Sandbox:
    """What outlives the program: the effects of calls, in order, and the outcomes that nobody acknowledged.

    `gives` is the text that a call's outcome has.
    """

    gives: Callable[[Call], str]
    effects: list[Call] = field(default_factory=list)
    kept: dict[str, Outcome] = field(default_factory=dict)

    def run(self, call: Call) -> Outcome:
        self.effects.append(call)
        return text_outcome(self.gives(call))


@dataclass(frozen=True)
class MortalHands:
    """The sandbox as one process reaches it; `meanwhile` is what a person does while a call runs."""

    process: Process
    sandbox: Sandbox
    meanwhile: Callable[[], Awaitable[None]]

    async def provision(self, session: Session) -> Outcome:
        async def ready() -> Outcome:
            await asyncio.sleep(0)
            return text_outcome("ready")

        return await self.process.around("hands.provision", ready)

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        what = "a long result's file" if call.id.endswith("-text") else "a call"
        return await self.process.around(f"hands.execute of {what}", lambda: self._executed(call, what))

    async def _executed(self, call: Call, what: str) -> Outcome:
        await asyncio.sleep(0)
        if call.id in self.sandbox.kept:
            return self.sandbox.kept[call.id]
        outcome = self.sandbox.run(call)
        self.process.at(f"between effect and outcome in hands.execute of {what}")
        await self.meanwhile()
        self.sandbox.kept[call.id] = outcome
        return outcome

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        async def found() -> Outcome | None:
            await asyncio.sleep(0)
            return self.sandbox.kept.get(call.id)

        return await self.process.around("hands.recover", found)

    async def inspect(self, session: Session, call: Call) -> Outcome | None:
        raise AssertionError("the brain looks into no sandbox")

    async def acknowledge(self, session: Session, call_id: str) -> None:
        async def forgotten() -> None:
            await asyncio.sleep(0)
            self.sandbox.kept.pop(call_id, None)

        await self.process.around("hands.acknowledge", forgotten)

    async def release(self, session_id: str) -> None:
        raise AssertionError("the brain ends no sandbox")


@dataclass(frozen=True)
class MortalForks:
    """Copies of the sandbox as one process makes them: what runs in one has no effect."""

    process: Process

    @contextlib.asynccontextmanager
    async def fork(self, session: Session, seq: int) -> AsyncIterator[MortalFork]:
        await self.process.around("forks.fork", lambda: asyncio.sleep(0))
        yield MortalFork(self.process)


@dataclass(frozen=True)
class MortalFork:
    process: Process
    evidence: Evidence = field(default_factory=lambda: Evidence("the same"))

    async def execute(self, call: Call) -> Outcome:
        async def ran() -> Outcome:
            await asyncio.sleep(0)
            return text_outcome("passed")

        return await self.process.around("fork.execute", ran)


@dataclass(frozen=True)
class MortalModel:
    """Answers by what the request says; `meanwhile` is what a person does once a first word was heard."""

    process: Process
    answer: Callable[[ModelRequest], Answer]
    meanwhile: Callable[[], Awaitable[None]]

    async def reply(self, request: ModelRequest) -> AsyncIterator[ReplyPart]:
        self.process.at("before the first part of model.reply")
        has_spoken = False
        for part in self.answer(request):
            await asyncio.sleep(0)
            match part:
                case ThinkingStarted():
                    yield part
                    self.process.at("after the thinking began in model.reply")
                case TextDelta():
                    yield part
                    if not has_spoken:
                        self.process.at("in the middle of the text of model.reply")
                        await self.meanwhile()
                    has_spoken = True
                case Reply() | ModelFault():
                    self.process.at("before the last part of model.reply")
                    yield part
        self.process.at("after the last part of model.reply")
