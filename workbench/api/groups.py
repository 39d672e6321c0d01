"""/workbench/v1/groups: budgets that several sessions share."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, read_object
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def list_groups(request: Request) -> Response:
        return answer({"data": await engine.records.groups.all_wire()})

    async def set_budget(request: Request) -> Response:
        return answer(await engine.sessions.set_group_budget(request.path_params["name"], await read_object(request)))

    return [
        Route("/workbench/v1/groups", list_groups, methods=["GET"]),
        Route("/workbench/v1/groups/{name}", set_budget, methods=["POST"]),
    ]
