"""What a terminal would show in the end of what programs wrote: overwritten frames go, and it is said how many."""

from __future__ import annotations

import re

_ANSI = re.compile(
    r"\x1b(?:\[([0-9;?<=>]*)[ -/]*([@-~])"  # CSI
    r"|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC and other strings
    r"|[ -/]*[0-~])"
)
_MOVES = re.compile(r"\r(?!\r*\n)|\x08|\x1b\[[0-9;]*[ABEFGJK]")
_SIGNS = re.compile(rf"{_ANSI.pattern}|\r(?!\r*\n)|\x08|\n")
MOST_COLUMNS = 2000
"""How far a column that a program names is believed."""


def shown(written: str, *, counts: bool = True) -> str:
    """The text without colours, each line in its last state; carriage returns before a line's end stay.

    `counts` has it said at the end how many states were overwritten.
    """
    if not _MOVES.search(written):
        return _ANSI.sub("", written)
    screen = _Screen()
    at = 0
    for sign in _SIGNS.finditer(written):
        screen.put(written[at : sign.start()])
        screen.obey(sign)
        at = sign.end()
    screen.put(written[at:])
    return screen.text(counts=counts)


class _Screen:
    """Lines without an edge, and a cursor."""

    def __init__(self) -> None:
        self._lines: list[str] = [""]
        self._row = self._column = 0
        self._returned = False
        self._overwritten = 0

    def put(self, text: str) -> None:
        if text:
            line = self._lines[self._row].ljust(self._column)
            self._count(line[self._column :])
            self._lines[self._row] = line[: self._column] + text + line[self._column + len(text) :]
            self._column += len(text)

    def obey(self, sign: re.Match[str]) -> None:
        if sign[0] == "\n":
            self._row += 1
            self._column = 0
            # Down into a line that is there already is a return to it.
            self._returned = self._row < len(self._lines)
            if not self._returned:
                self._lines.append("")
        elif sign[0] == "\r":
            self._column, self._returned = 0, True
        elif sign[0] == "\x08":
            self._column, self._returned = max(0, self._column - 1), True
        elif sign[2]:
            number = int(sign[1]) if sign[1].isdigit() and len(sign[1]) < 6 else 0
            self._move(sign[2], number)

    def _move(self, letter: str, number: int) -> None:
        if letter in "AF":
            self._row, self._returned = max(0, self._row - max(1, number)), True
        elif letter in "BE":
            self._row = min(len(self._lines) - 1, self._row + max(1, number))
        elif letter == "G":
            self._column, self._returned = min(MOST_COLUMNS, max(0, number - 1)), True
        elif letter == "K" or (letter == "J" and number == 0):
            line = self._lines[self._row]
            kept = "" if number else line[: self._column]
            self._count(line[len(kept) :])
            self._lines[self._row] = kept
            if letter == "J":
                del self._lines[self._row + 1 :]
        if letter in "EF":
            self._column = 0

    def _count(self, lost: str) -> None:
        """One more state of a line is gone, when the cursor went back for it; its pieces count once."""
        if self._returned and lost.strip():
            self._overwritten += 1
            self._returned = False

    def text(self, *, counts: bool) -> str:
        lines = "\n".join(self._lines)
        if not self._overwritten or not counts:
            return lines
        states = "state" if self._overwritten == 1 else "states"
        return f"{lines.rstrip(chr(10))}\n[{self._overwritten:,} earlier {states} of overwritten lines left out]"
