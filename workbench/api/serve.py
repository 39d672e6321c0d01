"""/workbench/v1/serve: the port of 127.0.0.1, on request."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, read_object
from workbench.catalog.errors import Refused
from workbench.contracts.process import Serving


def routes(serving: Serving) -> list[Route]:
    async def serve(request: Request) -> Response:
        port = (await read_object(request)).get("port")
        if port is not None and (not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535):
            raise Refused("port: must be a number from 0 to 65535; 0 takes a free one")
        return answer(await serving.open(port))

    async def unserve(request: Request) -> Response:
        await serving.forget()
        return answer({"serving": None})

    return [
        Route("/workbench/v1/serve", serve, methods=["POST"]),
        Route("/workbench/v1/serve", unserve, methods=["DELETE"]),
    ]
