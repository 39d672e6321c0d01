"""/workbench/v1/agent_templates: agents by trade, to look at and to make."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, read_object
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def listed(request: Request) -> Response:
        return answer({"data": await engine.agent_templates.listed()})

    async def create(request: Request) -> Response:
        return answer(await engine.agent_templates.create(request.path_params["name"], await read_object(request)))

    return [
        Route("/workbench/v1/agent_templates", listed, methods=["GET"]),
        Route("/workbench/v1/agent_templates/{name}", create, methods=["POST"]),
    ]
