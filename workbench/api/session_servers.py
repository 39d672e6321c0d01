"""MCP servers: those of a session and their tools, asked now, and those of all sessions as they are known; agents of others, tried."""

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

    async def keep(request: Request) -> Response:
        return answer({"bytes": await engine.servers.keep(identifier(request, "session_id"))})

    async def agent(request: Request) -> Response:
        begun = engine.servers.begun(identifier(request, "session_id"))
        return answer(await unless_gone(request, begun))

    async def known(request: Request) -> Response:
        known = await unless_gone(request, engine.servers.known())
        return answer({"data": known, "tested": await engine.servers.sizes()})

    return [
        Route("/workbench/v1/sessions/{session_id}/servers", servers, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/servers/keep", keep, methods=["POST"]),
        Route("/workbench/v1/sessions/{session_id}/agent/test", agent, methods=["POST"]),
        Route("/workbench/v1/servers", known, methods=["GET"]),
    ]
