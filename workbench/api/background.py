"""/workbench/v1/sessions/{id}/background: the commands that run in a session's sandbox beside its calls."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, identifier
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def commands(request: Request) -> Response:
        return answer({"data": await engine.background.listed(identifier(request, "session_id"))})

    return [Route("/workbench/v1/sessions/{session_id}/background", commands, methods=["GET"])]
