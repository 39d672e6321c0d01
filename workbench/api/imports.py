"""/workbench/v1/import: sessions of elsewhere, taken in as finished history."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, read_object
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def take(request: Request) -> Response:
        return answer(await engine.imports.take(await read_object(request)))

    return [Route("/workbench/v1/import", take, methods=["POST"])]
