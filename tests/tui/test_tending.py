"""Tending sessions from the Board: what belongs to a session goes to the engine, what belongs to the view into its file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, ago, app_over, at_the_list, screen_text, shows, state, until
from workbench.tui.app import WorkbenchApp
from workbench.tui.state.view_state import View, ViewFile, moved, remembered, started_in, toggled

Story = Callable[[Pilot[None], WorkbenchApp], Awaitable[None]]


def play(engine: FakeEngine, folder: Path, story: Story, *, size: tuple[int, int] = (120, 30)) -> None:
    async def whole() -> None:
        app = app_over(engine, folder)
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await shows(pilot, "NEEDS" if any(one["waiting_for"] for one in engine.states.values()) else "idle")
            await at_the_list(pilot)
            await story(pilot, app)

    asyncio.run(asyncio.wait_for(whole(), 30))


def three() -> FakeEngine:
    names = {"sesn_a": 10.0, "sesn_b": 20.0, "sesn_c": 30.0}
    states = [state(name, created_at=ago(age), rested_at=None) for name, age in names.items()]
    return FakeEngine(*states, events={name: [] for name in names})


def order(app: WorkbenchApp) -> list[str]:
    return [row.name for row in app.screen.listed()]  # type: ignore[attr-defined]


def test_a_new_name_and_tags_go_to_the_engine(tmp_path: Path) -> None:
    engine = three()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("r")
        await shows(pilot, "a")
        await pilot.press(*"billing", "enter")
        await shows(pilot, "renamed: a, from now on billing")
        await pilot.press("t", *"hot bug", "enter")
        await until(pilot, lambda: len(engine.told) == 2)

    play(engine, tmp_path, story)
    assert engine.told == [
        ("/v1/sessions/sesn_a", {"title": "billing"}),
        ("/v1/sessions/sesn_a", {"metadata": {"workbench.tags": "hot bug"}}),
    ]


def test_leaving_the_line_changes_nothing(tmp_path: Path) -> None:
    engine = three()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("r", *"xyz", "escape", "j")
        assert app.screen.sessions.rows.cursor == "sesn_b"  # type: ignore[attr-defined]

    play(engine, tmp_path, story)
    assert engine.told == []


def test_pins_order_groups_and_mutes_are_there_for_the_next_app(tmp_path: Path) -> None:
    async def first(pilot: Pilot[None], app: WorkbenchApp) -> None:
        assert order(app) == ["a", "b", "c"]
        await pilot.press("shift+down", "shift+down")
        assert order(app) == ["b", "c", "a"]
        await pilot.press("p", "m", "ctrl+s")
        assert order(app) == ["a", "b", "c"]

    async def again(pilot: Pilot[None], app: WorkbenchApp) -> None:
        assert order(app) == ["a", "b", "c"]
        await shows(pilot, "pinned ─")
        await shows(pilot, "(muted)")
        assert app.store.view_file.view.grouping == "state"

    play(three(), tmp_path, first)
    play(three(), tmp_path, again)


def test_several_are_marked_and_acted_on_together(tmp_path: Path) -> None:
    engine = three()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("v", "v", "t", *"x", "enter")
        await until(pilot, lambda: len(engine.told) == 2)
        assert {path for path, _ in engine.told} == {"/v1/sessions/sesn_a", "/v1/sessions/sesn_b"}
        await pilot.press("escape")
        assert app.screen.bulk.marked == ()  # type: ignore[attr-defined]

    play(engine, tmp_path, story)


def test_what_was_followed_to_its_end_elsewhere_is_not_unread_until_somebody_makes_it_so(tmp_path: Path) -> None:
    one, other = state("sesn_a", rested_at=ago(5), read_through=ago(5)), state("sesn_b", rested_at=ago(5))
    engine = FakeEngine(one, other, events={"sesn_a": [], "sesn_b": []})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "✔ done")
        assert screen_text(app).count("✔ done") == 1
        await pilot.press("down", "u")
        await until(pilot, lambda: screen_text(app).count("✔ done") == 2)
        # What it says later is another matter.
        engine.tell(state("sesn_a", position=9, rested_at=ago(1), read_through=ago(1)))
        engine.tell(state("sesn_b", position=9, rested_at=ago(1), read_through=ago(1)))
        await until(pilot, lambda: screen_text(app).count("✔ done") == 1)

    play(engine, tmp_path, story)


def test_an_answer_is_unread_until_its_session_was_opened(tmp_path: Path) -> None:
    engine = FakeEngine(
        state("sesn_a", rested_at=ago(5)), state("sesn_b", created_at=ago(7200)), events={"sesn_a": [], "sesn_b": []}
    )

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "✔ done")
        await pilot.press("enter")
        await shows(pilot, "○ idle")
        await pilot.press("f2")
        await until(pilot, lambda: "✔ done" not in screen_text(app))
        await pilot.press("tab", "u")
        await shows(pilot, "✔ done")
        engine.tell(state("sesn_a", rested_at=ago(5), title="renamed"))
        await shows(pilot, "renamed")

    play(engine, tmp_path, story)


def _busy_and_calm() -> FakeEngine:
    return FakeEngine(
        state("sesn_busy", status="running", created_at=ago(1)), state("sesn_calm", created_at=ago(2)), events={}
    )


def test_stopping_interrupts_what_works_at_once_and_undo_lets_it_go_on(tmp_path: Path) -> None:
    engine = _busy_and_calm()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("x")
        await shows(pilot, "u undo")
        await until(pilot, lambda: bool(engine.posted))
        engine.tell(state("sesn_busy", created_at=ago(1)))
        await shows(pilot, "○ idle     busy")
        await pilot.press("u")
        await until(pilot, lambda: len(engine.posted) == 2)

    play(engine, tmp_path, story)
    assert [event["type"] for _, event in engine.posted] == ["user.interrupt", "user.message"]
    assert {session_id for session_id, _ in engine.posted} == {"sesn_busy"}
    assert engine.told == []


def test_stopping_what_rests_archives_it_only_when_the_time_for_undo_is_over(tmp_path: Path) -> None:
    engine = _busy_and_calm()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("j", "x", "x")
        await shows(pilot, "archived soon")
        await shows(pilot, "u undo")
        await pilot.press("u")
        await until(pilot, lambda: "archived soon" not in screen_text(app))
        assert engine.told == []
        app.screen.bulk.undo_s = 0.3  # type: ignore[attr-defined]
        await pilot.press("x")
        await until(pilot, lambda: bool(engine.told))

    play(engine, tmp_path, story)
    assert engine.posted == []
    assert engine.told == [("/v1/sessions/sesn_calm/archive", {})]


def test_the_list_is_scoped_to_the_folder_by_one_key_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    places = {"sesn_a": "/work/api", "sesn_b": "/work/api/docs", "sesn_c": "/work/apis", "sesn_d": None}
    engine = FakeEngine(*(state(name, project=place) for name, place in places.items()), events={})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        view_file = app.store.view_file
        view_file.put(View(folder="/work/api"))
        await pilot.press("full_stop")
        await shows(pilot, "only /work/api · 2 elsewhere · . shows all")
        assert sorted(order(app)) == ["a", "b"]
        await pilot.press("full_stop")
        await until(pilot, lambda: len(order(app)) == 4)
        assert "elsewhere" not in screen_text(app)

    play(engine, tmp_path, story)
    assert engine.told == []


def test_a_fork_is_asked_for_by_name_and_is_no_twin(tmp_path: Path) -> None:
    engine = three()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("f", "escape")
        await pilot.press("f")
        await shows(pilot, "a, fork")
        await shows(pilot, "a name for the fork · Enter forks, Esc does not")
        assert engine.told == []
        await pilot.press(*" two", "enter")
        await until(pilot, lambda: len(engine.told) == 2)

    play(engine, tmp_path, story)
    assert engine.told == [
        ("/workbench/v1/sessions/sesn_a/fork", {}),
        ("/v1/sessions/1f0c9a2e", {"title": "a, fork two"}),
    ]


def test_the_marks_are_said_in_words_and_the_key_for_that_is_text_in_the_box(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        board = app.screen
        await shows(pilot, "? marks")
        await pilot.press("question_mark")
        for said in ("? waiting", "$ budget", "! failed", "● working", "◐ retrying", "✔ done", "○ idle", "× ended"):
            await shows(pilot, said)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is board)
        await pilot.press("tab", "question_mark")
        assert board.box.text == "?"  # type: ignore[attr-defined]

    play(three(), tmp_path, story)


def test_tags_and_cost_are_found_by_the_filter(tmp_path: Path) -> None:
    engine = FakeEngine(
        state("sesn_dear", usage={"list_cost": {"amount": "250"}}, tags=["hot"]), state("sesn_cheap", tags=["cold"])
    )

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("slash", *"t:hot")
        assert order(app) == ["dear"]
        await pilot.press("escape", "slash", *"$<2")
        assert order(app) == ["cheap"]

    play(engine, tmp_path, story)


def test_a_moved_session_stays_where_it_was_put_and_the_ends_hold() -> None:
    view = moved(View(), ["a", "b", "c"], "c", -5)
    assert dict(view.ranks) == {"c": 0, "a": 1, "b": 2}


def test_marking_all_again_takes_the_mark_from_all() -> None:
    assert toggled(("a",), ["a", "b"]) == ("a", "b")
    assert toggled(("a", "b", "c"), ["a", "b"]) == ("c",)


def test_a_line_is_remembered_once_and_last() -> None:
    view = remembered(remembered(remembered(View(), "a"), "b"), "a")
    assert view.history == ("b", "a")


@pytest.mark.parametrize("text", ["{", "[]", '{"seen": 3, "pinned": {"a": 1}, "grouping": "moon", "ranks": [[1]]}'])
def test_a_file_that_somebody_broke_is_an_empty_view(text: str, tmp_path: Path) -> None:
    (tmp_path / "view.json").write_text(text)
    assert ViewFile(tmp_path / "view.json").view == View()


def test_a_mode_that_was_chosen_for_one_folder_is_none_for_another(tmp_path: Path) -> None:
    for name in ("shop", "blog"):
        (tmp_path / name).mkdir()
    view = View(folder=str(tmp_path / "shop"), mode="allow")
    assert started_in(view, None).mode == started_in(view, str(tmp_path / "shop")).mode == "allow"
    assert started_in(view, str(tmp_path / "blog")).mode == ""
