"""The question mark: help wherever no text is typed, and never a task, a message, or a sign that is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.tui.fake import FakeEngine, app_over, at_the_list, looked_at, screen_text, shows, state, until
from tests.tui.stage import SCENES
from workbench.tui.config.preferences import Preferences
from workbench.tui.state.drafts import Drafts
from workbench.tui.widgets.approval_card import ApprovalCard

LEGEND = "an answer that you have not read"
UNTYPED = {
    "board": ("tab",),
    "peek": (),
    "session": (),
    "agents_run": (),
    "agents_thread": (),
    "details": (),
    "files": (),
    "cost": (),
    "review": (),
    "inbox": (),
    "memory_review": (),
    "sql": (),
    "templates": (),
    "runs": (),
    "system": (),
    "welcome": (),
}


@pytest.mark.parametrize("place", UNTYPED)
def test_where_no_text_is_typed_it_shows_the_marks_and_esc_leads_back(place: str, tmp_path: Path) -> None:
    async def story() -> None:
        scene = SCENES[place]
        app = scene.app(tmp_path, Preferences())
        async with app.run_test(size=(140, 100)) as pilot:
            await scene.play(pilot)
            await pilot.press(*UNTYPED[place])
            for card in app.screen.query(ApprovalCard):
                # What is typed right behind a question that has just come is for the prompt.
                await looked_at(pilot, card)
            below = app.screen
            await pilot.press("question_mark")
            await shows(pilot, LEGEND)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is below)

    asyncio.run(asyncio.wait_for(story(), 60))


@pytest.mark.parametrize("keys", [(), ("enter",)], ids=["board", "session"])
def test_alone_in_a_box_enter_shows_help_and_esc_takes_it_away_and_neither_sends_it(
    keys: Sequence[str], tmp_path: Path
) -> None:
    engine = FakeEngine(state("sesn_a"))

    async def story() -> None:
        app = app_over(engine, tmp_path)
        async with app.run_test(size=(140, 100)) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await pilot.press(*keys)
            await pilot.press("question_mark")
            await shows(pilot, "Enter keys and marks")
            await shows(pilot, "Esc clear")
            await pilot.press("x")
            await until(pilot, lambda: "keys and marks" not in screen_text(app))
            await pilot.press("backspace", "enter")
            await shows(pilot, LEGEND)
            await pilot.press("escape", "question_mark", "escape")
            await until(pilot, lambda: "Esc clear" not in screen_text(app))
        assert (engine.posted, engine.begun) == ([], [])
        drafts = Drafts(tmp_path / "drafts")
        assert (drafts.of("board").text, drafts.of("sesn_a").text) == ("", "")

    asyncio.run(asyncio.wait_for(story(), 60))


def test_an_at_sign_over_the_list_begins_a_task_with_it(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"))
    engine.answers = {"/v1/agents": {"data": [{"name": "careful"}, {"name": "coder"}]}}

    async def story() -> None:
        app = app_over(engine, tmp_path)
        async with app.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await at_the_list(pilot)
            await pilot.press("at")
            await shows(pilot, "›@careful")
            await pilot.press("c")
            await until(pilot, lambda: Drafts(tmp_path / "drafts").of("board").text == "@c")

    asyncio.run(asyncio.wait_for(story(), 30))
