"""Copies metadata of calls and requests into the rows of their answers, so that views need no join.

Facts about them may come before their answer, with it, or, where a history is taken in whole, long after it.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.contracts import facts
from workbench.log.store.database import Connection
from workbench.log.store.list_prices import add_prices
from workbench.log.store.rows import Columns, counted

Key = tuple[str, str]
"""A session, and in it the event of a call or of a request's start."""

MOST: Final = 16_384
"""How many are kept in memory; an older one is read from the tables when its answer comes."""

_OPENING: Final = frozenset(
    {"agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use", "span.model_request_start"}
)
_FACTS: Final = frozenset(kind.name for kind in (facts.TOOL_STARTED, facts.MODEL_REQUESTED, facts.MODEL_ANSWERED))
_FIND: Final = f"""
SELECT e.session_id, e.id, e.position, CAST(coalesce(f.made_at, e.processed_at) AS VARCHAR), e.model, e.purpose
FROM kept.events AS e
SEMI JOIN (SELECT unnest(?::VARCHAR[]) AS session_id, unnest(?::VARCHAR[]) AS id) AS wanted USING (session_id, id)
LEFT JOIN (
    SELECT session_id, subject, max(made_at) AS made_at FROM kept.facts
    WHERE name = '{facts.TOOL_STARTED.name}' AND subject IN (SELECT unnest(?::VARCHAR[])) GROUP BY ALL
) AS f ON f.session_id = e.session_id AND f.subject = e.id
WHERE e.seq IS NOT NULL
"""
_CORRECT: Final = """
UPDATE kept.events AS e SET
    began_at = coalesce(CASE WHEN e.answered IS NOT NULL THEN late.began_at END, e.began_at), model = coalesce(late.model, e.model),
    purpose = coalesce(late.purpose, e.purpose),
    hour_tokens = CASE WHEN e.answered IS NOT NULL THEN coalesce(late.hour_tokens, e.hour_tokens) END
FROM (SELECT unnest(?::BIGINT[]) AS position, unnest(?::TIMESTAMPTZ[]) AS began_at, unnest(?::VARCHAR[]) AS model,
    unnest(?::VARCHAR[]) AS purpose, unnest(?::BIGINT[]) AS hour_tokens) AS late
WHERE e.{place} = late.position AND e.type <> 'user.tool_confirmation'
"""


@dataclass
class Opening:
    """A call or a request: where it stands, when it began, and what its facts say."""

    position: int
    began_at: str | None
    model: str | None = None
    purpose: str | None = None
    hour_tokens: int | None = None
    is_answered: bool = False
    row: Columns | None = None
    """Its own row, as long as that is not in the tables."""


class PendingCalls:
    """The last ones, by their events."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, Opening] = OrderedDict()
        self._priced: set[str] = set()

    def complete(self, connection: Connection, events: Sequence[Columns], facts: Sequence[Columns]) -> None:
        """Fill the rows of a batch that go into the tables, and correct those that are there already."""
        opened = [row for row in events if row["seq"] and row["type"] in _OPENING and not _is_shown_elsewhere(row)]
        for row in opened:
            self._known[row["session_id"], row["id"]] = Opening(row["position"], row["processed_at"], row=row)
        answers = [row for row in events if row["seq"] and row.get("answers")]
        told = [row for row in facts if row["name"] in _FACTS and row["session_id"] and row["subject"]]
        self._find(connection, {_opened_by(row) for row in answers} | {_about(row) for row in told})
        late = list(self._told(told))
        for row in answers:
            if (opening := self._known.get(_opened_by(row))) is not None:
                _fill(row, opening)
        _correct(connection, late)
        self._price(
            connection, {row["model"] for row in opened if row.get("model")} | {one.model for one in late if one.model}
        )
        for row in opened:
            self._known[row["session_id"], row["id"]].row = None
        while len(self._known) > MOST:
            self._known.popitem(last=False)

    def _find(self, connection: Connection, wanted: Iterable[Key]) -> None:
        """Read from the tables those that are not in memory."""
        if missing := [key for key in wanted if key not in self._known]:
            parts = [[key[part] for key in missing] for part in range(2)]
            found = connection.execute(_FIND, [*parts, parts[1]]).fetchall()
            for session_id, event_id, position, began_at, model, purpose in found:
                # Whether its answer has come is not looked up: a correction where there is none changes nothing.
                self._known[session_id, event_id] = Opening(position, began_at, model, purpose, is_answered=True)

    def _told(self, rows: Iterable[Columns]) -> Iterator[Opening]:
        """Take up what the facts say; gives those about which something in the tables has to be corrected."""
        for fact in rows:
            if (opening := self._known.get(_about(fact))) is None:
                continue
            body = json.loads(fact["body"])
            match fact["name"]:
                case facts.TOOL_STARTED.name:
                    opening.began_at = fact["made_at"]
                case facts.MODEL_REQUESTED.name:
                    opening.model, opening.purpose = body["model"], body.get("purpose")
                case facts.MODEL_ANSWERED.name:
                    opening.hour_tokens = counted(int(body["ephemeral_1h_input_tokens"]))
            if opening.row is not None:
                opening.row |= {"model": opening.model, "purpose": opening.purpose}
            if opening.is_answered or (opening.row is None and fact["name"] == facts.MODEL_REQUESTED.name):
                yield opening

    def _price(self, connection: Connection, models: set[str]) -> None:
        if models <= self._priced:
            return
        stored = {model for (model,) in connection.execute("SELECT model FROM kept.prices").fetchall()}
        add_prices(connection, models - stored)
        # Those that were added are not stored before the batch is.
        self._priced |= stored


def _is_shown_elsewhere(row: Columns) -> bool:
    """Whether it is a child thread's call in the log of the primary one, where people are asked."""
    return row["thread"] is None and row["thread_id"] is not None


def _opened_by(row: Columns) -> Key:
    return row["session_id"], row["answers"]


def _about(fact: Columns) -> Key:
    return fact["session_id"], fact["subject"]


def _fill(row: Columns, opening: Opening) -> None:
    row |= {"answered": opening.position, "began_at": opening.began_at}
    if row["type"] == "span.model_request_end":
        row |= {"model": opening.model, "purpose": opening.purpose, "hour_tokens": opening.hour_tokens}
    if row["type"] != "user.tool_confirmation":
        opening.is_answered = True


def _correct(connection: Connection, late: Sequence[Opening]) -> None:
    if not late:
        return
    named = {opening.position: opening for opening in late}
    lists = [
        list(named),
        [opening.began_at for opening in named.values()],
        [opening.model for opening in named.values()],
        [opening.purpose for opening in named.values()],
        [opening.hour_tokens for opening in named.values()],
    ]
    for place in ("answered", "position"):
        connection.execute(_CORRECT.format(place=place), lists)
