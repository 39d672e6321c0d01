"""/workbench/v1/status, …/sandboxes, …/down: the engine's process, its sandboxes, and its end."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, read_object
from workbench.catalog.errors import Refused
from workbench.contracts.process import Process, Serving


def routes(process: Process, serving: Serving) -> list[Route]:
    async def status(request: Request) -> Response:
        return answer({**await process.status(), "port": serving.port})

    async def sandboxes(request: Request) -> Response:
        return answer({"data": await process.sandboxes(), "limits": process.limits()})

    async def down(request: Request) -> Response:
        ends_sandboxes = (await read_object(request)).get("end_sandboxes", False)
        if not isinstance(ends_sandboxes, bool):
            raise Refused("end_sandboxes: must be true or false")
        process.stop(ends_sandboxes=ends_sandboxes)
        return answer({"stopping": True})

    return [
        Route("/workbench/v1/status", status, methods=["GET"]),
        Route("/workbench/v1/sandboxes", sandboxes, methods=["GET"]),
        Route("/workbench/v1/down", down, methods=["POST"]),
    ]
