"""Lines on the screen look as they were given: with their styles, and drawn once."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import App, ComposeResult
from textual.strip import Strip

from tests.tui.fake import app_over, shows
from tests.tui.stage import household
from workbench.tui.config.preferences import Preferences
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


class Made:
    """A line that knows whether it was wanted."""

    def __init__(self, said: str, wanted: list[str]) -> None:
        self.said, self._wanted = said, wanted

    def text(self) -> Text:
        self._wanted.append(self.said)
        return Text(self.said)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Made) and other.said == self.said

    __hash__ = None  # type: ignore[assignment]


def test_lines_out_of_sight_are_not_made_and_one_that_changes_is_made_alone() -> None:
    wanted: list[str] = []

    async def made() -> list[list[str]]:
        app, steps = OneList(), []
        async with app.run_test(size=(40, 10)) as pilot:
            rows = app.query_one(Rows)
            lines = [(str(number), Made(f"line {number}", wanted)) for number in range(500)]
            for number, said in [(0, "line 0"), (3, "other"), (400, "out of sight"), (3, "other")]:
                lines[number] = (str(number), Made(said, wanted))
                rows.put(lines)
                await pilot.pause()
                steps.append(list(wanted))
                wanted.clear()
            rows.action_move(400)
            await pilot.pause()
            assert "out of sight" in wanted
            return steps

    first, *others = asyncio.run(asyncio.wait_for(made(), 30))
    assert first == [f"line {number}" for number in range(10)]
    assert others == [["other"], [], []]


def test_what_stands_on_the_screen_is_what_drawing_all_of_it_would_show() -> None:
    choose = random.Random(19)

    def lines(count: int) -> list[tuple[str, Text]]:
        return [(str(one), Text(f"{one} {choose.choice('ab')}", choose.choice(["", "bold"]))) for one in range(count)]

    async def whole() -> None:
        app = OneList()
        async with app.run_test(size=(30, 8)) as pilot:
            rows = app.query_one(Rows)
            app.set_focus(rows)
            for _ in range(150):
                match choose.randrange(5):
                    case 0:
                        rows.scroll_rows(choose.randrange(-9, 9))
                    case 1:
                        rows.action_move(choose.randrange(-9, 9))
                    case 2:
                        await pilot.resize_terminal(choose.randrange(20, 40), choose.randrange(3, 12))
                    case _:
                        rows.put(lines(choose.choice([0, 3, 20, 20, 20])))
                await pilot.pause()
                shown = app.screen._compositor.render_strips()
                rows.refresh()
                await pilot.pause()
                assert shown == app.screen._compositor.render_strips()

    asyncio.run(asyncio.wait_for(whole(), 60))


def test_what_is_kept_from_frame_to_frame_is_never_older_than_what_it_shows(tmp_path: Path) -> None:
    """Over screens, panes, dialogs, colours and sizes."""

    async def whole() -> None:
        app = app_over(household(), tmp_path)

        async def same() -> None:
            await pilot.pause()
            shown = app.screen._compositor.render_strips()
            for widget in app.screen.walk_children(with_self=True):
                widget.refresh()
            await pilot.pause()
            assert shown == app.screen._compositor.render_strips()

        async with app.run_test(size=(120, 40)) as pilot:
            await shows(pilot, "engine ok")
            for key in ("escape", "j", "space", "space", "f3", "ctrl+n", "ctrl+n", "f1", "escape", "ctrl+p", "escape"):
                await pilot.press(key)
                await same()
            for colours in ("light", "none", "dark"):
                app.apply_preferences(Preferences(colours=colours))
                await same()
            for size in ((80, 24), (30, 9), (140, 50)):
                await pilot.resize_terminal(*size)
                await same()
            await pilot.press("f2")
            await same()

    asyncio.run(asyncio.wait_for(whole(), 60))
