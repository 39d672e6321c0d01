"""Sentences that the app has said for a moment: as much of each as fits a corner of the screen, and the last ones whole."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from datetime import datetime
from typing import Final

MOST_KEPT: Final = 100
WIDEST: Final = 60
LEAST_LINES: Final = 3
FRAME: Final = 4
"""Columns beside the text of a notice."""


LOW: Final = 20
"""Rows of a screen on which there is room for one notice."""


@dataclass(frozen=True)
class Said:
    """One sentence, with its title."""

    at: datetime
    title: str
    text: str


def at_once(rows: int) -> int:
    """How many notices a screen of so many rows has room for."""
    return 2 if rows >= LOW else 1


def in_corner(text: str, columns: int, rows: int, more: str) -> str:
    """The text as it may stand on a screen of this size; `more` says where the whole of it is."""
    width, most = max(16, min(WIDEST, columns // 2) - FRAME), max(LEAST_LINES, rows // 5)
    lines = [row for line in text.split("\n") for row in textwrap.wrap(line, width) or [""]]
    if not columns or len(lines) <= most:
        return text
    return "\n".join([*lines[: most - 1], f"… {more}".rstrip()])
