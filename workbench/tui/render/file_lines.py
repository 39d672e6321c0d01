"""Files of a session as lines: one a file, and the text of one that is opened. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from rich.text import Text

from workbench.text.display import exact, size, span
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.cells import cells
from workbench.tui.render.event_lines import broken
from workbench.tui.render.syntax import LONGEST_LINE, coloured

Json = dict[str, Any]

MOST_SHOWN: Final = 30_000
"""Characters of a file that are shown; the rest is told of."""
KINDS: Final = {"upload": "yours", "output": "agent's"}
_INDENT: Final = "     "


def file_line(file: Json, width: int, now: datetime, *, unfolded: bool) -> Text:
    """Name, whose it is, size, age, and where it lies in the sandbox."""
    room = max(20, width - 3 - 9 - 9 - 6 - 2)
    name = min(40, room * 2 // 5)
    age = (now - datetime.fromisoformat(file["created_at"])).total_seconds()
    return cells(
        [
            (" ▾" if unfolded else " ▸", 3, DIM),
            (_one_line(file["filename"]), name, ""),
            (" ", 1, ""),
            (KINDS[file["kind"]], 9, DIM),
            (size(file["size_bytes"]), -8, ""),
            (span(age), -6, DIM),
            ("  ", 2, ""),
            (_one_line(file["place"]), room - name, DIM),
        ]
    )


def text_lines(file: Json, text: str | None, width: int) -> list[Text]:
    """The beginning of what stands in a file; of one without text, what can be done with it."""
    if text is None:
        return [Text(f"{_INDENT}no text: o opens it with a program of your desktop, s saves it", DIM)]
    if not text:
        return [Text(f"{_INDENT}it is empty", DIM)]
    shown = exact(text[:MOST_SHOWN].replace("\r\n", "\n")).rstrip("\n").split("\n")
    # A long line would leave all without colours: it is coloured as if it were not there.
    short = [one if len(one) <= LONGEST_LINE else "" for one in shown]
    lines = [
        styled if plain or not whole else Text(whole)
        for styled, plain, whole in zip(coloured(exact(file["filename"]), short), short, shown, strict=True)
    ]
    for one in lines:
        one.expand_tabs(4)
    rows = [Text(_INDENT) + row for one in lines for row in broken(one, max(10, width - len(_INDENT) - 1))]
    if (hidden := file["size_bytes"] - len(text[:MOST_SHOWN].encode())) > 0:
        rows.append(Text(f"{_INDENT}… {size(hidden)} more; s saves all of it", DIM))
    return rows


def _one_line(text: str) -> str:
    return exact(text).replace("\n", "⟨U+000A⟩")
