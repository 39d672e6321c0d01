"""A call as lines for a person who decides: a change as a diff, side by side where there is room, anything else whole."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, Final

from rich.cells import chop_cells
from rich.text import Text

from workbench.contracts.call_text import call_text
from workbench.contracts.tools import EDIT, WRITE, path_of
from workbench.text.display import exact
from workbench.text.lines import lines_of

Json = dict[str, Any]

BESIDE_FROM: Final = 110
"""Columns of the terminal from which a diff stands side by side."""
LEAST_BESIDE: Final = 56
"""Columns of a card under which it does not, however wide the terminal is."""
ADDED: Final = "#56B4E9"
REMOVED: Final = "#E69F00"
_CONTEXT: Final = 3


def call_lines(call: Json, width: int, terminal: int) -> list[Text]:
    """Every line of the call, none of them cut, in so many columns of a terminal with so many."""
    given = call["input"]
    path = path_of(call["name"], given)
    if call["name"] == EDIT.name and all(isinstance(given.get(key), str) for key in EDIT.required):
        every = " everywhere in it" if given.get("replace_all") else ""
        return [_head(f"edit {path}{every}"), *diff_lines(given["old_string"], given["new_string"], width, terminal)]
    if call["name"] == WRITE.name and isinstance(path, str) and isinstance(given.get("content"), str):
        lines = lines_of(exact(given["content"]))
        shown = [line for text in lines for line in wrapped(f"+ {text}", width, ADDED)]
        return [_head(f"write {path}  ({len(lines)} lines)"), *shown]
    return [line for text in lines_of(call_text(call).expandtabs(4)) or [""] for line in wrapped(text, width)]


def diff_lines(old: str, new: str, width: int, terminal: int) -> list[Text]:
    """The difference of two texts: side by side from 110 columns of the terminal on, below it one under the other."""
    # Late: only a card with a change needs it.
    import difflib

    before, after = (lines_of(exact(text).expandtabs(4)) for text in (old, new))
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    beside = terminal >= BESIDE_FROM and width >= LEAST_BESIDE
    lines: list[Text] = []
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        lines += [Text("  ⋯", "#999999")] if lines else []
        for kind, first, last, begin, end in group:
            pair = before[first:last], after[begin:end]
            lines += _beside(kind, *pair, width) if beside else _below(kind, *pair, width)
    return lines or [Text("(no difference)", "#999999")]


def _below(kind: str, old: Sequence[str], new: Sequence[str], width: int) -> list[Text]:
    if kind == "equal":
        return [line for text in old for line in wrapped(f"  {text}", width)]
    removed = [line for text in old for line in wrapped(f"- {text}", width, REMOVED)]
    return removed + [line for text in new for line in wrapped(f"+ {text}", width, ADDED)]


def _beside(kind: str, old: Sequence[str], new: Sequence[str], width: int) -> list[Text]:
    half = (width - 3) // 2
    marks = (" ", " ") if kind == "equal" else ("-", "+")
    styles = ("", "") if kind == "equal" else (REMOVED, ADDED)
    lines: list[Text] = []
    for place in range(max(len(old), len(new))):
        halves = [
            wrapped(f"{mark} {side[place]}", half, style) if place < len(side) else []
            for side, mark, style in zip((old, new), marks, styles, strict=True)
        ]
        for row in range(max(map(len, halves))):
            left, right = (side[row] if row < len(side) else Text() for side in halves)
            lines.append(Text.assemble(left, " " * (half - left.cell_len), (" │ ", "#999999"), right))
    return lines


def wrapped(text: str, width: int, style: str = "") -> list[Text]:
    """The line, over as many rows as it needs."""
    return [Text(piece, style) for piece in chop_cells(text, max(1, width)) or [""]]


def prose(text: str, width: int, style: str = "") -> list[Text]:
    """A sentence, broken between words."""
    return [Text(piece, style) for piece in textwrap.wrap(text, max(1, width)) or [""]]


def _head(text: str) -> Text:
    return Text(exact(text), "bold")
