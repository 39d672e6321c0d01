"""Notices: each question, failure and end once, nothing that was answered meanwhile, and never what was said."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.brain.stage import SESSION_ID, THREAD_ID
from tests.trivial.log import TrivialLog
from workbench import events
from workbench.contracts.values import Document
from workbench.contracts.web import Posted
from workbench.engine.automation.notices import Channels, Notices

WAIT_S = 10.0


@dataclass
class Hears:
    """What was pushed."""

    got: list[str] = field(default_factory=list)
    clicks: list[str | None] = field(default_factory=list)
    answer: Posted = Posted(200)  # noqa: RUF009 - frozen

    async def __call__(self, url: str, headers: dict[str, str], content: bytes) -> Posted:
        self.got.append(content.decode())
        self.clicks.append(headers.get("click"))
        return self.answer


class _Parts:
    def __init__(self, log: TrivialLog) -> None:
        self.states = self.documents = log


async def happens(log: TrivialLog, kind: str, **fields: Any) -> str:
    named = {"agent_name": "a", "session_thread_id": THREAD_ID} if "thread" in kind else {}
    body = {"type": kind, "id": events.new_id("sevt"), "processed_at": log.clock(), **named, **fields}
    await log.append(SESSION_ID, [events.parse(body)])
    return str(body["id"])


async def asks(log: TrivialLog) -> str:
    await happens(log, "session.status_running")
    call = await happens(log, "agent.tool_use", name="bash", input={"command": "rm secret"}, evaluated_permission="ask")
    await happens(log, "session.status_idle", stop_reason={"type": "requires_action", "event_ids": [call]})
    return call


async def following(log: TrivialLog, hears: Hears, **channels: Any) -> tuple[Notices, asyncio.Task[None]]:
    await log.put(Document("session", SESSION_ID, 1, {"title": "mend the till", "agent": {"name": "a"}}))
    parts: Any = _Parts(log)
    given: Any = {"push": "https://push.example.com/t", **channels}
    notices = Notices(log=parts, channels=Channels(**given), post=hears, grace_s=0.02)
    task = asyncio.create_task(notices.follow())
    await asyncio.sleep(0)
    return notices, task


async def until(hears: Hears, count: int) -> None:
    async with asyncio.timeout(WAIT_S):
        while len(hears.got) < count:  # noqa: ASYNC110 - what is heard is no event
            await asyncio.sleep(0.005)


def test_a_question_has_a_link_and_an_end_has_none() -> None:
    async def linked(session_id: str) -> str | None:
        return f"http://127.0.0.1:1/#{session_id}"

    async def story() -> None:
        log, hears = TrivialLog(), Hears()
        notices, task = await following(log, hears, when=("needs you", "done"))
        notices.link = linked
        await asks(log)
        await until(hears, 1)
        await happens(log, "session.status_running")
        await happens(log, "session.status_idle", stop_reason={"type": "end_turn"})
        await until(hears, 2)
        assert hears.clicks == [f"http://127.0.0.1:1/#{SESSION_ID}", None]
        task.cancel()

    asyncio.run(story())


def test_a_question_is_told_once_and_without_what_it_says() -> None:
    async def story() -> None:
        log, hears = TrivialLog(), Hears()
        _, task = await following(log, hears)
        await asks(log)
        await until(hears, 1)
        await happens(log, "session.updated", title="x")
        await asks(log)
        await until(hears, 2)
        assert hears.got == ["mend the till needs you"] * 2
        task.cancel()

    asyncio.run(story())


def test_what_was_answered_meanwhile_is_told_to_nobody_and_a_failure_is() -> None:
    async def story() -> None:
        log, hears = TrivialLog(), Hears()
        _, task = await following(log, hears)
        call = await asks(log)
        await happens(log, "user.tool_confirmation", tool_use_id=call, result="allow")
        await happens(log, "session.status_running")
        error = {"type": "billing_error", "message": "No credit.", "retry_status": {"type": "exhausted"}}
        await happens(log, "session.error", error=error)
        await happens(log, "session.status_idle", stop_reason={"type": "retries_exhausted"})
        await until(hears, 1)
        assert hears.got == ["mend the till failed"]
        task.cancel()

    asyncio.run(story())


def test_done_is_told_where_it_is_wanted_and_a_command_gets_it_as_arguments(tmp_path: Path) -> None:
    async def story() -> None:
        log, hears = TrivialLog(), Hears()
        told = tmp_path / "told"
        script = tmp_path / "tell.py"
        script.write_text(f"import sys\nopen({str(told)!r}, 'a').write(repr(sys.argv[1:]) + '\\n')\n")
        command = (sys.executable, str(script))
        notices, task = await following(log, hears, when=("done",), command=command)
        await log.put(Document("session", SESSION_ID, 1, {"title": "a; rm -rf $HOME", "agent": {"name": "a"}}))
        await happens(log, "session.status_running")
        await happens(log, "session.status_idle", stop_reason={"type": "end_turn"})
        await until(hears, 1)
        async with asyncio.timeout(WAIT_S):
            while not told.exists() or not told.read_text().endswith("\n"):  # noqa: ASYNC110 - a file is no event
                await asyncio.sleep(0.01)
        assert told.read_text() == f"['a; rm -rf $HOME done', '{SESSION_ID}']\n"
        hears.answer = Posted(503)
        await notices.tell("x", SESSION_ID)
        task.cancel()

    asyncio.run(story())


def test_what_stood_so_before_the_engine_began_is_no_news() -> None:
    async def story() -> None:
        log, hears = TrivialLog(), Hears()
        await asks(log)
        _, task = await following(log, hears)
        await happens(log, "session.updated", title="x")
        await happens(log, "session.status_running")
        await happens(log, "session.status_idle", stop_reason={"type": "retries_exhausted"})
        await until(hears, 1)
        assert hears.got == ["mend the till failed"]
        task.cancel()

    asyncio.run(story())
