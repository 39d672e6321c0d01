"""Details of a session: what it cost as tables, its events as lines that open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import NOW, FakeEngine, Json, ago, app_over, call, result, said, screen_text, shows, state, until
from workbench.client.session_cost import SessionCost, Spent, ToolTime
from workbench.tui.app import WorkbenchApp
from workbench.tui.render.cost_lines import cost_lines, lasting
from workbench.tui.screens.details import Details

Story = Callable[[Pilot[None], Details], Awaitable[None]]
USAGE: Json = {
    "input_tokens": 1_204,
    "output_tokens": 9_310,
    "cache_read_input_tokens": 1_083_111,
    "cache_creation": {"ephemeral_5m_input_tokens": 20_000, "ephemeral_1h_input_tokens": 52_400},
    "list_cost": {"amount": "174"},
    "server_tool_use": {"web_search_requests": 2},
}
SESSION: Json = {
    "usage": USAGE,
    "stats": {"active_seconds": 754.0, "duration_seconds": 18_200.0},
    "budget": {"max_list_cost": {"amount": "500"}},
}
MODELS: list[list[Any]] = [
    ["claude-opus-5-5", "answer", 31, 1_102_315, 1_083_111, 8_900, 1.688],
    ["claude-opus-5-5", "compaction", 1, 54_000, 0, 410, 0.052],
    ["qwen3-coder-30b", "judgement", 4, 400, 0, 0, None],
]
TURNS: list[list[Any]] = [
    [ago(600), "Why is the cart flaky?", 9, 402_315, 398_000, 4_100, 0.611],
    [
        ago(90_000),
        "Add a region to every order, and fill it from the customer's address.",
        22,
        700_000,
        685_111,
        4_800,
        1.077,
    ],
    [ago(91_000), None, 1, 10_000, 0, 10, 0.0],
]
TOOLS: list[list[Any]] = [
    ["bash", 41, 3, 412.25, 96.5],
    ["edit", 12, 0, 0.31, 0.05],
    ["mcp__tickets__search", 2, 1, 3.2, 2.9],
]


class CostlyEngine(FakeEngine):
    """An engine whose log has answers about a session's cost."""

    async def get(self, path: str, query: Any = ()) -> Json:
        return SESSION if path == "/v1/sessions/sesn_flaky-tests" else await super().get(path, query)

    async def post(self, path: str, body: Mapping[str, Any]) -> Json:
        if path != "/workbench/v1/sql":
            return await super().post(path, body)
        assert body["unlisted"] is True
        rows = TOOLS if "tool_calls" in body["sql"] else TURNS if "marks" in body["sql"] else MODELS
        return {"columns": [], "types": [], "rows": rows, "truncated": False, "seconds": 0.0, "time_zone": "UTC"}


def play(
    engine: FakeEngine, folder: Path, story: Story, *, tab: str = "events", size: tuple[int, int] = (80, 24)
) -> None:
    async def whole() -> None:
        app = app_over(engine, folder)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.store.feed.live and app.screen.is_mounted)
            screen = Details(app.store, "sesn_a", tab)
            await app.push_screen(screen)
            await story(pilot, screen)

    asyncio.run(asyncio.wait_for(whole(), 60))


def text(pilot: Pilot[None]) -> str:
    app = pilot.app
    assert isinstance(app, WorkbenchApp)
    return screen_text(app)


# ── cost ──


@pytest.mark.parametrize("width", [60, 78, 138])
def test_the_tables_of_a_cost_stand_under_their_heads_and_cut_no_number(width: int) -> None:
    cost = SessionCost(
        SESSION,
        tuple(Spent(*row) for row in MODELS),
        tuple(Spent(*row) for row in TURNS),
        tuple(ToolTime(*row) for row in TOOLS),
    )
    lines = [line.plain for line in cost_lines(cost, width, NOW)]
    assert max(map(len, lines)) <= width
    assert lines[0] == "$1.74 at list prices, 35% of its budget of $5.00"
    table = lines[lines.index("") + 1 :]
    by_model = next(place for place, line in enumerate(table) if line.startswith("by model"))
    head, *rows = table[by_model : by_model + 8]
    ends = {title: head.rindex(title) + len(title) for title in ("requests", "tokens in", "cached", "out", "$")}
    numbers = ("31", "1,102,315", "98%", "8,900", "1.688")
    assert [rows[0][:end].split()[-1] for end in ends.values()] == list(numbers)
    assert [rows[2][:end].split()[-1] for end in ends.values()] == ["4", "400", "–", "0", "–"]
    # The next table stands under the same columns.
    assert [rows[5][:end].split()[-1] for end in ends.values()] == ["9", "402,315", "99%", "4,100", "0.611"]
    assert lines[-1].startswith("– under $: a model without")


def test_how_long_is_said_in_the_numbers_that_say_something() -> None:
    told = [lasting(seconds) for seconds in (0, 0.31, 12.4, 200, 3599.9, 18_200)]
    assert told == ["0.0 s", "0.3 s", "12 s", "3m 20s", "1h 00m", "5h 03m"]


# ── events ──

EVENTS = [
    said("u1", "Why is it flaky?", by="user"),
    call("c1", "pytest -x", evaluated_permission="allow"),
    result("c1", "1 failed\nlook \u202e here", is_error=True),
    said("m1", "It races."),
    {"type": "session.status_idle", "id": "i1", "processed_at": ago(50), "stop_reason": {"type": "end_turn"}},
]


def test_an_event_is_a_line_in_words_and_opens_to_its_json_with_hidden_signs_named(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": EVENTS})

    async def story(pilot: Pilot[None], screen: Details) -> None:
        await shows(pilot, "at rest           the turn has ended")
        shown = text(pilot)
        assert "call              bash  pytest -x" in shown
        assert "failed result" in shown
        assert '"type"' not in shown
        assert screen.rows.cursor == "i1"
        await pilot.press("up", "up", "enter")
        await shows(pilot, '"tool_use_id": "c1"')
        assert "⟨U+202E⟩" in text(pilot)
        assert "\u202e" not in text(pilot)
        # From anywhere in it, one key folds it again.
        await pilot.press("down", "down", "left")
        await until(pilot, lambda: '"tool_use_id"' not in text(pilot))
        assert screen.rows.cursor == "r_c1"

    play(engine, tmp_path, story)


def test_a_filter_finds_events_by_their_type_and_by_what_they_say_and_esc_shows_all_again(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": EVENTS})

    async def story(pilot: Pilot[None], screen: Details) -> None:
        await shows(pilot, "It races.")
        await pilot.press("slash", *"tool_use pytest", "enter")
        await shows(pilot, "1 of 5 have 'tool_use pytest'")
        assert "It races." not in text(pilot)
        await pilot.press("slash", *" nothing", "enter")
        await shows(pilot, "None of these 5 events has 'tool_use pytest nothing'")
        await pilot.press("escape")
        await shows(pilot, "It races.")
        assert pilot.app.screen is screen
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is not screen)

    play(engine, tmp_path, story)


def test_older_events_come_when_one_goes_up_to_them_and_new_ones_as_they_happen(tmp_path: Path) -> None:
    events = [said(f"m{number}", f"Word {number}.") for number in range(1250)]
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": events})

    async def story(pilot: Pilot[None], screen: Details) -> None:
        def is_read(wanted: int) -> bool:
            return len(screen.event_list.log.events) == wanted and screen.rows.cursor.startswith("m")

        await shows(pilot, "Word 1249.")
        for wanted in (*range(400, 1250, 200), 1250):
            await pilot.press("home")
            await until(pilot, partial(is_read, wanted))
        await pilot.press("home")
        await shows(pilot, "Word 0.")
        assert "more before" not in text(pilot)
        await pilot.press("end")
        engine.happen("sesn_a", said("m1250", "Word 1250."))
        engine.tell(state("sesn_a", last_event_at=ago(1)))
        await shows(pilot, "Word 1250.")
        assert (screen.rows.cursor, len(screen.event_list.log.events)) == ("m1250", 1251)

    play(engine, tmp_path, story)


def test_a_very_long_event_is_shown_from_its_beginning_and_says_how_much_is_not(tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": [result("c1", "x" * 100_000)]})

    async def story(pilot: Pilot[None], screen: Details) -> None:
        await shows(pilot, "result")
        await pilot.press("enter")
        await shows(pilot, '"tool_use_id": "c1"')
        await pilot.press("end")
        await shows(pilot, "more characters; workbench logs --json has all")

    play(engine, tmp_path, story)
