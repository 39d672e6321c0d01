"""/v1/environments"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.wire import answer, identifier, read_object
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    environments = engine.environments

    async def create(request: Request) -> Response:
        return answer(await environments.create(await read_object(request)))

    async def retrieve(request: Request) -> Response:
        return answer(await environments.get(identifier(request, "environment_id")))

    async def update(request: Request) -> Response:
        return answer(await environments.update(identifier(request, "environment_id"), await read_object(request)))

    async def archive(request: Request) -> Response:
        return answer(await environments.archive(identifier(request, "environment_id")))

    async def delete(request: Request) -> Response:
        return answer(await environments.delete(identifier(request, "environment_id")))

    async def list_environments(request: Request) -> Response:
        archived = lists.flag(request, "include_archived")
        found = [e for e in await environments.newest() if archived or not e["archived_at"]]
        found.sort(key=lists.key, reverse=True)
        return answer(lists.forward(lists.page_of(request, found, default=20, most=100)))

    return [
        Route("/v1/environments", create, methods=["POST"]),
        Route("/v1/environments", list_environments, methods=["GET"]),
        Route("/v1/environments/{environment_id}", retrieve, methods=["GET"]),
        Route("/v1/environments/{environment_id}", update, methods=["POST"]),
        Route("/v1/environments/{environment_id}", delete, methods=["DELETE"]),
        Route("/v1/environments/{environment_id}/archive", archive, methods=["POST"]),
    ]
