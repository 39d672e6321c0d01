"""/workbench/v1/recap: what happened in all sessions since a moment."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.streams import unless_gone
from workbench.api.wire import answer
from workbench.catalog.errors import Refused
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def recap(request: Request) -> Response:
        return answer(await unless_gone(request, engine.recap.since(_moment(request.query_params.get("since", "")))))

    return [Route("/workbench/v1/recap", recap, methods=["GET"])]


def _moment(given: str) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(f"since: must be a moment as 2026-01-31T12:00:00Z, not {given[:40]!r}") from None
