"""Panes: how many, in what order, which one is written to, and that they come back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, ago, app_over, said, screen_text, shows, state, until
from workbench.tui.screens.panes import Panes
from workbench.tui.state.splits import Tree, grid
from workbench.tui.widgets.tile import Tile
from workbench.tui.widgets.tiling import BySplits

Story = Callable[[Pilot[None], Panes], Awaitable[None]]


def engine(count: int) -> FakeEngine:
    names = [f"sesn_{number:02}" for number in range(count)]
    return FakeEngine(
        *(state(name, created_at=ago(place)) for place, name in enumerate(names)), events={name: [] for name in names}
    )


def play(fake: FakeEngine, folder: Path, story: Story, *, size: tuple[int, int] = (140, 45)) -> None:
    async def whole() -> None:
        app = app_over(fake, folder)
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await pilot.press("f3")
            await until(pilot, lambda: isinstance(app.screen, Panes) and app.screen.is_mounted)
            assert isinstance(app.screen, Panes)
            await story(pilot, app.screen)

    asyncio.run(asyncio.wait_for(whole(), 30))


def names(panes: Panes) -> list[str]:
    return [one.removeprefix("sesn_") for one in panes.view.session_ids]


def test_panes_come_in_one_two_four_six_nine_and_sixteen(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], panes: Panes) -> None:
        for tiles in (6, 9, 16, 1, 2, 4):
            await pilot.press("f3")
            await until(pilot, lambda: len(panes.view.session_ids) == tiles)  # noqa: B023

    play(engine(17), tmp_path, story)


def corners(panes: Panes) -> dict[str, tuple[int, int]]:
    """Where each pane begins on the screen."""
    return {tile.session_id.removeprefix("sesn_"): tile.region.offset for tile in panes.query(Tile)}


async def ready(pilot: Pilot[None], panes: Panes, *session_names: str) -> None:
    """Wait until these panes are there, each with its room."""
    await until(pilot, lambda: names(panes) == list(session_names))
    wanted = set(session_names)
    await until(pilot, lambda: wanted == set(corners(panes)) and len(set(corners(panes).values())) == len(wanted))


def test_a_split_halves_one_pane_closing_gives_its_room_back_and_the_session_goes_on(tmp_path: Path) -> None:
    fake = engine(8)

    async def story(pilot: Pilot[None], panes: Panes) -> None:
        await ready(pilot, panes, "00", "01", "02", "03")
        before = {name: tile.region for name, tile in zip(names(panes), panes.query(Tile), strict=True)}
        await pilot.press("alt+v")
        await ready(pilot, panes, "00", "04", "01", "02", "03")
        await pilot.press("alt+s")
        await ready(pilot, panes, "00", "05", "04", "01", "02", "03")
        room = {tile.session_id.removeprefix("sesn_"): tile.region for tile in panes.query(Tile)}
        assert {name: room[name] for name in ("01", "02", "03")} == {name: before[name] for name in ("01", "02", "03")}
        assert room["04"].height == before["00"].height
        assert (room["05"].x, room["05"].bottom) == (before["00"].x, before["00"].bottom)
        assert panes.view.chosen == "sesn_00"
        await pilot.press("alt+w")
        await ready(pilot, panes, "05", "04", "01", "02", "03")
        assert next(tile.region for tile in panes.query(Tile) if tile.session_id == "sesn_05").y == before["00"].y

    play(fake, tmp_path, story)
    assert (fake.posted, fake.told) == ([], [])


def test_a_split_takes_no_place_of_a_reader_in_another_pane(tmp_path: Path) -> None:
    fake = engine(8)
    fake.events["sesn_00"] = [said(f"m{number}", f"message {number}.") for number in range(80)]

    async def story(pilot: Pilot[None], panes: Panes) -> None:
        await shows(pilot, "message 79.")
        await pilot.press("pageup", "pageup")
        await until(pilot, lambda: "message 79." not in screen_text(panes.app))  # type: ignore[arg-type]
        assert panes.view.tile is not None
        top = panes.view.tile.transcript._top
        await pilot.press("alt+s")
        await ready(pilot, panes, "00", "04", "01", "02", "03")
        assert panes.view.tile.transcript._top == top
        assert fake.asked < 20

    play(fake, tmp_path, story)


def test_the_keys_go_to_the_pane_that_lies_there(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], panes: Panes) -> None:
        await ready(pilot, panes, "00", "01", "02", "03")
        for key, there in (("alt+l", "01"), ("alt+down", "03"), ("alt+h", "02"), ("alt+h", "02"), ("alt+up", "00")):
            await pilot.press(key)
            await until(pilot, lambda: panes.view.chosen == f"sesn_{there}")  # noqa: B023
        await pilot.press("ctrl+n")
        await until(pilot, lambda: panes.view.chosen == "sesn_01")

    play(engine(6), tmp_path, story)


def test_a_pane_that_nobody_could_read_is_refused_with_its_size(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], panes: Panes) -> None:
        await ready(pilot, panes, "00", "01", "02", "03")
        for _ in range(3):
            await pilot.press("alt+s")
            await pilot.pause(0.1)
        await shows(pilot, "16x4")
        assert len(names(panes)) == 5

    play(engine(9), tmp_path, story, size=(80, 24))


def test_sixteen_panes_have_room_at_80x24_and_at_60x16_are_said_to_have_none(tmp_path: Path) -> None:
    async def fits(pilot: Pilot[None], panes: Panes) -> None:
        for tiles in (6, 9, 16):
            await pilot.press("f3")
            await until(pilot, lambda: len(panes.view.session_ids) == tiles)  # noqa: B023

    async def does_not(pilot: Pilot[None], panes: Panes) -> None:
        for tiles in (6, 9, 1):
            await pilot.press("f3")
            await until(pilot, lambda: len(panes.view.session_ids) == tiles)  # noqa: B023
        await shows(pilot, "16 panes: one would be")

    play(engine(17), tmp_path / "large", fits, size=(80, 24))
    play(engine(17), tmp_path / "small", does_not, size=(60, 16))


def test_the_panes_of_last_time_come_back(tmp_path: Path) -> None:
    async def first(pilot: Pilot[None], panes: Panes) -> None:
        await pilot.press("alt+w")
        await ready(pilot, panes, "01", "02", "03")
        await pilot.press("alt+s")
        await ready(pilot, panes, "01", "00", "02", "03")
        await pilot.press("alt+p")
        await ready(pilot, panes, "04", "00", "02", "03")
        kept.append(panes.view.splits)

    async def again(pilot: Pilot[None], panes: Panes) -> None:
        assert panes.view.splits == kept[0]

    kept = list[Tree]()
    play(engine(6), tmp_path, first)
    play(engine(6), tmp_path, again)


def test_panes_of_an_older_version_come_back_in_its_columns(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], panes: Panes) -> None:
        assert panes.view.splits == grid(["sesn_00", "sesn_03", "sesn_01"], 2)

    ids = ["sesn_00", "sesn_03", "sesn_01"]
    (tmp_path / "view.json").write_text(json.dumps({"panes": ids, "layout": "2", "grouping": "tag"}))
    play(engine(6), tmp_path, story)


def test_a_line_goes_to_all_panes_only_when_a_person_said_so_and_only_once(tmp_path: Path) -> None:
    fake = engine(4)

    async def story(pilot: Pilot[None], panes: Panes) -> None:
        await pilot.press(*"hi", "alt+t")
        await shows(pilot, "Enter sends to ALL 4 panes · Alt+T only to the chosen one")
        await pilot.press("enter")
        await until(pilot, lambda: len(fake.posted) == 4)
        await pilot.press(*"you", "enter")
        await until(pilot, lambda: len(fake.posted) == 5)

    play(fake, tmp_path, story)
    assert sorted(session_id for session_id, _ in fake.posted[:4]) == [f"sesn_0{number}" for number in range(4)]


def test_a_session_that_was_deleted_is_in_no_pane_the_next_time(tmp_path: Path) -> None:
    async def first(pilot: Pilot[None], panes: Panes) -> None:
        await pilot.press("f3")
        await until(pilot, lambda: len(panes.view.session_ids) == 6)

    async def again(pilot: Pilot[None], panes: Panes) -> None:
        assert names(panes) == ["00", "01", "02"]

    play(engine(6), tmp_path, first)
    play(engine(3), tmp_path, again)


def test_what_streams_into_sixteen_panes_lays_none_of_them_out_again(tmp_path: Path) -> None:
    fake = engine(16)

    async def story(pilot: Pilot[None], panes: Panes) -> None:
        for _ in range(3):
            await pilot.press("f3")
            await pilot.pause(0.05)
        await until(pilot, lambda: len(fake._listeners) == 17)
        panes.view.tiling._by_splits = counting = Counting(panes.view.splits)
        panes.view.tiles[0].refresh(layout=True)
        await until(pilot, lambda: counting.times > 0)
        before = counting.times
        for session_id in panes.view.session_ids:
            begun = {"type": "agent.message", "id": f"m_{session_id}"}
            fake.happen(session_id, {"type": "event_start", "event": begun})
        for number in range(40):
            delta = {"type": "content_delta", "content": {"type": "text", "text": f"word{number} " * 20}}
            for session_id in panes.view.session_ids:
                fake.happen(session_id, {"type": "event_delta", "event_id": f"m_{session_id}", "delta": delta})
            await pilot.pause(0.01)
        await shows(pilot, "word39")
        assert counting.times == before
        await pilot.press("alt+w")
        await until(pilot, lambda: len(panes.view.session_ids) == 15)

    play(fake, tmp_path, story)


class Counting(BySplits):
    times = 0

    def arrange(self, *given: Any, **more: Any) -> Any:
        self.times += 1
        return super().arrange(*given, **more)


def test_in_a_narrow_pane_the_name_is_whole_and_the_mark_a_shape(tmp_path: Path) -> None:
    fake = FakeEngine(
        *(state(f"sesn_{number:02}", title=f"task-{number:02}", status="running") for number in range(16))
    )
    fake.events = {name: [] for name in fake.states}

    async def story(pilot: Pilot[None], panes: Panes) -> None:
        for _ in range(3):
            await pilot.press("f3")
            await pilot.pause(0.05)
        await until(pilot, lambda: len(fake._listeners) == 17)
        panes.redraw()
        await until(pilot, lambda: all(f"●  task-{number:02}" in screen_text(panes.app) for number in range(16)))  # type: ignore[arg-type]

    play(fake, tmp_path, story, size=(80, 24))
