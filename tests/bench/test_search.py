"""The bench of full text: every question is asked here and in SQLite."""

from __future__ import annotations

from workbench.bench.search import searched


def test_the_index_and_each_question_stand_beside_those_of_sqlite() -> None:
    figures = list(searched(4_000, lambda _: None))
    assert [figure.name for figure in figures] == [
        "size of the index",
        "search, a rare word",
        "search, three words",
        "search, three words of every other text",
    ]
    assert all(figure.value > 0 and "FTS5" in figure.note for figure in figures)
