"""Marks: where in a text the words of a question stand, and the part of the text that shows most of them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from workbench.text.full_text.question import Question
from workbench.text.full_text.terms import EASTERN, TOKENIZER

AROUND: Final = 240
"""How many characters of a long text are shown."""
BEFORE: Final = 60
"""How many of them stand before the first mark."""
MOST_MARKED: Final = 20_000

OPEN: Final = "\ue000"
CLOSE: Final = "\ue001"
"""Signs around a mark, for FTS5's `highlight`: characters for private use. A text that has them is shown without marks."""


@dataclass(frozen=True)
class Snippet:
    """A part of a text, and the places in it that were looked for, as pairs of first character and end."""

    text: str
    marks: tuple[tuple[int, int], ...]

    def marked(self, opening: str, closing: str) -> str:
        """The part with signs around its marks."""
        made, reached = "", 0
        for first, end in self.marks:
            made += self.text[reached:first] + opening + self.text[first:end] + closing
            reached = end
        return made + self.text[reached:]


def snippets(texts: Sequence[str], question: Question, highlighted: Sequence[str | None] = ()) -> list[Snippet]:
    """The part of each text that shows the question's words best; `highlighted` are the texts as FTS5 marked them, if it did."""
    found = [_marks_in(text, marked) for text, marked in zip(texts, highlighted or [None] * len(texts), strict=True)]
    unknown = [text[:MOST_MARKED] for text, marks in zip(texts, found, strict=True) if marks is None]
    further = iter(marks_of(unknown, question) if unknown else ())
    return [_window(text, next(further) if marks is None else marks) for text, marks in zip(texts, found, strict=True)]


def _marks_in(text: str, highlighted: str | None) -> list[tuple[int, int]] | None:
    """The marks of a text that FTS5 has marked; None where it had it in other characters, as those of an eastern one."""
    if highlighted is None or highlighted.replace(OPEN, "").replace(CLOSE, "") != text:
        return None
    return list(_places(highlighted))


def marks_of(texts: Sequence[str], question: Question) -> list[list[tuple[int, int]]]:
    """Where the question's words stand in each text, in order and apart from each other."""
    terms = [*question.terms, *question.needed]
    western = " OR ".join(term for term in terms if not EASTERN.search(term))
    eastern = [re.escape(part.replace(" ", "")) for term in terms for part in _eastern(term)]
    marked = list(_highlighted(texts, western)) if western else [[] for _ in texts]
    if eastern:
        pattern = re.compile("|".join(sorted(eastern, key=len, reverse=True)))
        for text, marks in zip(texts, marked, strict=True):
            marks += [found.span() for found in pattern.finditer(text)]
    return [_apart(marks) for marks in marked]


def _eastern(term: str) -> Iterator[str]:
    """The eastern characters of a term; a phrase has them in pairs, each of which begins with the one before's second."""
    runs = EASTERN.findall(term)
    if runs:
        yield runs[0] + "".join(run[1:] for run in runs[1:])


def _highlighted(texts: Sequence[str], expression: str) -> Iterator[list[tuple[int, int]]]:
    """FTS5 says itself where it finds what it counts: its stems are nobody else's."""
    clean = [text.replace(OPEN, " ").replace(CLOSE, " ").encode("utf-8", "replace").decode() for text in texts]
    with closing(sqlite3.connect(":memory:")) as shown:
        shown.execute(f"CREATE VIRTUAL TABLE said USING fts5(text, tokenize = '{TOKENIZER}')")
        shown.executemany("INSERT INTO said (rowid, text) VALUES (?, ?)", enumerate(clean))
        rows = shown.execute(
            "SELECT rowid, highlight(said, 0, ?, ?) FROM said WHERE said MATCH ?", (OPEN, CLOSE, expression)
        )
        told = dict(rows.fetchall())
    for number in range(len(clean)):
        yield list(_places(told.get(number, "")))


def _places(highlighted: str) -> Iterator[tuple[int, int]]:
    before, *marked = highlighted.split(OPEN)
    reached = len(before)
    for part in marked:
        mark, _, rest = part.partition(CLOSE)
        yield reached, reached + len(mark)
        reached += len(mark) + len(rest)


def _apart(marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first, end in sorted(marks):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((first, end))
    return found


def _window(text: str, marks: list[tuple[int, int]]) -> Snippet:
    """The part with the most marks, or the text's beginning; cut at spaces, on one line."""
    if len(text) > AROUND and marks:
        starts = [max(0, first - BEFORE) for first, _ in marks]
        start = max(starts, key=lambda start: sum(start <= first and end <= start + AROUND for first, end in marks))
    else:
        start = 0
    if start and (space := text.find(" ", start, start + BEFORE // 2)) >= 0:
        start = space + 1
    end = min(len(text), start + AROUND)
    head, tail = "… " * (start > 0), " …" * (end < len(text))
    shift = len(head) - start
    inside = tuple((first + shift, last + shift) for first, last in marks if start <= first and last <= end)
    shown = re.sub(r"\s", " ", text[start:end])
    return Snippet(head + shown + tail, inside)
