"""A file's hunks as rows of a terminal: numbered, coloured, and marked within lines; one under the other or side by side.

Rows are places in lines and cost little; what stands in a row is made when it comes into sight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, zip_longest
from typing import Final, Literal

from rich.cells import cell_len, chop_cells
from rich.text import Text

from workbench.text.display import exact
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import ADDED, REMOVED
from workbench.tui.render.intraline import Spans, differing
from workbench.tui.render.syntax import coloured
from workbench.tui.state.comments import Comment
from workbench.tui.state.findings import Finding
from workbench.tui.state.review import Hunk, ReviewedFile

MOST_LINES: Final = 20_000
LONGEST_LINE: Final = 4_000
"""Characters; of a longer line the rest is counted."""
STYLES: Final = {"-": REMOVED, "+": ADDED}
SEVERITIES: Final = {"high": "bold #D55E00", "medium": "bold #E69F00", "low": ""}
"""Of findings."""
CARRIAGE_RETURN: Final = "␍"

Kind = Literal["head", "line", "comment", "finding", "note"]
Tints = tuple[str, str]
"""Grounds of lines that came and that went."""
NO_TINTS: Final[Tints] = ("", "")


@dataclass(frozen=True)
class Line:
    """A line of a diff: its sign, its text as it is shown and as it is, its numbers on either side, and whether it is only on
    the old one."""

    hunk: int
    sign: str
    text: str
    source: str
    old: int | None
    new: int | None
    is_old: bool = False


@dataclass(frozen=True)
class Row:
    """A row on the screen: `left` and `right` are places of lines, `piece` the part of them that is in this row."""

    kind: Kind
    hunk: int
    left: int | None = None
    right: int | None = None
    piece: int = 0
    text: str = ""
    comment: Comment | None = None
    severity: str = ""

    @property
    def line(self) -> int | None:
        """The place of the line that is meant by this row: of two, the one as it is now."""
        return self.right if self.right is not None else self.left


@dataclass
class Diff:
    """A file's rows for a width, and what stands in them."""

    file: ReviewedFile
    width: int
    beside: bool
    comments: Sequence[Comment] = ()
    findings: Sequence[Finding] = ()
    lines: list[Line] = field(init=False)
    rows: list[Row] = field(init=False)

    def __post_init__(self) -> None:
        every = self.file.hunks or ()
        self.lines = lines_of_hunks(every)
        numbers = [number for line in self.lines for number in (line.old, line.new) if number is not None]
        self._digits = len(str(max(numbers, default=0)))
        self._pairs = _pairs(self.lines)
        self._coloured: dict[tuple[int, bool], dict[int, Text]] = {}
        self._pieces: dict[int, list[tuple[int, int]]] = {}
        self.rows = [*self._outdated(), *self._notes(every), *self._rows(every)]

    # ── rows ──

    @property
    def _half(self) -> int:
        return (self.width - 4) // 2

    @property
    def _room(self) -> int:
        """Columns for the text of a line."""
        gutter = self._digits + 3 if self.beside else 2 * self._digits + 4
        return max(2, (self._half if self.beside else self.width - 1) - gutter)

    def _outdated(self) -> Iterator[Row]:
        """Comments on lines that are not there as they were."""
        for comment in self.comments:
            if self._line_of(comment) is None:
                place = comment.place.removeprefix(f"{comment.path}, ")
                yield from self._said(
                    comment, 0, f"on {place}, which {'is' if comment.first == comment.last else 'are'} gone: "
                )

    def _notes(self, every: Sequence[Hunk]) -> Iterator[Row]:
        if self.file.hunks is None:
            yield Row("note", 0, text="reading …")
        elif not every:
            yield Row("note", 0, text=" · ".join(self.file.notes) or "no lines differ")

    def _rows(self, every: Sequence[Hunk]) -> Iterator[Row]:
        said: dict[int | None, list[Comment]] = {}
        for comment in self.comments:
            said.setdefault(self._line_of(comment), []).append(comment)
        for number, group in groupby(range(len(self.lines)), lambda place: self.lines[place].hunk):
            yield Row("head", number, text=f"{every[number].head}  {number + 1} of {len(every)}")
            for left, right in self._columns(list(group)):
                heights = [len(self._cut(place)) for place in (left, right) if place is not None]
                for piece in range(max(heights)):
                    yield Row("line", number, left, right, piece)
                for place in dict.fromkeys(place for place in (left, right) if place is not None):
                    for comment in said.get(place, ()):
                        yield from self._said(comment, number)
                    yield from self._found(place, number)
        left_out = sum(len(hunk.lines) for hunk in every) - len(self.lines)
        if left_out > 0:
            yield Row("note", len(every) - 1, text=f"… {left_out} more lines; workbench diff shows them")

    def _columns(self, places: Sequence[int]) -> Iterator[tuple[int | None, int | None]]:
        """What stands in one row: one line, or a line and the one that took its place beside it."""
        if not self.beside:
            yield from ((place, None) if self.lines[place].sign == "-" else (None, place) for place in places)
            return
        for is_equal, group in groupby(places, lambda place: self.lines[place].sign == " "):
            run = list(group)
            if is_equal:
                yield from ((place, place) for place in run)
                continue
            old = [place for place in run if self.lines[place].is_old]
            new = [place for place in run if not self.lines[place].is_old]
            yield from zip_longest(old, new)

    def _said(self, comment: Comment, hunk: int, before: str = "") -> Iterator[Row]:
        for line in (before + exact(comment.text.strip())).split("\n"):
            for piece in chop_cells(line, max(8, self.width - 8)) or [""]:
                yield Row("comment", hunk, text=piece, comment=comment)

    def _found(self, place: int, hunk: int) -> Iterator[Row]:
        """What agents found at a line of the file as it is now."""
        line = self.lines[place]
        for one in self.findings if line.new is not None and not line.is_old else ():
            if one.line == line.new:
                for piece in chop_cells(f"! {one.severity}: {one.title}", max(8, self.width - 8)):
                    yield Row("finding", hunk, text=piece, severity=one.severity)

    def has_line(self, number: int) -> bool:
        """Whether this line of the file as it is now is shown."""
        return any(line.new == number for line in self.lines)

    def _line_of(self, comment: Comment) -> int | None:
        """The last line that a comment is about, where all of them stand as they stood."""
        length = len(comment.quoted)
        for place in range(length - 1, len(self.lines)):
            known = self.lines[place - length + 1 : place + 1]
            if known[-1].source == comment.quoted[-1] and about(self.file.path, known) == replace(comment, text=""):
                return place
        return None

    def _cut(self, place: int) -> list[tuple[int, int]]:
        if place not in self._pieces:
            self._pieces[place] = _cut(self.lines[place].text, self._room)
        return self._pieces[place]

    # ── what stands in them ──

    def text(self, row: Row, tints: Tints = NO_TINTS) -> Text:
        """The row, as wide as it needs."""
        match row.kind:
            case "head" | "note":
                return Text(row.text, DIM)
            case "comment":
                return Text.assemble(("    ▌ ", "bold"), (row.text, "bold"))
            case "finding":
                return Text.assemble("    ", (row.text, SEVERITIES.get(row.severity, "bold")))
        if not self.beside:
            place = row.line
            assert place is not None
            text = self._unified(place, row.piece)
            text.pad_right(max(0, self.width - 1 - text.cell_len))
            return self._tinted(text, place, tints)
        left, right = (
            self._column(place, row.piece, tints, is_old=old) for place, old in ((row.left, True), (row.right, False))
        )
        return Text.assemble(left, (" │ ", DIM), right)

    def _unified(self, place: int, piece: int) -> Text:
        line = self.lines[place]
        numbers = [line.old, line.new] if not piece else [None, None]
        gutter = " ".join(f"{'' if number is None else number:>{self._digits}}" for number in numbers)
        return Text.assemble((gutter, STYLES.get(line.sign, DIM)), self._signed(place, piece))

    def _column(self, place: int | None, piece: int, tints: Tints, *, is_old: bool) -> Text:
        if place is None or piece >= len(self._cut(place)):
            cell = Text(" " * self._half)
            return cell if place is None else self._tinted(cell, place, tints)
        line = self.lines[place]
        number = (line.old if is_old else line.new) if not piece else None
        gutter = f"{'' if number is None else number:>{self._digits}}"
        cell = Text.assemble((gutter, STYLES.get(line.sign, DIM)), self._signed(place, piece))
        cell.append(" " * (self._half - cell.cell_len))
        return self._tinted(cell, place, tints)

    def _signed(self, place: int, piece: int) -> Text:
        """The sign, and a part of the line; a part that is not the first has no sign of its own."""
        line, (start, end) = self.lines[place], self._cut(place)[piece]
        sign = line.sign if not piece else " "
        return Text.assemble((f" {sign} ", f"bold {STYLES.get(line.sign, '')}".strip()), self._styled(place)[start:end])

    def _tinted(self, text: Text, place: int, tints: Tints) -> Text:
        tint = dict(zip("+-", tints, strict=True)).get(self.lines[place].sign)
        if tint:
            text.stylize_before(f"on {tint}")
        return text

    def _styled(self, place: int) -> Text:
        """The whole line in the colours of its language, with what differs from its pair."""
        line = self.lines[place]
        text = self._language(line.hunk, is_old=line.is_old)[place].copy()
        for start, end in self._marks(place):
            text.stylize(f"bold underline {STYLES[line.sign]}", start, end)
        if not text.spans and line.sign in STYLES:
            text.stylize(STYLES[line.sign])
        if line.sign == "\\":
            text.stylize(DIM)
        return text

    def _marks(self, place: int) -> Spans:
        other = self._pairs.get(place)
        if other is None:
            return []
        old, new = differing(*(self.lines[one].text for one in sorted((place, other))))
        return old if place < other else new

    def _language(self, hunk: int, *, is_old: bool) -> dict[int, Text]:
        """The lines of one side of a hunk, coloured together: a string may reach over several."""
        key = (hunk, is_old)
        if key not in self._coloured:
            places = [
                place
                for place, line in enumerate(self.lines)
                if line.hunk == hunk and (line.sign == " " or line.is_old is is_old)
            ]
            texts = coloured(self.file.path, [self.lines[place].text for place in places])
            self._coloured[key] = dict(zip(places, texts, strict=True))
        return self._coloured[key]


def lines_of_hunks(hunks: Sequence[Hunk]) -> list[Line]:
    """The lines with their numbers. A carriage return at a line's end is shown where not every line has one."""
    ends = {line.endswith("\r") for hunk in hunks for line in hunk.lines if not line.startswith("\\")}
    lines: list[Line] = []
    for number, hunk in enumerate(hunks):
        old, new = hunk.old_start, hunk.new_start
        for source in hunk.lines:
            if len(lines) == MOST_LINES:
                return lines
            sign = source[:1]
            text = _shown(source[1:], is_marked=len(ends) > 1)
            in_old, in_new = sign in " -", sign in " +"
            is_old = lines[-1].is_old if sign == "\\" and lines else sign == "-"
            lines.append(Line(number, sign, text, source, old if in_old else None, new if in_new else None, is_old))
            old, new = old + in_old, new + in_new
    return lines


def _shown(text: str, *, is_marked: bool) -> str:
    end = CARRIAGE_RETURN if is_marked and text.endswith("\r") else ""
    if len(text) > LONGEST_LINE:
        end = f" … {len(text) - LONGEST_LINE} more characters"
    return exact(text.removesuffix("\r")[:LONGEST_LINE]).expandtabs(4) + end


def _pairs(lines: Sequence[Line]) -> dict[int, int]:
    """Of lines that went and lines that came in their place, which belong together: the first and the first, and so on."""
    pairs: dict[int, int] = {}
    for (_, is_equal), group in groupby(range(len(lines)), lambda place: (lines[place].hunk, lines[place].sign == " ")):
        run = [] if is_equal else list(group)
        old = [place for place in run if lines[place].sign == "-"]
        new = [place for place in run if lines[place].sign == "+"]
        for one, other in zip(old, new, strict=False):
            pairs |= {one: other, other: one}
    return pairs


def _cut(text: str, width: int) -> list[tuple[int, int]]:
    """Where the parts of a text begin and end that fit the width."""
    if len(text) <= width and (text.isascii() or cell_len(text) <= width):
        return [(0, len(text))]
    pieces: list[tuple[int, int]] = []
    start = 0
    for piece in chop_cells(text, width):
        pieces.append((start, start + len(piece)))
        start += len(piece)
    return pieces


def about(path: str, lines: Sequence[Line]) -> Comment:
    """A comment on these lines, without a word yet: on the file as it is now, where one of them is in it."""
    new = [line.new for line in lines if line.new is not None]
    numbers = new or [line.old for line in lines if line.old is not None] or [0]
    return Comment(path, not new, numbers[0], numbers[-1], tuple(line.source for line in lines))
