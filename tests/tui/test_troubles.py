"""What keeps a session from going on: cause, place and one key, and that the key does what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, ago, app_over, at_the_list, screen_text, shows, state, until
from workbench.client.errors import ApiError
from workbench.tui.app import WorkbenchApp
from workbench.tui.config.preferences import Preferences
from workbench.tui.screens.details import Details
from workbench.tui.screens.session import SessionScreen
from workbench.tui.state.budgets import BudgetLimit, budget_limit
from workbench.tui.state.rows import row_of
from workbench.tui.state.troubles import GO_ON, trouble_of, trouble_text

Story = Callable[[Pilot[None], WorkbenchApp], Awaitable[None]]
Json = dict[str, Any]
EXHAUSTED: Json = {"stop_reason": {"type": "retries_exhausted"}}
REFUSED: Json = {"stop_reason": {"type": "refusal"}}
SPENT: Json = {"stop_reason": {"type": "budget_reached"}}
MODEL: Json = {"last_error": "http://127.0.0.1:8080 is overloaded", "last_error_type": "model_overloaded_error"}
PATH = "/v1/sessions/sesn_a"


def play(engine: FakeEngine, folder: Path, story: Story, choices: Preferences | None = None) -> None:
    async def whole() -> None:
        app = app_over(engine, folder, choices)
        async with app.run_test(size=(110, 30), notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await at_the_list(pilot)
            await story(pilot, app)

    asyncio.run(asyncio.wait_for(whole(), 30))


def failed(**fields: Any) -> FakeEngine:
    rows = state("sesn_a", created_at=ago(1), **fields), state("sesn_b", created_at=ago(9))
    return FakeEngine(*rows, events={"sesn_a": [], "sesn_b": []})


@pytest.mark.parametrize(
    ("fields", "place", "action"),
    [
        (EXHAUSTED | MODEL, "model endpoint", "list.again"),
        (EXHAUSTED | MODEL | {"last_error_type": "billing_error"}, "model account", "list.again"),
        (EXHAUSTED | MODEL | {"last_error_type": "mcp_connection_failed_error"}, "MCP server", "list.again"),
        (EXHAUSTED | MODEL | {"last_error_type": "repository_clone_error"}, "repository", "list.again"),
        (EXHAUSTED | MODEL | {"last_error_type": "unknown_error"}, "engine", "list.again"),
        (EXHAUSTED | MODEL | {"last_error_type": None}, "", "list.again"),
        (REFUSED, "model", "list.open"),
        (SPENT, "budget", "list.budget"),
        ({"status": "terminated"}, "", "list.events"),
        (MODEL | {"status": "rescheduling"}, "model endpoint", ""),
        ({}, None, None),
        ({"status": "running"}, None, None),
    ],
)
def test_every_trouble_has_its_place_and_what_helps(fields: Json, place: str | None, action: str | None) -> None:
    trouble = trouble_of(row_of(state("sesn_a", **fields)))
    assert (trouble and trouble.place, trouble and trouble.action) == (place, action)


@pytest.mark.parametrize("width", [40, 60, 200])
def test_however_long_the_cause_is_place_and_key_are_whole(width: int) -> None:
    trouble = trouble_of(row_of(state("sesn_a", **EXHAUSTED, **MODEL)))
    assert trouble is not None
    text = trouble_text(trouble, "R", width)
    assert (text.startswith("model endpoint: "), text.endswith(" · R try again"), len(text) <= width) == (True,) * 3


def test_in_a_narrow_row_the_key_stays_and_its_words_go() -> None:
    trouble = trouble_of(row_of(state("sesn_a", **EXHAUSTED, **MODEL)))
    assert trouble is not None
    text = trouble_text(trouble, "R", 30)
    assert (text.startswith("model endpoint: http"), text.endswith("… · R"), len(text)) == (True, True, 30)
    assert trouble_text(trouble, "R", 23) == "model endpoint: ht… · R"


@pytest.mark.parametrize("place", ["board", "inbox", "session"])
def test_a_failed_session_says_cause_place_and_key_and_the_key_sends_what_it_goes_on_with_once(
    tmp_path: Path, place: str
) -> None:
    engine = failed(**EXHAUSTED, **MODEL)

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press(*{"board": (), "inbox": ("f4",), "session": ("enter",)}[place])
        key = "Alt+A" if place == "session" else "R"
        await shows(pilot, f"{key} try again")
        assert "model endpoint: http" in screen_text(app)
        pressed = "alt+a" if place == "session" else "R"
        await pilot.press(pressed, pressed)
        await until(pilot, lambda: bool(engine.posted))
        engine.tell(state("sesn_a", status="running", created_at=ago(1)))
        await until(pilot, lambda: f"{key} try again" not in screen_text(app))

    play(engine, tmp_path, story)
    [(session_id, message)] = engine.posted
    assert (session_id, message["type"], message["content"][0]["text"]) == ("sesn_a", "user.message", GO_ON)


def test_the_key_in_the_row_is_the_one_that_a_person_chose(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "… · Ctrl+X ")

    play(failed(**EXHAUSTED, **MODEL), tmp_path, story, Preferences(keys={"list.again": "ctrl+x"}))


def test_no_key_is_offered_for_what_it_cannot_mend(tmp_path: Path) -> None:
    engine = failed(**REFUSED)

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "Enter rephrase it")
        await pilot.press("R", "b")
        await pilot.press("space")
        await shows(pilot, "model: the model refuses to answer this")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, Details))
        await pilot.press("f2", "enter")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))

    play(engine, tmp_path, story)
    assert (engine.posted, engine.told) == ([], [])


def _with_budget(engine: FakeEngine, **more: Any) -> FakeEngine:
    limit = {"type": "limit", "max_list_cost": {"amount": "200", "currency": "USD"}}
    usage = {"list_cost": {"amount": "200"}}
    engine.answers[PATH] = {"usage": usage, "budget": limit, "metadata": {}, **more}
    return engine


def test_a_budget_is_raised_where_the_session_stands_and_what_is_no_amount_can_be_mended(tmp_path: Path) -> None:
    engine = _with_budget(failed(**SPENT))

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "b raise it")
        await pilot.press("b")
        await shows(pilot, "this session: $2.00 of $2.00 spent")
        assert app.screen.line.text == "4.00"  # type: ignore[attr-defined]
        await pilot.press("x", "enter")
        await shows(pilot, "is no amount in dollars")
        await pilot.press("backspace", "enter")
        await until(pilot, lambda: bool(engine.told))
        await until(pilot, lambda: not app.screen.line.display)  # type: ignore[attr-defined]

    play(engine, tmp_path, story)
    assert engine.told == [(PATH, {"budget": {"type": "limit", "max_list_cost": {"amount": "400", "currency": "USD"}}})]


def test_a_budget_that_is_refused_stays_to_be_changed(tmp_path: Path) -> None:
    class Refusing(FakeEngine):
        async def post(self, path: str, body: Any) -> Json:
            raise ApiError(400, "invalid_request_error", "budget: must be above the 250 cents")

    rows = state("sesn_a", **SPENT)
    engine = _with_budget(Refusing(rows, events={"sesn_a": []}))

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "b raise it")
        await pilot.press("b")
        await shows(pilot, "spent")
        await pilot.press("enter")
        await shows(pilot, "must be above the 250 cents")
        assert app.screen.line.display  # type: ignore[attr-defined]

    play(engine, tmp_path, story)


def test_a_session_raises_its_budget_by_a_command_that_a_key_writes(tmp_path: Path) -> None:
    engine = _with_budget(failed(**SPENT))

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("enter")
        await shows(pilot, "Alt+M raise it")
        await pilot.press("alt+m")
        await shows(pilot, "/budget 4.00")
        await pilot.press(*"x", "enter")
        await shows(pilot, "is no amount in dollars")
        await pilot.press("backspace", "enter")
        await until(pilot, lambda: bool(engine.told))

    play(engine, tmp_path, story)
    assert engine.told[0][1]["budget"]["max_list_cost"]["amount"] == "400"


def test_where_the_budget_of_its_group_is_used_up_that_one_is_raised() -> None:
    engine = _with_budget(failed(**SPENT), usage={"list_cost": {"amount": "20"}}, metadata={"workbench.group": "night"})
    limit = {"type": "limit", "max_list_cost": {"amount": "900", "currency": "USD"}}
    engine.answers["/workbench/v1/groups"] = {"data": [{"name": "night", "budget": limit, "spent": {"amount": "950"}}]}
    found = asyncio.run(budget_limit(engine, "sesn_a"))
    assert found == BudgetLimit("the group night", "/workbench/v1/groups/night", 950, 900)
    assert found.suggested == "19.00"


def test_where_money_is_not_what_is_short_none_is_suggested() -> None:
    assert BudgetLimit("this session", PATH, 3, 200).suggested == "none"
    assert BudgetLimit("this session", PATH, 3, None).suggested == "none"
