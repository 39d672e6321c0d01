"""Stories at the SQL screen: ask, look at a cell, jump into a session, cancel, plot, export."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, said, screen_text, shows, state, until
from tests.tui.test_board import play
from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.tui.app import WorkbenchApp
from workbench.tui.render import sql_lines
from workbench.tui.screens.excerpt import Excerpt
from workbench.tui.screens.sql import Sql

Json = dict[str, Any]

CATALOGUE = [
    ["events", "body", "JSON", "The whole event", "Everything"],
    ["tool_calls", "session_id", "VARCHAR", "The session", "One row a call"],
    ["tool_calls", "duration_ms", "DOUBLE", "How long", "One row a call"],
]
ANSWER: Json = {
    "columns": ["session_id", "seq", "input", "n"],
    "types": ["VARCHAR", "BIGINT", "JSON", "BIGINT"],
    "rows": [["sesn_one", 7, '{"command": "make"}', 40], ["sesn_two", 9, None, 10]],
    "truncated": True,
    "seconds": 0.011,
    "time_zone": "UTC",
}
WRONG = """Parser Error: syntax error at or near "broken", which is said in more words than one line of a small terminal has

LINE 1: from x broken
               ^
This is what it was, and what is to be done stands at its end."""


class AskedEngine(FakeEngine):
    """An engine that answers SQL; `gate` holds the answer to what people ask."""

    def __init__(self) -> None:
        super().__init__(state("sesn_one"), state("sesn_two"))
        self.gate = asyncio.Event()
        self.gate.set()
        self.statements: list[str] = []
        self.cancelled: list[str] = []

    async def post(self, path: str, body: Mapping[str, Any]) -> Json:
        if path != "/workbench/v1/sql":
            return await super().post(path, body)
        sql = body["sql"]
        if sql == sql_lines.CATALOGUE:
            return ANSWER | {"rows": CATALOGUE}
        if "BETWEEN" in sql:
            return {"rows": [[json.dumps(said("m7", "Here it was."))]]}
        self.statements.append(sql)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.append(sql)
            raise
        if "broken" in sql:
            raise ApiError(400, "invalid_request_error", WRONG)
        return ANSWER


async def _asked(pilot: Pilot[None], text: str) -> None:
    await pilot.press("f7")
    await shows(pilot, "▸ tool_calls")
    await pilot.press(*text, "ctrl+j")


def test_a_question_is_answered_and_a_row_opens_its_session_at_that_event(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await _asked(pilot, "from x")
        await shows(pilot, "2 rows, capped at 2: there are more · 11 ms")
        await pilot.press("tab", "down", "enter")
        await shows(pilot, "Here it was.")
        moment = app.screen
        assert isinstance(moment, Excerpt)
        assert (moment.session_id, moment.seq) == ("sesn_two", 9)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Sql))

    play(AskedEngine(), tmp_path, story, size=(110, 30))


def test_space_shows_the_whole_cell_and_arrows_choose_the_column(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await _asked(pilot, "from x")
        await shows(pilot, "sesn_one")
        await pilot.press("tab", "right", "right", "space")
        await shows(pilot, '"command": "make"')
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == '{"command": "make"}')
        await pilot.press("Y")
        await until(pilot, lambda: app.clipboard == 'sesn_one\t7\t{"command": "make"}\t40')
        await pilot.press("p")
        await shows(pilot, "seq by session_id")

    play(AskedEngine(), tmp_path, story, size=(110, 40))


def test_moments_are_those_of_the_persons_zone_and_an_export_keeps_those_of_the_log(tmp_path: Path) -> None:
    class Zoned(AskedEngine):
        async def post(self, path: str, body: Mapping[str, Any]) -> Json:
            answer = await super().post(path, body)
            if answer is not ANSWER:
                return answer
            moments = [["2026-03-02T23:30:00.000000Z", "2026-03-02T23:30:00.000000Z"], [None, "x"]]
            types = ["TIMESTAMP WITH TIME ZONE", "VARCHAR"]
            return ANSWER | {
                "columns": ["at", "text"],
                "types": types,
                "rows": moments,
                "truncated": False,
                "time_zone": "Asia/Tokyo",
            }

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await _asked(pilot, "from x")
        await shows(pilot, "2 rows, all of them · 11 ms · times of Asia/Tokyo")
        await shows(pilot, "2026-03-03 08:30:00.000000+09:00  2026-03-02T23:30:00.000000Z")
        await pilot.press("tab", "e")
        screen = app.screen
        assert isinstance(screen, Sql)
        screen.line.set(str(tmp_path / "rows.csv"))
        await pilot.press("enter")
        await shows(pilot, "rows.csv: 2 rows")
        first = "2026-03-02T23:30:00.000000Z,2026-03-02T23:30:00.000000Z"
        assert (tmp_path / "rows.csv").read_text().splitlines() == ["at,text", first, ",x"]

    play(Zoned(), tmp_path, story, size=(130, 40))


def test_escape_hangs_up_on_a_running_question_and_an_error_is_read_to_its_end(tmp_path: Path) -> None:
    engine = AskedEngine()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        engine.gate.clear()
        await _asked(pilot, "from x")
        await shows(pilot, "Esc cancels")
        await pilot.press("escape")
        await shows(pilot, "cancelled")
        await until(pilot, lambda: engine.cancelled == ["from x"])
        assert isinstance(app.screen, Sql)
        engine.gate.set()
        await pilot.press(*" broken", "ctrl+j")
        await shows(pilot, "LINE 1: from x broken")
        await shows(pilot, "               ^")
        await shows(pilot, "its end.")
        await pilot.press(*["backspace"] * len(" broken"), "ctrl+j")
        await shows(pilot, "2 rows, capped at 2: there are more · 11 ms")

    play(engine, tmp_path, story, size=(92, 24))


def test_a_saved_question_is_taken_from_the_catalogue_and_words_are_completed(tmp_path: Path) -> None:
    engine = AskedEngine()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("f7")
        await shows(pilot, "▸ tool_calls")
        await pilot.press(*"from tool_c")
        screen = app.screen
        assert isinstance(screen, Sql)
        await until(pilot, lambda: screen.editor.suggestion == "alls")
        await pilot.press("right")
        await until(pilot, lambda: screen.editor.text == "from tool_calls")
        await pilot.press("tab", "tab")
        await until(pilot, lambda: screen.focused is screen.catalogue)
        await shows(pilot, "tool_calls: One row a call")
        await pilot.press("enter")
        await shows(pilot, "duration_ms double")
        await pilot.press("down", "down")
        await shows(pilot, "duration_ms, double: How long")
        await pilot.press("end", "enter")
        await until(pilot, lambda: "FROM asked" in screen.editor.text)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "FROM asked" in "".join(engine.statements))

    play(engine, tmp_path, story, size=(110, 40))


def test_an_answer_is_written_as_its_files_name_ends_and_never_over_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = AskedEngine()

    async def named(pilot: Pilot[None], screen: Sql, name: str) -> None:
        await pilot.press("e")
        assert screen.line.text.endswith(".csv")
        screen.line.set(name or screen.line.text)
        await pilot.press("enter")

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await _asked(pilot, "from x")
        await shows(pilot, "sesn_one")
        screen = app.screen
        assert isinstance(screen, Sql)
        await pilot.press("tab")
        for name in ("", "two.json", "three.parquet"):
            await named(pilot, screen, name)
            await until(pilot, (tmp_path / (name or "workbench-1.csv")).exists)
            await until(pilot, lambda: screen.focused is screen.rows)
        for name, why in (
            ("two.json", "is there already"),
            ("four.txt", "end it with"),
            ("no/five.csv", "is no folder"),
        ):
            await named(pilot, screen, name)
            await shows(pilot, why)
            await pilot.press("escape")

    play(engine, tmp_path, story, size=(110, 40))
    assert {file.name for file in tmp_path.glob("*.*")} >= {"three.parquet", "two.json", "workbench-1.csv"}
    rows = list(csv.reader((tmp_path / "workbench-1.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[:2] == [["session_id", "seq", "input", "n"], ["sesn_one", "7", '{"command": "make"}', "40"]]
    assert json.loads((tmp_path / "two.json").read_text())[1]["n"] == 10
    assert (tmp_path / "three.parquet").read_bytes() == b"PAR1"
    assert [(path, body["sql"], body["format"]) for path, body in engine.told] == [(paths.SQL, "from x", "parquet")]
    # What was capped on the screen is asked for again, whole.
    assert engine.statements == ["from x"] * 3


def test_a_hundred_thousand_rows_are_walked_through_and_only_those_on_the_screen_are_made(tmp_path: Path) -> None:
    made: list[int] = []

    class Rows(list[list[Any]]):
        def __getitem__(self, place: Any) -> Any:
            if isinstance(place, int):
                made.append(place)
            return super().__getitem__(place)

    class Much(AskedEngine):
        async def post(self, path: str, body: Mapping[str, Any]) -> Json:
            answer = await super().post(path, body)
            if body.get("sql") != "from x":
                return answer
            return {
                **ANSWER,
                "columns": ["n"],
                "types": ["BIGINT"],
                "rows": Rows([number] for number in range(100_000)),
            }

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await _asked(pilot, "from x")
        await shows(pilot, "100,000 rows, capped at 100,000")
        await pilot.press("tab", "end")
        await shows(pilot, "99999")
        assert any(one.rstrip().endswith("│ n") for one in screen_text(app).splitlines())
        await pilot.press("pageup", "up", "home", "pagedown")
        screen = app.screen
        assert isinstance(screen, Sql)
        assert screen.number == screen.rows.size.height - 2
        await pilot.press("space")
        assert len(set(made)) < 1_000

    play(Much(), tmp_path, story, size=(110, 40))


def test_a_list_marks_its_line_in_its_columns_with_the_focus_and_without_it(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await _asked(pilot, "from x")
        await shows(pilot, "│›sesn_one")
        await shows(pilot, "│ sesn_two")
        await pilot.press("tab", "down")
        await shows(pilot, "│›sesn_two")
        assert "│ sesn_one" in screen_text(app)

    play(AskedEngine(), tmp_path, story, size=(110, 40))


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (40, 12)])
def test_at_eighty_columns_and_less_the_catalogue_comes_in_place_of_the_rest(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("f7")
        await shows(pilot, "Ctrl+J")
        screen = app.screen
        assert isinstance(screen, Sql)
        assert "tool_calls" not in screen_text(app)
        await pilot.press("tab", "tab")
        await until(pilot, lambda: "tool_calls" in screen_text(app) and "SELECT …" not in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "tool_calls" not in screen_text(app) and screen.focused is screen.editor)
        await pilot.press("tab", "tab", "end")
        await until(pilot, lambda: screen.catalogue.cursor.startswith("saved:"))
        await pilot.press("enter")
        await until(pilot, lambda: screen.focused is screen.editor and bool(screen.editor.text))
        await until(pilot, lambda: screen.editor.text.splitlines()[0][:30] in screen_text(app))

    play(AskedEngine(), tmp_path, story, size=size)


def test_a_plot_stays_until_it_is_closed_or_a_cell_is_wanted(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await _asked(pilot, "from x")
        await shows(pilot, "sesn_one")
        await pilot.press("tab", "p")
        await shows(pilot, "seq by session_id")
        await pilot.press("down")
        app.screen.redraw()  # type: ignore[attr-defined]
        await shows(pilot, "█")
        await pilot.press("right", "right", "right")
        await shows(pilot, "n by session_id")
        await pilot.press("space")
        await until(pilot, lambda: "█" not in screen_text(app))
        await pilot.press("p")
        await shows(pilot, "█")
        await pilot.press("p")
        await until(pilot, lambda: "█" not in screen_text(app))

    play(AskedEngine(), tmp_path, story, size=(110, 40))


def test_a_series_is_drawn_as_bars() -> None:
    result = {
        "columns": ["day", "usd"],
        "types": ["DATE", "DOUBLE"],
        "rows": [["2026-01-01", 4.0], ["2026-01-02", 1.0]],
    }
    lines = [line.plain for line in sql_lines.plot_lines(result, 80)]
    assert lines[0] == "usd by day"
    assert lines[1].count("█") == 4 * lines[2].count("█")
    assert sql_lines.plotted({"columns": ["a"], "types": ["VARCHAR"], "rows": [["x"]]}) is None


@pytest.mark.parametrize(
    ("statement", "rest"),
    [
        ("from eve", "nts"),
        ("from ev", "ents"),
        ("SELECT * FROM tool", "_calls"),
        ("from tool_calls select dur", "ation_ms"),
        ("from a join mes", "sages"),
        ("from messages select eve", "nt_id"),
        ("from searc", "h"),
        ("sel", "ECT"),
        ("from events wher", "E"),
        ("from e", ""),
        ("from xyz", ""),
        ("from events ", ""),
        ("", ""),
    ],
)
def test_views_are_completed_where_views_stand_and_columns_of_the_named_views_elsewhere(
    statement: str, rest: str
) -> None:
    rows = [["approvals", "event_id"], ["events", "body"], ["messages", "event_id"], ["tool_calls", "duration_ms"]]
    assert sql_lines.completion(statement, sql_lines.names_of(rows)) == rest


def test_the_catalogue_comes_when_the_engine_does(tmp_path: Path) -> None:
    engine = AskedEngine()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        engine.leave()
        await until(pilot, lambda: not app.store.feed.live)
        await pilot.press("f7")
        await shows(pilot, "what did I spend")
        assert "tool_calls" not in screen_text(app)
        engine.away = False
        await shows(pilot, "▸ tool_calls")

    play(engine, tmp_path, story, size=(110, 40))
