"""/workbench/v1/log: the end of what the engine writes about itself, and what came since a place in it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.wire import answer
from workbench.contracts.process import Process


def routes(process: Process) -> list[Route]:
    async def log(request: Request) -> Response:
        after = lists.number(request, "after", least=0) if request.query_params.get("after") else None
        return answer(await process.log_tail(after))

    return [Route("/workbench/v1/log", log, methods=["GET"])]
