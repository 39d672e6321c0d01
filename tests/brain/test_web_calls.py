"""Calls of the web's tools in a turn: no sandbox is made for them, and one that was cut off is carried out again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from tests.brain.stage import INTERRUPT, Stage, play
from tests.trivial.model import calls, says
from workbench.contracts.values import Call, Outcome, Session, text_outcome


@dataclass
class ScriptedWeb:
    """Answers when `gate` is open."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    called: list[tuple[str, str]] = field(default_factory=list)
    cancelled: int = 0

    async def answered(self, session: Session, thread_id: str, call: Call) -> Outcome:
        self.called.append((call.name, thread_id))
        self.begun.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return text_outcome("a page")


FETCH = calls(("web_fetch", {"url": "https://example.com"}))


def _staged(*script: object) -> tuple[Stage, ScriptedWeb]:
    stage, web = Stage(script=list(script)), ScriptedWeb()  # type: ignore[arg-type]
    stage.brain = replace(stage.brain, web=web)
    return stage, web


def test_a_call_goes_into_the_web_and_to_no_sandbox() -> None:
    async def story() -> None:
        stage, web = _staged(FETCH, says("Done."))
        web.gate.set()
        await stage.say("Read it")
        await stage.wake()
        assert [(text, is_error) for _, text, is_error in stage.results()] == [("a page", False)]
        assert web.called == [("web_fetch", stage.described.thread_id)]
        (used,) = [body["usage"] for body in stage.bodies("session.usage")]
        assert used["server_tool_use"] == {"web_search_requests": 0, "web_fetch_requests": 1}
        assert stage.hands.executed == []

    play(story)


def test_a_call_that_a_crash_cut_off_is_made_again_and_has_one_result() -> None:
    async def story() -> None:
        stage, web = _staged(FETCH, says("Done."))
        await stage.say("Read it")
        wake = asyncio.create_task(stage.wake())
        await web.begun.wait()
        await stage.crash(wake)
        web.gate.set()
        await stage.wake()
        assert [text for _, text, _ in stage.results()] == ["a page"]
        assert (len(web.called), web.cancelled) == (2, 1)

    play(story)


def test_an_interrupt_ends_a_call_that_waits_for_a_page() -> None:
    async def story() -> None:
        stage, web = _staged(FETCH, says("Done."))
        await stage.say("Read it")
        wake = asyncio.create_task(stage.wake())
        await web.begun.wait()
        await stage.send(INTERRUPT)
        stage.interrupted.set()
        await wake
        [(_, text, is_error)] = stage.results()
        assert "interrupted" in text
        assert is_error
        assert web.cancelled == 1

    play(story)
