"""/workbench/v1/search: what was said in any session, found by its words."""

from __future__ import annotations

import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.streams import unless_gone
from workbench.api.wire import answer, read_object
from workbench.catalog.errors import Refused
from workbench.contracts.questions import QueryLimits, QueryRefused
from workbench.engine.facade import Engine

MOST_FOUND: Final = 100
MOST_WORDS: Final = 20
AROUND: Final = 60
"""Characters of a text that are shown before the word; three times as many behind its beginning."""

_WORD: Final = re.compile(r"\w\w+")


def routes(engine: Engine) -> list[Route]:
    async def search(request: Request) -> Response:
        body = await read_object(request)
        words, most = body.get("words"), body.get("limit", 20)
        if not isinstance(words, str):
            raise Refused("words: must be a text with the words to look for")
        if not isinstance(most, int) or not 1 <= most <= MOST_FOUND:
            raise Refused(f"limit: must be a whole number from 1 to {MOST_FOUND}")
        known = _WORD.findall(words)[:MOST_WORDS]
        if not known:
            return answer({"data": []})
        try:
            limits = QueryLimits(rows=most, seconds=10)
            result = await unless_gone(request, engine.log.questions.ask(_statement(known, most), limits))
        except QueryRefused as refused:
            raise Refused(str(refused)) from None
        return answer({"data": [_found(result.columns, row) for row in result.rows]})

    return [Route("/workbench/v1/search", search, methods=["POST"])]


def _statement(words: list[str], most: int) -> str:
    """Words are letters, digits and underlines only: none ends the text that they stand in."""
    longest = max(words, key=len)
    return (
        f"SELECT session_id, seq, type, tool, processed_at, substr(text, greatest(1, strpos(lower(text), lower('{longest}')) - {AROUND}), "
        f"{4 * AROUND}) AS said FROM search('{' '.join(words)}') LIMIT {most}"
    )


def _found(columns: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(columns, row, strict=True))
