"""/v1/sessions/{id}/resources"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.errors import Refused
from workbench.catalog.repositories import shown
from workbench.catalog.resources import resource_of
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def list_resources(request: Request) -> Response:
        record = (await engine.records.document(identifier(request, "session_id"))).body
        return answer({"data": [shown(resource) for resource in record["resources"]], "next_page": None})

    async def retrieve(request: Request) -> Response:
        record = (await engine.records.document(identifier(request, "session_id"))).body
        return answer(shown(resource_of(record, identifier(request, "resource_id"))))

    async def update(request: Request) -> Response:
        body = await read_object(request)
        if set(body) != {"authorization_token"}:
            raise Refused("authorization_token: must be given, and nothing else: it is all that can change")
        session_id, resource_id = identifier(request, "session_id"), identifier(request, "resource_id")
        return answer(await engine.resources.rotate_token(session_id, resource_id, body))

    async def add(request: Request) -> Response:
        return answer(await engine.uploads.add(identifier(request, "session_id"), await read_object(request)))

    async def delete(request: Request) -> Response:
        session_id, resource_id = identifier(request, "session_id"), identifier(request, "resource_id")
        return answer(await engine.uploads.remove(session_id, resource_id))

    path = "/v1/sessions/{session_id}/resources"
    return [
        Route(path, list_resources, methods=["GET"]),
        Route(path, add, methods=["POST"]),
        Route(f"{path}/{{resource_id}}", retrieve, methods=["GET"]),
        Route(f"{path}/{{resource_id}}", update, methods=["POST"]),
        Route(f"{path}/{{resource_id}}", delete, methods=["DELETE"]),
    ]
