"""Ranking: which of some texts answer a question best, for what is small enough to be counted when it is asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing

from workbench.text.full_text.question import Question
from workbench.text.full_text.terms import TOKENIZER, as_indexed


def ranked(texts: Sequence[str], question: Question) -> list[tuple[int, float]]:
    """The numbers of the texts that have the question's words, each with its score, the best first; filters are not looked at."""
    if not question.has_words:
        return []
    with closing(sqlite3.connect(":memory:")) as counted:
        counted.execute(f"CREATE VIRTUAL TABLE said USING fts5(text, content = '', tokenize = '{TOKENIZER}')")
        counted.executemany(
            "INSERT INTO said (rowid, text) VALUES (?, ?)",
            ((number, as_indexed(text)) for number, text in enumerate(texts)),
        )
        found = counted.execute(
            "SELECT rowid, -rank FROM said WHERE said MATCH ? ORDER BY rank, rowid DESC", (question.expression(),)
        )
        return found.fetchall()
