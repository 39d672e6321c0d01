"""`search('words')` in people's SQL: the index is asked first, and what it found stands as a table beside the statement."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from workbench.contracts.questions import QueryRefused
from workbench.contracts.search import FoundSession, Hit, SearchRefused
from workbench.contracts.values import Json
from workbench.log.store.database import Connection
from workbench.text.full_text.marking import Snippet
from workbench.text.full_text.question import BadQuestion, Question, read

FUNCTION: Final = "search"
MOST_ROWS: Final = 1_000
MOST_SEARCHES: Final = 5
SECONDS: Final = 10.0

Find = Callable[[Question, int, float], tuple[tuple[Hit, ...], tuple[FoundSession, ...]]]
"""Finds places: a question, how many, and the moment by which; on the thread that calls it."""

_TABLE: Final = "found_by_search"
_COLUMNS: Final = (
    "wanted",
    "session_id",
    "seq",
    "event_id",
    "type",
    "tool",
    "processed_at",
    "score",
    "snippet",
    "text",
)
_MACRO: Final = f"""
CREATE TEMP MACRO {FUNCTION}(words) AS TABLE
SELECT session_id, seq, event_id, type, tool, processed_at, score, snippet, text FROM {_TABLE}
WHERE wanted = words ORDER BY score DESC, processed_at DESC
"""


def wanted_by(nodes: Sequence[dict[str, Any]]) -> list[str]:
    """The texts that a statement's parsed nodes search for.

    Raises:
        QueryRefused: a search for something else than a text that stands there, or too many searches.
    """
    wanted = []
    for node in nodes:
        called = node.get("function") if node.get("type") == "TABLE_FUNCTION" else None
        if called and str(called.get("function_name", "")).lower() == FUNCTION:
            arguments = [
                argument.get("expression", argument) for argument in called.get("arguments", called.get("children", []))
            ]
            text = arguments[0].get("literal", {}).get("text") if len(arguments) == 1 else None
            if not isinstance(text, str):
                raise QueryRefused(_not_a_text(arguments))
            wanted.append(text)
    if len(wanted) > MOST_SEARCHES:
        raise QueryRefused(f"There are more than {MOST_SEARCHES} searches in the statement: ask for fewer at once.")
    return list(dict.fromkeys(wanted))


def _not_a_text(arguments: Sequence[dict[str, Any]]) -> str:
    """What to write instead; in double quotes stands a name."""
    names: list[str] = arguments[0].get("column_names", []) if len(arguments) == 1 else []
    if len(names) == 1:
        return f"search takes a text as it stands: write '{names[0]}'. Double quotes are for names. Write texts in single quotes, as in 'this'."
    return "search takes one text as it stands: write search('the words')."


def put_beside(cursor: Connection, wanted: Sequence[str], find: Find, now: datetime) -> None:
    """Look for these texts and give the statement's cursor the function that tells what was found.

    Raises:
        QueryRefused: one of them cannot be looked for.
    """
    # Late: an engine starts a tenth sooner, and most are never asked.
    import pyarrow

    deadline = time.monotonic() + SECONDS
    rows: list[Json] = []
    for text in wanted:
        try:
            question = read(text, now)
            hits = find(question, MOST_ROWS, deadline)[0] if question.has_words else ()
        except (BadQuestion, SearchRefused) as refusal:
            raise QueryRefused(str(refusal)) from refusal
        rows += [_row(text, hit) for hit in hits]
    kinds = {"seq": pyarrow.int64(), "processed_at": pyarrow.timestamp("us", "UTC"), "score": pyarrow.float64()}
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in _COLUMNS])
    cursor.register(_TABLE, pyarrow.Table.from_pylist(rows, schema=schema))
    cursor.execute(_MACRO)


def _row(wanted: str, hit: Hit) -> Json:
    snippet = Snippet(hit.snippet, hit.marks).marked("«", "»")
    return {name: getattr(hit, name, None) for name in _COLUMNS} | {"wanted": wanted, "snippet": snippet}
