"""/workbench/v1/sessions/{id}/replay: a session's model requests once more, from its log alone; and its tool calls, for real."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, identifier, read_object
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def replay(request: Request) -> Response:
        return answer(await engine.replays.replay(identifier(request, "session_id"), await read_object(request)))

    async def live_tools(request: Request) -> Response:
        return answer(await engine.live_tools.run(identifier(request, "session_id")))

    return [
        Route("/workbench/v1/sessions/{session_id}/replay", replay, methods=["POST"]),
        Route("/workbench/v1/sessions/{session_id}/replay/tools", live_tools, methods=["POST"]),
    ]
