"""What a drag with the mouse takes: the characters of one row, and of more rows the source that they were made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip

from workbench.tui.widgets.sheet import on_ground


@dataclass(frozen=True)
class Shown:
    """A row on the screen: its text, and the paragraph of the agent's that it belongs to, with a number of its own."""

    text: str
    paragraph: tuple[int, int] | None = None
    source: str = ""


def taken(rows: Sequence[Shown], selection: Selection) -> str:
    """The selected text. Wrapped lines, bullets and frames are the screen's: of a paragraph of which more than one row is
    selected, the whole source is taken."""
    spans = [(row, span) for y, row in enumerate(rows) if (span := selection.get_span(y)) is not None]
    counts: dict[tuple[int, int], int] = {}
    for row, _ in spans:
        if row.paragraph is not None:
            counts[row.paragraph] = counts.get(row.paragraph, 0) + 1
    parts: list[str] = []
    done: set[tuple[int, int]] = set()
    for row, (start, end) in spans:
        if row.paragraph is None or counts[row.paragraph] == 1:
            parts.append((row.text[start:] if end == -1 else row.text[start:end]).rstrip())
        elif row.paragraph not in done:
            # Paragraphs are parted by an empty line, as they were.
            parts += [""] * (bool(parts) and bool(parts[-1])) + [row.source]
            done.add(row.paragraph)
    return "\n".join(parts)


def marked(strip: Strip, span: tuple[int, int], style: Style) -> Strip:
    """The row with its selected part in this style."""
    start, end = span[0], strip.cell_length if span[1] == -1 else min(span[1], strip.cell_length)
    if start >= end:
        return strip
    return Strip.join([strip.crop(0, start), on_ground(strip.crop(start, end), style), strip.crop(end)])
