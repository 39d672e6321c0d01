"""What an MCP server asks is answered at the card: with words where it wants them, and declined with one key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, ago, app_over, at_the_list, blocked, looked_at, shows, until
from workbench.contracts.elicitation import NAME, Question, event_input
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.board import Board

Story = Callable[[Pilot[None]], Awaitable[None]]
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "nights": {"type": "integer", "default": 2}},
    "required": ["city"],
}


def asking(question: Question) -> FakeEngine:
    event: dict[str, Any] = {"type": "agent.custom_tool_use", "id": "q_1", "name": NAME, "processed_at": ago(60)}
    return FakeEngine(
        blocked("sesn_a", "q_1"), events={"sesn_a": [event | {"input": event_input("shop", "c_1", question)}]}
    )


def play(engine: FakeEngine, folder: Path, story: Story) -> None:
    async def whole() -> None:
        app: WorkbenchApp = app_over(engine, folder)
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await at_the_list(pilot)
            await pilot.press("space")
            await shows(pilot, "passes on a question of shop")
            board = app.screen
            assert isinstance(board, Board)
            await looked_at(pilot, board.sessions.card)
            await story(pilot)

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_a_form_that_is_longer_than_the_card_opens_its_line_at_once(tmp_path: Path) -> None:
    properties = {f"field{number}": {"type": "string"} for number in range(30)} | {"city": {"type": "string"}}
    engine = asking(Question("k", "Where?", {"type": "object", "properties": properties, "required": ["city"]}))

    async def story(pilot: Pilot[None]) -> None:
        await shows(pilot, "more lines: PgDn")
        await pilot.press("y")
        await shows(pilot, "Enter sends this answer")
        assert engine.posted == []

    play(engine, tmp_path, story)


def test_a_form_is_filled_in_and_sent_to_the_server(tmp_path: Path) -> None:
    engine = asking(Question("k", "Where \u202eto?", CITY))

    async def story(pilot: Pilot[None]) -> None:
        await shows(pilot, "city: string; required")
        await shows(pilot, "y answers · n declines")
        await shows(pilot, "y answer  n deny")
        await pilot.press("y")
        await shows(pilot, "Enter sends this answer")
        await pilot.press("enter")
        await shows(pilot, "city is required; it takes text")
        await pilot.press(*"Rome", "enter")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story)
    [(session_id, event)] = engine.posted
    assert (session_id, event["type"], event["custom_tool_use_id"]) == ("sesn_a", "user.custom_tool_result", "q_1")
    assert event["content"] == [{"type": "text", "text": "city: Rome\nnights: 2"}]


def test_a_page_is_accepted_with_one_key_and_a_question_declined_with_another(tmp_path: Path) -> None:
    for key, declined in (("y", False), ("n", True)):
        engine = asking(Question("k", "Pay", url="https://pay.example"))

        async def story(pilot: Pilot[None], engine: FakeEngine = engine, key: str = key) -> None:
            await shows(pilot, "https://pay.example")
            await pilot.press(key)
            await until(pilot, lambda: bool(engine.posted))

        play(engine, tmp_path, story)
        [(_, event)] = engine.posted
        assert bool(event.get("is_error")) is declined
