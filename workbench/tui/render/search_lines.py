"""Lines of the places that a search found, below the sessions of the Board."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from workbench.text.display import safe
from workbench.tui.render.board_lines import DIM, age, name_width
from workbench.tui.render.cells import cells
from workbench.tui.state.rows import Row
from workbench.tui.state.search_hits import MOST_FOUND, SearchHits, line_id, memory_line_id

Json = dict[str, Any]


def search_lines(hits: SearchHits, rows: Mapping[str, Row], now: datetime, width: int) -> list[tuple[str, Text]]:
    """A heading and a line for each place and each line of memory, with ids that `place_of` and `memory_of` read.

    Nothing where no words are wanted.
    """
    if not hits.words:
        return []
    every = len(hits.found) + len(hits.memories)
    count = f"{every}{'+' * (len(hits.found) == MOST_FOUND)}" if every else "nothing"
    how = hits.trouble or ("looking …" if hits.is_asking else f"{count} with {' '.join(hits.words)}")
    head = Text(f"said in any session · {how} ".ljust(width, "─"), DIM)
    remembered = [(memory_line_id(one), _memory_line(one, width)) for one in hits.memories]
    return [("", head), *remembered, *((line_id(one), _line(one, hits, rows, now, width)) for one in hits.found)]


def _line(one: Json, hits: SearchHits, rows: Mapping[str, Row], now: datetime, width: int) -> Text:
    row = rows.get(one["session_id"])
    name = name_width(width)
    moment = datetime.fromisoformat(one["processed_at"]) if one["processed_at"] else None
    said = marked_text(one["snippet"], one["marks"])
    _fit(said, max(4, width - name - 20))
    before = [
        (" ", 3, ""),
        (_sender(one, row), 9, DIM),
        (row.name if row else one["session_id"], name, ""),
        (" ", 1, ""),
    ]
    return cells(before) + said + cells([(" ", 1, ""), (age(moment, now), -6, DIM)])


def _memory_line(one: Json, width: int) -> Text:
    """A line of a store: which one, and the file in it."""
    name = name_width(width)
    said = marked_text(one["snippet"], one["marks"])
    _fit(said, max(4, width - name - 20))
    place = safe(f"{one['store']}{one['path']}:{one['line']}")
    return cells([(" ", 3, ""), ("memory", 9, DIM), (place, name, ""), (" ", 1, "")]) + said


def _fit(said: Text, room: int) -> None:
    said.truncate(room, overflow="ellipsis")
    said.append(" " * max(0, room - said.cell_len))


def marked_text(snippet: str, marks: Sequence[Sequence[int]]) -> Text:
    """A snippet on one line, with what was found in it marked; hidden signs are named."""
    said, reached = Text(), 0
    for first, end in marks:
        said.append(_on_line(snippet[reached:first]))
        said.append(_on_line(snippet[first:end]), "bold underline")
        reached = end
    return said.append(_on_line(snippet[reached:]))


def _on_line(text: str) -> str:
    return re.sub(r"\s+", " ", safe(text))


def _sender(one: Json, row: Row | None) -> str:
    kind = str(one["type"].partition(".")[0])
    if one["type"].endswith("result"):
        return str(one["tool"] or "output")
    match kind, one["tool"]:
        case "user", _:
            return "you"
        case _, str(tool):
            return tool
        case "agent", _:
            return row.agent if row else "agent"
    return kind
