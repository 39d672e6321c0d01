"""Plugins: added as an archive, listed, and removed with their skills."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.skill_forms import packed
from workbench.api.wire import answer, identifier
from workbench.engine.facade import Engine
from workbench.skills.packing import Pack


def routes(engine: Engine) -> list[Route]:
    async def add(request: Request) -> Response:
        with Pack() as pack:
            await packed(request, pack)
            return answer(await engine.plugins.add(pack))

    async def list_plugins(request: Request) -> Response:
        return answer({"data": await engine.plugins.listed()})

    async def remove(request: Request) -> Response:
        return answer(await engine.plugins.remove(identifier(request, "name")))

    return [
        Route("/workbench/v1/plugins", add, methods=["POST"]),
        Route("/workbench/v1/plugins", list_plugins, methods=["GET"]),
        Route("/workbench/v1/plugins/{name}", remove, methods=["DELETE"]),
    ]
