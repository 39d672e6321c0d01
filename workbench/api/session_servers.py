"""/workbench/v1/sessions/{id}/servers: the MCP servers of a session and their tools, asked now."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.streams import unless_gone
from workbench.api.wire import answer, identifier
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def servers(request: Request) -> Response:
        listed = engine.servers.listed(identifier(request, "session_id"))
        return answer({"data": await unless_gone(request, listed)})

    return [Route("/workbench/v1/sessions/{session_id}/servers", servers, methods=["GET"])]
