"""Two sessions that talk, in an engine that is killed at any moment: what one tells the other comes exactly once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.brain.stage import SESSION_ID, WAIT_S, agent, message, play, session
from tests.brain.team import Team, said_in
from tests.trivial.model import Answer, calls, says
from workbench import events
from workbench.catalog.sessions import KIND
from workbench.contracts import talking
from workbench.contracts.brain import ModelRequest
from workbench.contracts.thread_facts import SESSION_SAID
from workbench.contracts.values import Document, Session
from workbench.engine.tasks import SessionTasks
from workbench.engine.teams.talking import Talking

OTHER_ID = "sesn_02other"
AFTERWARDS = 100


def asks(request: ModelRequest, _: int) -> Answer:
    """Sends the other session its question, and wants to be told when that one rests."""
    text = said_in(request)
    if "Sent to other" not in text:
        return calls((talking.SEND, {"to": "other", "message": "Which port?"}))
    if "You are told once" not in text and "is idle now" not in text:
        return calls((talking.AWAIT, {"session": "other"}))
    return says("It is done." if "is idle now" in text else "Waiting.")


def works(request: ModelRequest, _: int) -> Answer:
    is_done = any(turn["role"] == "assistant" for turn in request.body["messages"])
    return says("8080.") if is_done else calls(("bash", {"command": "grep port"}))


@dataclass
class Pair(Team):
    """A session called ask and one called other; `talk` is renewed with each process."""

    talk: Talking = field(init=False)
    locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    def renew(self) -> None:
        self.locks = {}
        parts: Any = _Parts(self.log)
        records: Any = self
        self.talk = Talking(parts, records, self.log.clock, self._wake, self._changing)
        self.brain = replace(self.brain, talk=self.talk)
        self.tasks = SessionTasks(self.brain, give_up=self._given_up)

    def _wake(self, session_id: str) -> None:
        self.tasks.wake(session_id)

    def _changing(self, session_id: str) -> asyncio.Lock:
        return self.locks.setdefault(session_id, asyncio.Lock())

    async def session(self, session_id: str) -> Session | None:
        name = "ask" if session_id == SESSION_ID else "other"
        thread_id = events.primary_thread_id(session_id)
        described = agent() | {"name": name, "system": name}
        return replace(self.described, id=session_id, thread_id=thread_id, agent=described, talks=True)

    async def document(self, session_id: str) -> Document:
        document = await self.log.get(KIND, session_id)
        assert document is not None
        return document

    async def begins(self) -> None:
        for session_id, name in ((SESSION_ID, "ask"), (OTHER_ID, "other")):
            body = {"id": session_id, "title": name, "agent": {"name": name}, "archived_at": None}
            await self.log.put(Document(KIND, session_id, 1, body | {"workbench": {"talks": True}}))
        await self.send(message("Find out the port."))

    async def happens(self, session_id: str, kind: str, **fields: Any) -> str:
        """Write one event; its id."""
        body = {"type": kind, "id": events.new_id("sevt"), "processed_at": self.log.clock(), **fields}
        await self.log.append(session_id, [events.parse(body)])
        return str(body["id"])

    async def life(self, ticks: int | None) -> None:
        """One process, killed after so many turns of the event loop; without a number it comes to rest."""
        self.renew()
        async with asyncio.timeout(WAIT_S), self.tasks:
            keeping = asyncio.create_task(self.talk.keep())
            self.tasks.recover(self.log, self.log)
            if ticks is None:
                await self.quiet(self.is_over)
            # What comes a second time comes a moment later.
            for _ in range(AFTERWARDS if ticks is None else ticks):
                await asyncio.sleep(0)
            keeping.cancel()
            await asyncio.wait({keeping})
            self.tasks.halt()

    def is_over(self) -> bool:
        """Whether both rest, the first one with what it waited for."""
        asking, other = (self.log.state(one) for one in (SESSION_ID, OTHER_ID))
        return asking.last_text == "It is done." and asking.status == other.status == "idle"

    def heard(self, session_id: str) -> list[str]:
        """What a session read of the other one: messages, and results of its calls."""
        found: list[Any] = [row.event for row in self.log.rows if row.session_id == session_id]
        kinds = ("system.message", "agent.tool_result")
        return [events.text_of(one.content) for one in found if one.type in kinds]


class _Parts:
    def __init__(self, log: Any) -> None:
        self.sessions = self.facts = self.states = self.inbox = self.documents = log


@pytest.mark.parametrize("ticks", range(4, 164, 4))
def test_wherever_the_engine_is_killed_a_message_comes_once_and_the_rest_of_another_session_is_told_once(
    ticks: int,
) -> None:
    async def story() -> None:
        pair = Pair(session(), parts={"ask": asks, "other": works})
        await pair.begins()
        await pair.life(ticks)
        await pair.life(max(3, ticks // 2))
        await pair.life(None)
        assert sum("Which port?" in one for one in pair.heard(OTHER_ID)) == 1
        assert sum("is idle now" in one for one in pair.heard(SESSION_ID)) == 1
        assert pair.log.state(SESSION_ID).last_text == "It is done."
        assert pair.log.state(OTHER_ID).last_text == "8080."

    play(story)


def test_a_call_that_waits_and_lost_its_result_with_the_engine_is_told_by_one_message_and_by_no_result_too() -> None:
    async def story() -> None:
        pair = Pair(session())
        await pair.begins()
        await pair.happens(OTHER_ID, "session.status_running")
        pair.renew()
        assert "told once when other" in await pair.talk.await_idle(SESSION_ID, "call_1", "other")
        await pair.happens(OTHER_ID, "session.status_idle", stop_reason={"type": "end_turn"})
        pair.renew()
        async with asyncio.timeout(WAIT_S), pair.tasks:
            keeping = asyncio.create_task(pair.talk.keep())
            assert "told once when other" in await pair.talk.await_idle(SESSION_ID, "call_1", "other")
            for _ in range(AFTERWARDS):
                await asyncio.sleep(0)
            keeping.cancel()
        assert len(pair.heard(SESSION_ID)) == 1

    play(story)


@pytest.mark.parametrize(("notice", "told"), [(False, "is idle now"), (True, "told once when other")])
def test_what_is_only_noted_at_rest_is_no_work_and_a_message_that_begins_a_turn_is(notice: bool, told: str) -> None:
    async def story() -> None:
        pair = Pair(session())
        await pair.begins()
        note = await pair.happens(OTHER_ID, "system.message", content=[{"type": "text", "text": "Plan mode is over."}])
        if notice:
            body = {"event_id": note, "session_id": SESSION_ID, "call_id": "call_0"}
            await pair.log.record(SESSION_SAID.made(OTHER_ID, pair.log.clock(), body))
        pair.renew()
        assert told in await pair.talk.await_idle(SESSION_ID, "call_1", "other")

    play(story)
