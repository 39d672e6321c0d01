"""Panes: how many, in what order, which one is written to, and that they come back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, ago, app_over, shows, state, until
from workbench.tui.panes import Panes

Story = Callable[[Pilot[None], Panes], Awaitable[None]]


def engine(count: int) -> FakeEngine:
    names = [f"sesn_{number:02}" for number in range(count)]
    return FakeEngine(
        *(state(name, created_at=ago(place)) for place, name in enumerate(names)), events={name: [] for name in names}
    )


def play(fake: FakeEngine, folder: Path, story: Story) -> None:
    async def whole() -> None:
        app = app_over(fake, folder)
        async with app.run_test(size=(140, 45), notifications=True) as pilot:
            await until(pilot, lambda: app.desk.feed.live)
            await pilot.press("f3")
            await until(pilot, lambda: isinstance(app.screen, Panes) and app.screen.is_mounted)
            assert isinstance(app.screen, Panes)
            await story(pilot, app.screen)

    asyncio.run(asyncio.wait_for(whole(), 30))


def names(panes: Panes) -> list[str]:
    return [one.removeprefix("sesn_") for one in panes.session_ids]


def test_panes_come_in_one_two_four_six_nine_and_sixteen(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], panes: Panes) -> None:
        for tiles in (6, 9, 16, 1, 2, 4):
            await pilot.press("f3")
            await until(pilot, lambda: len(panes.session_ids) == tiles)  # noqa: B023

    play(engine(17), tmp_path, story)


def test_a_split_adds_a_session_beside_and_closing_its_pane_leaves_it_at_work(tmp_path: Path) -> None:
    fake = engine(8)

    async def story(pilot: Pilot[None], panes: Panes) -> None:
        await pilot.press("alt+v")
        await until(pilot, lambda: names(panes) == ["00", "04", "01", "02", "03"])
        assert panes.columns == 3
        await pilot.press("alt+s")
        await until(pilot, lambda: names(panes)[:2] == ["00", "05"])
        assert panes.columns == 3
        await pilot.press("alt+w")
        await until(pilot, lambda: "00" not in names(panes))

    play(fake, tmp_path, story)
    assert (fake.posted, fake.told) == ([], [])


def test_the_panes_of_last_time_come_back(tmp_path: Path) -> None:
    async def first(pilot: Pilot[None], panes: Panes) -> None:
        await pilot.press("alt+w")
        await until(pilot, lambda: len(panes.session_ids) == 3)
        await pilot.press("alt+p")
        await until(pilot, lambda: names(panes) == ["00", "02", "03"])

    async def again(pilot: Pilot[None], panes: Panes) -> None:
        assert (names(panes), panes.columns) == (["00", "02", "03"], 2)

    play(engine(6), tmp_path, first)
    play(engine(6), tmp_path, again)


def test_a_line_goes_to_all_panes_only_when_a_person_said_so_and_only_once(tmp_path: Path) -> None:
    fake = engine(4)

    async def story(pilot: Pilot[None], panes: Panes) -> None:
        await pilot.press("alt+b")
        await shows(pilot, "to ALL 4 panes")
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: len(fake.posted) == 4)
        await pilot.press(*"you", "enter")
        await until(pilot, lambda: len(fake.posted) == 5)

    play(fake, tmp_path, story)
    assert sorted(session_id for session_id, _ in fake.posted[:4]) == [f"sesn_0{number}" for number in range(4)]


def test_a_session_that_was_deleted_is_in_no_pane_the_next_time(tmp_path: Path) -> None:
    async def first(pilot: Pilot[None], panes: Panes) -> None:
        await pilot.press("f3")
        await until(pilot, lambda: len(panes.session_ids) == 6)

    async def again(pilot: Pilot[None], panes: Panes) -> None:
        assert names(panes) == ["00", "01", "02"]

    play(engine(6), tmp_path, first)
    play(engine(3), tmp_path, again)
