"""What the SQL screen shows: the catalogue, rows as columns, one row whole, and a series as bars. Pure."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rich.text import Text

from workbench.client.saved_questions import SAVED
from workbench.client.zoned_rows import zone_of
from workbench.text.display import line, safe
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.cells import cells
from workbench.tui.state.exports import cell_text

Json = dict[str, Any]

WIDEST: Final = 48
WRONG: Final = "#D55E00"
MOST_BARS: Final = 400
NUMBERS: Final = ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL", "HUGEINT", "UBIGINT", "FLOAT", "SMALLINT", "TINYINT")
_LAST: Final = ("events",)
"""Views come first, and what is raw behind them."""
CATALOGUE: Final = (
    "SELECT c.table_name, c.column_name, c.data_type, c.comment, v.comment AS told FROM duckdb_columns() AS c "
    "JOIN duckdb_views() AS v ON v.view_name = c.table_name AND v.schema_name = c.schema_name "
    "WHERE c.schema_name = 'main' AND NOT c.internal ORDER BY c.table_name, c.column_index"
)


def catalogue(rows: Sequence[Sequence[Any]], opened: frozenset[str]) -> list[tuple[str, Text]]:
    """The tree: views with their columns where they are open, raw events last, then saved questions; ids tell them apart."""
    tables: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        tables.setdefault(row[0], []).append(row)
    lines: list[tuple[str, Text]] = [("", Text("views", "bold"))]
    for name in sorted(tables, key=lambda name: (name in _LAST, name)):
        is_open = name in opened
        lines.append(
            (
                f"view:{name}",
                Text.assemble(f" {'▾' if is_open else '▸'} {name}", ("  raw" if name in _LAST else "", DIM)),
            )
        )
        if is_open:
            lines += [
                (f"column:{name}.{row[1]}", Text.assemble(f"     {row[1]} ", (row[2].lower(), DIM)))
                for row in tables[name]
            ]
    lines += [("", Text("saved", "bold")), *((f"saved:{saved.name}", Text(f"   {saved.title}")) for saved in SAVED)]
    return lines


def comment(rows: Sequence[Sequence[Any]], line_id: str) -> str:
    """What a line of the catalogue is: the view's or the column's own comment."""
    kind, _, name = line_id.partition(":")
    view, _, column = name.partition(".")
    for row in rows:
        if kind == "view" and row[0] == view:
            return f"{view}: {row[4]}"
        if kind == "column" and row[:2] == [view, column]:
            return f"{column}, {row[2].lower()}: {row[3]}"
    return ""


@dataclass(frozen=True)
class Names:
    """What the editor completes: the columns of each view, and the words of SQL."""

    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def fitting(self, before: str, statement: str) -> list[str]:
        """What may stand behind `before`, the likely first: a view behind FROM; else columns of the views that are named."""
        words = _WORD.findall(before.lower())
        if words and words[-1] in _BEFORE_VIEWS:
            return [*self.columns, "search"]
        named = set(_WORD.findall(statement.lower()))
        views = sorted(self.columns, key=lambda view: view not in named)
        return list(
            dict.fromkeys([*(name for view in views for name in self.columns[view]), *_KEYWORDS, *self.columns])
        )


def names_of(rows: Sequence[Sequence[Any]]) -> Names:
    columns: dict[str, list[str]] = {}
    for view, column, *_ in rows:
        columns.setdefault(view, []).append(column)
    return Names(columns)


_WORD: Final = re.compile(r"\w+")
_BEFORE_VIEWS: Final = ("from", "join", "describe", "summarize")
_KEYWORDS: Final = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "BY",
    "ALL",
    "ORDER",
    "LIMIT",
    "HAVING",
    "DISTINCT",
    "INTERVAL",
    "DESCRIBE",
    "SUMMARIZE",
    "count",
    "median",
    "quantile_cont",
    "sum",
    "search",
    "FILTER",
    "JOIN",
    "USING",
    "BETWEEN",
]


def completion(text: str, known: Names, statement: str = "") -> str:
    """The rest of the word that is being typed at the end of a line's text, where it can be told."""
    found = re.search(r"\w{2,}$", text)
    if found is None:
        return ""
    word = found[0].lower()
    names = known.fitting(text[: found.start()], statement or text)
    return next((name[len(word) :] for name in names if name.lower().startswith(word) and len(name) > len(word)), "")


def widths(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[int]:
    """How wide each column is shown: as some hundred of its cells need it, from all over the rows."""
    seen = [*rows[:200], *rows[200 :: max(1, len(rows) // 200)], *rows[-20:]]
    return [
        min(WIDEST, max(len(columns[place]), *(len(line(cell_text(row[place]), WIDEST)) for row in seen), 1)) + 2
        for place in range(len(columns))
    ]


def head_line(result: Json, wide: Sequence[int], chosen: int, first: int) -> Text:
    """The heads from column `first` on; the chosen column is underlined."""
    columns = result["columns"]
    heads = [
        (columns[place], wide[place], "bold underline" if place == chosen else "bold")
        for place in range(first, len(columns))
    ]
    # The first cell of a line is where the list shows that it has not the focus.
    return Text(" ") + cells(heads)


def row_line(result: Json, number: int, wide: Sequence[int], first: int) -> Text:
    """One row below its heads."""
    row, types = result["rows"][number], result["types"]
    parts: list[tuple[str, int, str]] = [(" ", 1, "")]
    for place in range(first, len(row)):
        width = wide[place] - 2
        text = line(safe(cell_text(row[place])), WIDEST) or " "
        style = "" if row[place] is not None else DIM
        parts.append((text, -width if types[place].startswith(NUMBERS) else width, style))
        parts.append((" ", 2, ""))
    return cells(parts)


def cell_lines(result: Json, number: int, chosen: int) -> list[Text]:
    """The whole cell, and below it the rest of its row."""
    columns, row = result["columns"], result["rows"][number]
    whole = cell_text(row[chosen])
    try:
        parsed = json.loads(whole) if whole[:1] in "{[" else None
    except ValueError:
        parsed = None
    text = json.dumps(parsed, indent=2, ensure_ascii=False) if parsed is not None else whole
    lines = [Text(columns[chosen], "bold"), *(Text(safe(part)) for part in text.split("\n")), Text("")]
    return lines + [
        Text.assemble((f"{name:<20} ", DIM), line(safe(cell_text(value)), 200))
        for name, value in zip(columns, row, strict=True)
    ]


def status(result: Json) -> Text:
    """How it went: rows, time, and whether the cap was reached."""
    count = len(result["rows"])
    cap = f"capped at {count:,}: there are more" if result["truncated"] else "all of them"
    zone = f" · times of {zone_of(result)}" if zone_of(result) else ""
    return Text(f"{count:,} rows, {cap} · {result['seconds'] * 1000:,.0f} ms{zone}", DIM)


def refused(why: str, width: int) -> list[Text]:
    """Why it was not answered, with the place in the statement, if the database shows it, under the statement's line."""
    pieces: list[str] = []
    for row in safe(why).expandtabs(2).splitlines():
        is_place = row.startswith("LINE ") or not row.strip(" ^")
        pieces += [row] if is_place else textwrap.wrap(row, max(20, width))
    return [Text(piece, WRONG) for piece in pieces if piece.strip()]


def plotted(result: Json, chosen: int = 0) -> tuple[int, int] | None:
    """The columns of a series: what stands along it, and the chosen column of numbers or else the first; None where it is none."""
    numbers = [place for place, kind in enumerate(result["types"]) if kind.startswith(NUMBERS)]
    if not result["rows"] or len(result["columns"]) < 2 or not numbers:
        return None
    value = chosen if chosen in numbers[numbers[0] == 0 :] else next((place for place in numbers if place > 0), None)
    return None if value is None else (0, value)


def plot_lines(result: Json, width: int, chosen: int = 0) -> list[Text]:
    """A bar for each row."""
    places = plotted(result, chosen)
    if places is None:
        return [Text("no series: a plot needs a column of numbers behind the first column", DIM)]
    along, value = places
    rows = result["rows"][:MOST_BARS]
    numbers = [float(row[value] or 0) for row in rows]
    labels = [line(cell_text(row[along]), 20) for row in rows]
    most, room = max(*numbers, 0.0) or 1.0, max(10, width - 40)
    lines = [Text(f"{result['columns'][value]} by {result['columns'][along]}", "bold")]
    for label, number in zip(labels, numbers, strict=True):
        eighths = round(max(0.0, number) / most * room * 8)
        bar = "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
        lines.append(Text.assemble((f"{label:>20} ", ""), (bar, "#56B4E9"), f" {number:,.10g}"))
    if len(result["rows"]) > MOST_BARS:
        lines.append(Text(f"the first {MOST_BARS} of {len(result['rows']):,}", DIM))
    return lines
