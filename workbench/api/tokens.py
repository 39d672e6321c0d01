"""/workbench/v1/tokens: who may call, and what; an owner's business."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.tokens import wire
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def create(request: Request) -> Response:
        return answer(await engine.tokens.create(await read_object(request)))

    async def listed(request: Request) -> Response:
        return answer({"data": [wire(one) for one in await engine.tokens.all()]})

    async def revoke(request: Request) -> Response:
        return answer(await engine.tokens.revoke(identifier(request, "token_id")))

    async def limits(request: Request) -> Response:
        return answer({"data": await engine.limits.standing()})

    async def set_limit(request: Request) -> Response:
        return answer(await engine.limits.set(await read_object(request)))

    return [
        Route("/workbench/v1/tokens", create, methods=["POST"]),
        Route("/workbench/v1/tokens", listed, methods=["GET"]),
        Route("/workbench/v1/tokens/{token_id}", revoke, methods=["DELETE"]),
        Route("/workbench/v1/limits", limits, methods=["GET"]),
        Route("/workbench/v1/limits", set_limit, methods=["POST"]),
    ]
