"""System: what there is room for, and the engine's log that follows until one scrolls up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import LIMITS, FakeEngine, app_over, screen_text, shows, state, until
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.system import System, limit_lines

Story = Callable[[Pilot[None], WorkbenchApp, System], Awaitable[None]]


def play(engine: FakeEngine, folder: Path, story: Story, size: tuple[int, int] = (110, 35)) -> None:
    async def whole() -> None:
        app = app_over(engine, folder)
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await pilot.press("f8")
            await until(pilot, lambda: isinstance(app.screen, System) and app.screen.is_mounted)
            assert isinstance(app.screen, System)
            await story(pilot, app, app.screen)

    asyncio.run(asyncio.wait_for(whole(), 30))


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (110, 35)])
def test_the_limits_and_the_end_of_the_log_are_there_in_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    engine = FakeEngine(state("sesn_a"))
    engine.log = [f"12:00:{number:02} INFO line {number}" for number in range(60)]
    engine.answers["/workbench/v1/groups"] = {
        "data": [{"name": "night", "budget": {"max_list_cost": {"amount": "900"}}, "spent": {"amount": "150"}}]
    }

    async def story(pilot: Pilot[None], app: WorkbenchApp, system: System) -> None:
        await shows(pilot, "line 59")
        seen = screen_text(app)
        for _ in range(20):
            await pilot.press("j")
            await pilot.pause()
            seen += screen_text(app)
        for told in (
            "4 GiB of memory, 512 processes",
            "90 GiB free of 200 GiB",
            "group night $1.50 of $9.00",
            "48 MiB",
        ):
            assert told[: size[0] - 20] in seen, seen

    play(engine, tmp_path, story, size)


def test_the_servers_of_sessions_are_there_with_what_they_offer_and_cost(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"))
    usual: dict[str, Any] = {
        "url": "stdio:x",
        "session_id": "sesn_a",
        "agent_id": "agent_a",
        "fault": None,
        "tools": [],
        "tokens": 0,
    }
    tools = [{"name": "search", "tokens": 40}, {"name": "re\u202ead", "tokens": 2}]
    engine.answers["/workbench/v1/servers"] = {
        "data": [
            {**usual, "name": "docs", "state": "listed", "tools": tools, "tokens": 42},
            {**usual, "name": "away", "state": "failed", "fault": "it did not answer"},
        ]
    }

    async def story(pilot: Pilot[None], app: WorkbenchApp, system: System) -> None:
        await shows(pilot, "line")
        for told in ("docs · listed · 2 tools, about 42 tokens", "search, re", "away · failed", "it did not answer"):
            assert told in screen_text(app)
        assert "\u202e" not in screen_text(app)

    engine.log = ["a line"]
    play(engine, tmp_path, story, (110, 50))


def test_what_runs_in_the_background_is_there_by_session(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"), state("sesn_b"))
    one = {"session_id": "sesn_b", "id": "bg_1", "state": "running", "last_line": "\u202eready"}
    commands = [one | {"command": "npm run dev"}, one | {"command": "make watch", "last_line": ""}]
    engine.answers["/workbench/v1/background"] = {"data": commands}

    async def story(pilot: Pilot[None], app: WorkbenchApp, system: System) -> None:
        await shows(pilot, "commands in the background")
        assert "b  2 in the background: npm run dev · ⟨U+202E⟩ready │ make watch" in screen_text(app)

    play(engine, tmp_path, story, (110, 50))


def test_the_log_follows_until_one_scrolls_up_and_then_counts_what_came(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"))
    engine.log = [f"line {number}" for number in range(60)]

    async def story(pilot: Pilot[None], app: WorkbenchApp, system: System) -> None:
        await shows(pilot, "line 59")
        engine.log.append("line 60")
        await pilot.press("r")
        await shows(pilot, "line 60")
        await pilot.press("pageup")
        top = system.log_tail.top
        engine.log += [f"line {number}" for number in range(61, 75)]
        await pilot.press("r")
        await shows(pilot, "↓ 14 new · End")
        assert system.log_tail.top == top
        await pilot.press("end")
        await shows(pilot, "line 74")
        assert "new · End" not in screen_text(app)

    play(engine, tmp_path, story)


def test_a_long_line_of_the_log_is_whole_in_a_narrow_terminal(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"))
    engine.log = ["12:00:00 INFO " + " ".join(f"word{number}" for number in range(20))]

    async def story(pilot: Pilot[None], app: WorkbenchApp, system: System) -> None:
        await shows(pilot, "word19")
        await pilot.resize_terminal(60, 24)
        await shows(pilot, "word19")
        assert all(f"word{number}" in screen_text(app).replace("\n", "").replace(" ", "") for number in range(20))

    play(engine, tmp_path, story, (80, 24))


def test_reading_twice_at_once_tells_no_line_twice(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"))

    async def story(pilot: Pilot[None], app: WorkbenchApp, system: System) -> None:
        await shows(pilot, "ready")
        engine.log.append("only once")
        await pilot.press("r", "r", "r")
        await shows(pilot, "only once")
        await pilot.pause(0.1)
        assert screen_text(app).count("only once") == 1

    play(engine, tmp_path, story)


def test_without_an_engine_it_says_what_to_press(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"))

    async def whole() -> None:
        app = app_over(engine, tmp_path)
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            engine.leave()
            await shows(pilot, "no engine answers")
            await pilot.press("f8")
            await shows(pilot, "s starts it")
            engine.away = False
            await shows(pilot, "engine ok")
            await shows(pilot, "pid 7")

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_a_limit_that_this_machine_does_not_hold_is_said() -> None:
    weak = LIMITS | {"sandbox": LIMITS["sandbox"] | {"not_enforced": ["the limit of 512 processes is not enforced"]}}
    assert "the limit of 512 processes is not enforced" in "\n".join(line.plain for line in limit_lines(weak, [], 0))


def test_an_engine_that_is_older_than_the_app_tells_less() -> None:
    assert [line.plain.split()[0] for line in limit_lines({}, [], 0)] == ["budgets"]
