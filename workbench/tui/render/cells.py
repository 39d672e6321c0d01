"""Columns of a line: text cut or filled to widths in cells."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text


def cells(parts: Sequence[tuple[str, int, str]]) -> Text:
    """Columns: text, width in cells and style; a negative width stands at the right of its column, none at all nowhere."""
    row = Text()
    for said, width, style in parts:
        if not width:
            continue
        cell = Text(said.replace("\n", " "), style=style)
        cell.truncate(abs(width), overflow="ellipsis")
        padding = " " * max(0, abs(width) - cell.cell_len)
        row.append_text(Text(padding) + cell if width < 0 else cell + Text(padding))
    return row
