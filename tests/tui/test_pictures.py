"""What the places look like, at the smallest size and at a large one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, ago, app_over, blocked, call, result, said, shows, state, until
from workbench.tui.choices import Choices
from workbench.tui.talk import Talk

SIZES = [(80, 24), (140, 45)]
PLACES: dict[str, tuple[tuple[str, ...], str]] = {
    "board": ((), "migrate"),
    "peek": (("space",), "▶ bash"),
    "session": (("enter",), "▶ bash"),
    "panes": (("f3",), "▶ bash"),
    "inbox": (("f4", "j"), "▶ bash"),
    "system": (("f8",), "up 2m"),
}


def _engine() -> FakeEngine:
    asking = [
        said("u1", "Add a region to every order.", by="user"),
        call("c0", "ls migrations", evaluated_permission="allow"),
        result("c0", "001.sql\n002.sql"),
        said("m1", "The column is **missing**. I need one change:\n\n1. add it\n2. fill it\n\n```sql\nSELECT 1;\n```"),
        call("c1", "psql -c 'ALTER TABLE orders ADD COLUMN region text'"),
    ]
    busy = [said("u2", "Why is the cart flaky?", by="user"), said("m2", "The retry hides a race in `Cart.flush()`.")]
    web = {"project": "/home/anna/web"}
    failed = {"stop_reason": {"type": "retries_exhausted"}, "last_error": "401 invalid x-api-key"}
    return FakeEngine(
        blocked("sesn_migrate-db", "c1", created_at=ago(100), last_event_at=ago(360)),
        state("sesn_flaky-tests", status="running", created_at=ago(200), last_text="The retry hides a race", queued=1),
        state("sesn_dark-mode", last_text="Done: 6 files, tests green.", **web),
        state("sesn_bundle-size", last_event_at=ago(4000), created_at=ago(9000), **failed, **web),
        events={"sesn_migrate-db": asking, "sesn_flaky-tests": busy},
    )


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("place", PLACES)
def test_the_places_look_as_they_did(
    place: str, size: tuple[int, int], snap_compare: Callable[..., bool], tmp_path: Path
) -> None:
    keys, there = PLACES[place]

    async def arrive(pilot: Pilot[Any]) -> None:
        await shows(pilot, "ALTER TABLE" if size[0] > 100 else "psql")
        for key in keys:
            await pilot.press(key)
        await shows(pilot, there)
        await until(pilot, lambda: not isinstance(pilot.app.screen, Talk) or bool(pilot.app.screen.card.has_focus))
        await pilot.pause()

    assert snap_compare(app_over(_engine(), tmp_path), terminal_size=size, run_before=arrive)


LOOKS = {
    "light": Choices(colours="light"),
    "none": Choices(colours="none"),
    "ascii": Choices(marks="ascii"),
    "contrast": Choices(colours="contrast"),
    "ansi": Choices(colours="ansi"),
}


async def _arrived(pilot: Pilot[Any], place: str) -> None:
    keys, there = PLACES[place]
    await shows(pilot, "psql")
    for key in keys:
        await pilot.press(key)
    await shows(pilot, there.lstrip("▶ "))
    await until(pilot, lambda: not isinstance(pilot.app.screen, Talk) or bool(pilot.app.screen.card.has_focus))
    await pilot.pause()


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (100, 30), (140, 45)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("look", ["dark", "light", "none", "ascii"])
@pytest.mark.parametrize("place", ["peek", "session"])
def test_every_size_looks_right_in_every_look(
    place: str, look: str, size: tuple[int, int], snap_compare: Callable[..., bool], tmp_path: Path
) -> None:
    app = app_over(_engine(), tmp_path, LOOKS.get(look))
    assert snap_compare(app, terminal_size=size, run_before=lambda pilot: _arrived(pilot, place))


@pytest.mark.parametrize("look", ["contrast", "ansi"])
def test_the_other_looks_look_as_they_did(look: str, snap_compare: Callable[..., bool], tmp_path: Path) -> None:
    app = app_over(_engine(), tmp_path, LOOKS[look])
    assert snap_compare(app, terminal_size=(80, 24), run_before=lambda pilot: _arrived(pilot, "peek"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_an_empty_board_says_what_to_press(
    size: tuple[int, int], snap_compare: Callable[..., bool], tmp_path: Path
) -> None:
    async def arrive(pilot: Pilot[Any]) -> None:
        await shows(pilot, "Press Tab")

    assert snap_compare(app_over(FakeEngine(), tmp_path), terminal_size=size, run_before=arrive)
