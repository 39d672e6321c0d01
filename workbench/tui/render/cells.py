"""Columns of a line: text cut or filled to widths in cells."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.control import strip_control_codes
from rich.text import Text


def cells(parts: Sequence[tuple[str, int, str]]) -> Text:
    """Columns: text, width in cells and style; a negative width stands at the right of its column, none at all nowhere."""
    row = Text()
    for said, width, style in parts:
        if not width:
            continue
        room, cell = abs(width), strip_control_codes(said.replace("\n", " "))
        length = cell_len(cell)
        if length > room:
            cell, length = set_cell_size(cell, room - 1) + "…", room
        padding = " " * (room - length)
        if width < 0:
            row.append(padding).append(cell, style)
        else:
            row.append(cell + padding, style)
    return row
