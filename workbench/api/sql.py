"""/workbench/v1/sql: a person's statement over the log, as rows or as a Parquet file."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.streams import unless_gone
from workbench.api.wire import answer, read_object
from workbench.catalog.errors import Refused
from workbench.contracts.facts import SQL_ASKED
from workbench.contracts.questions import QueryLimits, QueryRefused
from workbench.contracts.values import Json
from workbench.engine.facade import Engine

MOST_ROWS = 1_000_000
MOST_ERROR = 500
MOST_SECONDS = 600.0


def routes(engine: Engine) -> list[Route]:
    async def sql(request: Request) -> Response:
        return await _asked(engine, request, await read_object(request))

    return [Route("/workbench/v1/sql", sql, methods=["POST"])]


async def _asked(engine: Engine, request: Request, body: Json) -> Response:
    statement, limits = body.get("sql"), _limits(body)
    if not isinstance(statement, str) or not statement.strip():
        raise Refused("sql: must be a SELECT statement")
    questions, began = engine.log.questions, time.monotonic()
    # What a screen asks for itself stands in nobody's history.
    noted = {"sql": statement} if body.get("unlisted") is not True else None
    try:
        if body.get("format") == "parquet":
            parquet = await unless_gone(request, questions.export(statement, limits))
            await _note(engine, noted, seconds=time.monotonic() - began)
            return Response(parquet, media_type="application/vnd.apache.parquet")
        result = await unless_gone(request, questions.ask(statement, limits))
    except QueryRefused as refused:
        await _note(engine, noted, seconds=time.monotonic() - began, error=str(refused)[:MOST_ERROR])
        raise Refused(str(refused)) from None
    await _note(engine, noted, seconds=result.seconds, rows=len(result.rows))
    return answer(
        {
            "columns": result.columns,
            "types": result.types,
            "rows": result.rows,
            "truncated": result.truncated,
            "seconds": result.seconds,
            "time_zone": result.time_zone,
        }
    )


async def _note(engine: Engine, noted: Json | None, **how: object) -> None:
    """Keep the question for the history, which the view `asked` shows."""
    if noted is not None:
        await engine.log.facts.record(SQL_ASKED.made(None, engine.clock(), noted | how))


def _limits(body: Json) -> QueryLimits:
    rows, seconds = body.get("rows", QueryLimits.rows), body.get("seconds", QueryLimits.seconds)
    if not isinstance(rows, int) or not 1 <= rows <= MOST_ROWS:
        raise Refused(f"rows: must be a whole number from 1 to {MOST_ROWS}")
    if not isinstance(seconds, int | float) or not 0 < seconds <= MOST_SECONDS:
        raise Refused(f"seconds: must be above 0 and at most {MOST_SECONDS:g}")
    most = body.get("bytes")
    if most is not None and (not isinstance(most, int) or most < 1):
        raise Refused("bytes: must be a whole number from 1, or left out")
    return QueryLimits(rows=rows, seconds=float(seconds), bytes=most)
