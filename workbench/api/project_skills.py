"""Skills that lie in projects and in their user's home, and which of them are trusted."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, read_object
from workbench.catalog.sessions import PROJECT_KEY, project_folder
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def of_project(request: Request) -> Response:
        project = project_folder({PROJECT_KEY: request.query_params.get("project", "")})
        return answer({"data": await engine.skill_trust.listed(str(project))})

    async def trust(request: Request) -> Response:
        return answer(await engine.skill_trust.set(await read_object(request)))

    return [
        Route("/workbench/v1/skills", of_project, methods=["GET"]),
        Route("/workbench/v1/skills/trust", trust, methods=["POST"]),
    ]
