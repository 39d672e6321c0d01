"""Sessions that get nowhere: stopped by rule after a while, with the reason; one that gets on, or waits, never."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, cast

from tests.brain.stage import SESSION_ID
from tests.trivial.log import TrivialLog
from workbench import events
from workbench.contracts.log import Log
from workbench.contracts.values import Preview, SessionState, WorkProgress
from workbench.engine.automation.stuck import SILENT, StuckSessions
from workbench.engine.event_writer import EventWriter
from workbench.log.store.state import fold

AFTER = timedelta(minutes=10)


class Folded:
    """The states of a log: one session's."""

    def __init__(self) -> None:
        self.state = SessionState(SESSION_ID)

    def states(self) -> list[SessionState]:
        return [self.state]


class _Parts:
    """The log, and its one session as the real fold has it."""

    def __init__(self, log: TrivialLog) -> None:
        self.sessions, self.states = log, Folded()


class Story:
    """A session, a clock that is moved by hand, and the guard that looks at it."""

    def __init__(self, after: timedelta | None = AFTER) -> None:
        self.log = TrivialLog()
        self.now: datetime = events.now()
        self.log.clock = lambda: self.now
        self.sent: list[Any] = []
        self.said: list[str] = []
        self.log.preview = lambda one: self._heard(one.event)  # type: ignore[method-assign, assignment]
        self.parts = _Parts(self.log)
        writer = EventWriter(self.log, lambda: self.now)
        self.guard = StuckSessions(cast("Log", self.parts), writer, self._send, lambda: self.now, after=after)

    def _heard(self, passing: Any) -> None:
        if isinstance(passing, WorkProgress):
            self.said.append(passing.text)

    async def _send(self, session_id: str, body: Any) -> None:
        self.sent.append(body)
        await self.happens("session.status_idle", stop_reason={"type": "end_turn"})

    async def happens(self, kind: str, **fields: Any) -> None:
        body = {"type": kind, "id": events.new_id("sevt"), "processed_at": self.now, **fields}
        for entry in await self.log.append(SESSION_ID, [events.parse(body)]):
            self.parts.states.state = fold(self.parts.states.state, entry)

    async def calls(self, command: str, count: int = 1) -> None:
        for _ in range(count):
            await self.happens("agent.tool_use", name="bash", input={"command": command}, evaluated_permission="allow")

    def parts_of(self, text: str) -> list[Preview]:
        """An answer in the making of which so much has come."""
        delta = {"type": "content_delta", "index": 0, "content": {"type": "text", "text": text}}
        body = {"type": "event_delta", "event_id": "sevt_1", "delta": delta}
        return [Preview(SESSION_ID, events.DeltaEvent.model_validate(body))]

    async def after(self, passed: timedelta) -> None:
        self.now += passed
        await self.guard.look()

    async def errors(self) -> list[str]:
        entries = await self.log.read(SESSION_ID)
        return [one.event.error.message for one in entries if one.event.type == "session.error"]


def test_the_same_call_again_and_again_is_stopped_after_the_time_and_the_reason_is_written_down() -> None:
    async def story() -> None:
        one = Story()
        await one.happens("session.status_running")
        await one.calls("pytest", 5)
        await one.after(timedelta(0))
        await one.after(AFTER - timedelta(seconds=1))
        assert one.sent == []
        await one.after(timedelta(seconds=1))
        assert one.sent == [{"events": [{"type": "user.interrupt"}]}]
        await one.after(timedelta(seconds=15))
        assert await one.errors() == ["stopped by rule: the same call again and again for 10 min (nights.stop_stuck)"]
        await one.after(timedelta(hours=1))
        assert len(one.sent) == 1

    asyncio.run(story())


def test_one_that_gets_on_and_one_without_a_rule_are_left_alone() -> None:
    async def story() -> None:
        one = Story()
        await one.happens("session.status_running")
        await one.calls("pytest", 5)
        await one.after(timedelta(minutes=9))
        await one.calls("sed -i s/a/b/ x")
        await one.after(timedelta(minutes=9))
        await one.after(timedelta(hours=9))
        other = Story(after=None)
        await other.happens("session.status_running")
        await other.calls("pytest", 8)
        for _ in range(3):
            await other.after(timedelta(hours=9))
        assert one.sent == other.sent == []

    asyncio.run(story())


def test_a_model_of_which_nothing_is_heard_is_said_in_the_row_and_its_session_stopped() -> None:
    async def story() -> None:
        one = Story()
        await one.happens("session.status_running")
        await one.happens("span.model_request_start")
        await one.after(SILENT - timedelta(seconds=1))
        assert one.said == []
        await one.after(timedelta(seconds=1))
        assert one.said == ["stuck? nothing is heard of the model"]
        await one.after(AFTER - SILENT)
        assert len(one.sent) == 1
        other = Story()
        await other.happens("session.status_running")
        await other.happens("span.model_request_start")
        for number in range(12):
            # A long answer comes bit by bit, which is no event.
            other.log.unfinished = lambda *_, number=number, **__: other.parts_of("x" * number)  # type: ignore[method-assign]
            await other.after(timedelta(minutes=4))
        assert (other.said, other.sent) == ([], [])

    asyncio.run(story())
