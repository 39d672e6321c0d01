"""/workbench/v1/background and …/sessions/{id}/background: the commands that run in sandboxes beside the calls of their sessions."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, identifier
from workbench.contracts.process import Process
from workbench.engine.facade import Engine


def routes(engine: Engine, process: Process) -> list[Route]:
    async def commands(request: Request) -> Response:
        return answer({"data": await engine.background.listed(identifier(request, "session_id"))})

    async def everywhere(_: Request) -> Response:
        found = [str(one["session_id"]) for one in await process.sandboxes()]
        return answer({"data": await engine.background.running_in(found)})

    return [
        Route("/workbench/v1/background", everywhere, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/background", commands, methods=["GET"]),
    ]
