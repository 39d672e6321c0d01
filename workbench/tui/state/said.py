"""Sentences that the app has said for a moment: as much of each as fits two lines, and the last ones whole."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from datetime import datetime
from typing import Final

MOST_KEPT: Final = 100
MOST_LINES: Final = 2
"""Of one notice: as many as a header has."""
FRAME: Final = 4
"""Columns beside the text of a notice."""
MOST_AT_ONCE: Final = 2
READ_S: Final = 2.5
"""A notice that stood for so long goes with the next key."""


@dataclass(frozen=True)
class Said:
    """One sentence, with its title."""

    at: datetime
    title: str
    text: str


def in_lines(title: str, text: str, columns: int, more: str) -> str:
    """A notice as it may stand on a screen of this width; `more` says where the whole of it is."""
    whole = f"{title}: {text}" if title and text else title or text
    width = max(16, columns - FRAME)
    lines = [row for line in whole.split("\n") for row in textwrap.wrap(line, width) or [""]]
    if not columns or len(lines) <= MOST_LINES:
        return "\n".join(lines) if columns else whole
    last = lines[MOST_LINES - 1]
    room = max(0, width - len(more) - 3)
    return "\n".join([*lines[: MOST_LINES - 1], f"{last[:room].rstrip()} … {more}".rstrip()])
