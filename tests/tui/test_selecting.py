"""What the mouse takes equals what was written, not what was drawn."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from textual.geometry import Offset
from textual.selection import Selection

from tests.tui.fake import FakeEngine, app_over, said, screen_text, shows, state, until
from workbench.tui.screens.session import SessionScreen
from workbench.tui.widgets.selection import Shown, taken

ROWS = [
    Shown("you"),
    Shown("  go"),
    Shown(" first half of", (1, 0), "first **half** of it"),
    Shown(" it", (1, 0), "first **half** of it"),
    Shown(" • second", (1, 1), "- second"),
]


def of(first: tuple[int, int], last: tuple[int, int]) -> str:
    return taken(ROWS, Selection(Offset(*first), Offset(*last)))


def test_a_part_of_one_row_is_taken_as_it_stands() -> None:
    assert of((1, 2), (6, 2)) == "first"


def test_of_more_rows_of_a_paragraph_its_source_is_taken_once() -> None:
    assert of((3, 2), (2, 3)) == "first **half** of it"


def test_paragraphs_keep_the_empty_line_between_them_and_single_rows_their_text() -> None:
    assert of((0, 1), (9, 4)) == "  go\n\nfirst **half** of it\n • second"
    assert taken(ROWS, Selection(None, None)).startswith("you\n  go\n\nfirst **half** of it")


SOURCES = {
    "a wrapped paragraph": (
        "A **bold** line that is much longer than the screen is wide, so that it breaks, " * 2
    ).strip(),
    "code": "```python\nA = {'bold line': 1}\n\n\nif A:\n\tprint(A)  \n```",
    "a table": "| A bold line | n |\n|---|---:|\n| one | 1 |\n| two | 2 |",
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_drag_copies_the_source_and_stops_following(kind: str, tmp_path: Path) -> None:
    source = SOURCES[kind]
    first = "bold line"
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": [said("m", source)]})
    copied: list[str] = []

    async def whole() -> None:
        app = app_over(engine, tmp_path, session_id="sesn_a")
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.screen.is_mounted)
            await shows(pilot, first)
            cast("Any", app).copy = copied.append
            talk = cast("SessionScreen", app.screen)
            row = next(y for y, line in enumerate(screen_text(app).splitlines()) if first in line)
            await pilot.mouse_down(offset=(4, row))
            await pilot.hover(offset=(10, row + 1))
            await pilot.mouse_up(offset=(10, row + 1))
            await until(pilot, lambda: bool(talk.get_selected_text()))
            assert talk.view.tile is not None
            assert not talk.view.tile.transcript.follows
            await pilot.press("ctrl+c")

    asyncio.run(asyncio.wait_for(whole(), 30))
    assert copied == [source]
