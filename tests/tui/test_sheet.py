"""Lines on the screen look as they were given: with their styles, and drawn once."""

from __future__ import annotations

import asyncio

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import App, ComposeResult
from textual.strip import Strip

from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.selection import marked
from workbench.tui.widgets.sheet import Sheet


class OneSheet(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.sheet = Sheet()

    def compose(self) -> ComposeResult:
        yield self.sheet


def test_a_line_of_one_style_has_it_and_a_part_of_another_style_keeps_its_own() -> None:
    line = Text("- removed", "#e69f00")
    mixed = Text.assemble(("NEEDS", "bold"), " you", style="#e69f00")

    async def styles() -> list[list[str]]:
        app = OneSheet()
        async with app.run_test() as pilot:
            app.sheet.show([line, mixed])
            await pilot.pause()
            drawn = [app.sheet.render_line(y) for y in (0, 1)]
            return [
                [f"{segment.text.strip()}:{segment.style}" for segment in strip][: y + 1]
                for y, strip in enumerate(drawn)
            ]

    (whole,), (part, rest) = asyncio.run(asyncio.wait_for(styles(), 30))
    assert "#e69f00" in whole
    assert "bold" in part
    assert "#e69f00" in rest
    assert "bold" not in rest


def test_a_sheet_is_as_high_as_its_lines_whatever_is_laid_out_between_two_changes() -> None:
    """Both changes come before the sheet itself could ask for a layout, and one for another widget in between."""

    async def height_after(*heights: int) -> int:
        app = OneSheet()
        async with app.run_test() as pilot:
            for lines in heights:
                app.sheet.show([Text("a line")] * lines)
                app.screen._refresh_layout()
            await pilot.pause()
            return app.sheet.size.height

    for heights in ((1, 0, 1), (2, 1, 2), (0, 3, 0), (3, 0, 1)):
        assert asyncio.run(asyncio.wait_for(height_after(*heights), 30)) == heights[-1]


def test_the_same_words_in_another_style_are_drawn_anew() -> None:
    async def style_of() -> str:
        app = OneSheet()
        async with app.run_test() as pilot:
            for style in ("#e69f00", "#56b4e9"):
                app.sheet.show([Text("the same words", style)])
                await pilot.pause()
            return str(next(iter(app.sheet.render_line(0))).style)

    assert "#56b4e9" in asyncio.run(asyncio.wait_for(style_of(), 30))


def test_a_line_is_one_row_of_the_screen_whatever_stands_in_it() -> None:
    async def drawn() -> list[str]:
        app = OneSheet()
        async with app.run_test(size=(24, 5)) as pilot:
            app.sheet.show([Text("one\n\ntwo\tthree", "bold"), Text.assemble(("a\n", "bold"), "b\n" * 90)])
            await pilot.pause()
            rows = [app.sheet.render_line(y) for y in (0, 1)]
            assert [row.cell_length for row in rows] == [24, 24]
            assert all(part.style is not None and part.style.bold for part in rows[0] if part.text.strip())
            return [row.text.rstrip() for row in rows]

    assert asyncio.run(asyncio.wait_for(drawn(), 30)) == ["one  two    three", "a b b b b b b b b b b b…"]


class OneList(App[None]):
    CSS = "Rows { background: #101010; } Rows > .rows--cursor { background: #203040; }"

    def compose(self) -> ComposeResult:
        yield Rows()


def test_the_cursor_has_a_mark_and_where_its_list_has_the_keys_a_ground_of_its_own() -> None:
    async def drawn(*, focused: bool) -> list[tuple[str, set[str]]]:
        app = OneList()
        async with app.run_test() as pilot:
            rows = app.query_one(Rows)
            app.set_focus(rows if focused else None)
            rows.put([("a", Text(" one", "bold")), ("b", Text(" two", "bold"))])
            await pilot.press("down")
            rows.point_at("b")
            await pilot.pause()
            lines = [rows.render_line(y) for y in (0, 1)]
            return [(line.text.rstrip(), {grounds(part) for part in line}) for line in lines]

    def grounds(part: Segment) -> str:
        assert part.style is not None
        assert part.style.bgcolor is not None
        return part.style.bgcolor.name

    assert asyncio.run(asyncio.wait_for(drawn(focused=True), 30)) == [(" one", {"#101010"}), ("›two", {"#203040"})]
    assert asyncio.run(asyncio.wait_for(drawn(focused=False), 30)) == [(" one", {"#101010"}), ("›two", {"#101010"})]


def test_what_is_selected_has_the_ground_of_the_selection_and_nothing_else_has() -> None:
    strip = Strip([Segment("one two", Style.parse("bold on #101010"))])
    parts = marked(strip, (4, 7), Style.parse("on #203040"))
    assert [(part.text, str(part.style)) for part in parts] == [
        ("one ", "bold on #101010"),
        ("two", "bold on #203040"),
    ]
