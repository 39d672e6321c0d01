"""No mark flickers, and nobody who is needed is shown as anything else."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.fake import NOW, FakeEngine, ago, app_over, blocked, shows, state, until
from workbench.tui.app_base import MOST_ALIKE
from workbench.tui.state.debounce import STAYS_S, Debounce
from workbench.tui.state.rows import BUDGET, DONE, FAILED, IDLE, RETRYING, WAITING, WORKING, Mark, Row, row_of

MARKS = (WAITING, BUDGET, FAILED, WORKING, RETRYING, DONE, IDLE)
TICK_S = 0.1


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _row(mark: Mark) -> dict[str, Row]:
    return {"sesn_a": Row("sesn_a", 1, mark, "a", "")}


def _shown(debounce: Debounce, mark: Mark) -> Mark:
    return debounce.shown(_row(mark))["sesn_a"].mark


def test_a_turn_that_is_over_at_once_is_shown_as_work_for_a_moment_and_then_as_done() -> None:
    clock = Clock()
    debounce = Debounce(now=clock)
    told = [_shown(debounce, mark) for mark in (IDLE, WORKING, DONE)]
    assert (told, debounce.is_due) == ([IDLE, WORKING, WORKING], False)
    clock.now += STAYS_S
    assert debounce.is_due
    assert _shown(debounce, DONE) is DONE
    assert not debounce.is_due


@given(st.lists(st.tuples(st.sampled_from(MARKS), st.integers(1, 15)), min_size=1, max_size=12))
def test_no_mark_changes_twice_within_a_second_and_who_is_needed_is_shown_so_at_once(
    log: list[tuple[Mark, int]],
) -> None:
    clock = Clock()
    debounce, changes = Debounce(now=clock), list[tuple[float, Mark]]()
    for mark, ticks in log:
        for _ in range(ticks):
            shown = _shown(debounce, mark)
            assert shown is mark or not (mark.needs_you or shown.needs_you)
            if not changes or changes[-1][1] is not shown:
                changes.append((clock.now, shown))
            clock.now += TICK_S
    for (first, before), (then, after) in pairwise(changes[1:]):
        assert before.needs_you or after.needs_you or then - first >= STAYS_S - TICK_S / 2


def test_the_board_shows_the_mark_that_was_held_back_without_another_event(tmp_path: Path) -> None:
    clock = Clock()
    engine = FakeEngine(state("sesn_a"))

    async def whole() -> None:
        app = app_over(engine, tmp_path)
        app.store.debounce = Debounce(now=clock)
        async with app.run_test(size=(100, 30)) as pilot:
            await shows(pilot, "○ idle")
            engine.tell(state("sesn_a", status="running"))
            await shows(pilot, "● working")
            engine.tell(state("sesn_a"))
            await pilot.pause()
            await shows(pilot, "● working")
            clock.now += STAYS_S
            app.redraw()
            await shows(pilot, "○ idle")
            engine.tell(blocked("sesn_a", "c"))
            await shows(pilot, "? waiting")

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_what_can_be_interrupted_is_known_before_its_mark_says_so() -> None:
    debounce = Debounce(now=Clock())
    for body in (state("sesn_a", status="running"), state("sesn_a")):
        debounce.shown({"sesn_a": row_of(body)})
    row = debounce.shown({"sesn_a": row_of(state("sesn_a", status="running"))})["sesn_a"]
    assert (row.mark, row.busy) == (IDLE, True)


def test_a_second_in_which_nothing_can_look_different_draws_nothing_and_any_other_does(tmp_path: Path) -> None:
    moved = [NOW]

    async def whole() -> None:
        engine = FakeEngine(state("sesn_a", last_event_at=ago(5)), state("sesn_b", last_event_at=ago(7200)))
        app = app_over(engine, tmp_path)
        app.store.clock = lambda: moved[0]
        async with app.run_test(size=(100, 30)) as pilot:
            await shows(pilot, "engine ok")
            seconds = [app._changes_by_time() for _ in range(3)]
            moved[0] += timedelta(seconds=1)
            seconds += [app._changes_by_time() for _ in range(2)]
            await pilot.press("escape")
            seconds += [app._changes_by_time() for _ in range(2)]
            engine.tell(state("sesn_a", last_event_at=ago(0)))
            await until(pilot, lambda: app.store.rows["sesn_a"].last_event_at == NOW)
            seconds += [app._changes_by_time() for _ in range(2)]
            assert seconds == [True, False, False, True, False, True, False, True, False]
            assert sum(app._changes_by_time() for _ in range(2 * MOST_ALIKE + 2)) == 2
            await pilot.press("space")
            assert all(app._changes_by_time() for _ in range(3))

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_a_session_that_goes_on_ages_before_ones_eyes(tmp_path: Path) -> None:
    moved = [NOW]

    async def whole() -> None:
        engine = FakeEngine(state("sesn_a", status="running", last_event_at=ago(5)))
        app = app_over(engine, tmp_path)
        app.store.clock = lambda: moved[0]
        async with app.run_test(size=(100, 30)) as pilot:
            await shows(pilot, " 5s")
            for place in ("board", "panes"):
                if place == "panes":
                    await pilot.press("f3")
                moved[0] += timedelta(seconds=1)
                app._every_second()
                await shows(pilot, f" {5 + (moved[0] - NOW).seconds}s")

    asyncio.run(asyncio.wait_for(whole(), 30))
