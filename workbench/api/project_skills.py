"""All skills that a session can have: of a project, of its user's home, uploaded ones; and which contents are trusted."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, read_object
from workbench.catalog.own_project import PROJECT_KEY, project_folder
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def every(request: Request) -> Response:
        named = request.query_params.get("project")
        project = None if named is None else project_folder({PROJECT_KEY: named})
        return answer({"data": [*await engine.skill_trust.listed(project), *await engine.skills.listed()]})

    async def trust(request: Request) -> Response:
        return answer(await engine.skill_trust.set(await read_object(request)))

    return [
        Route("/workbench/v1/skills", every, methods=["GET"]),
        Route("/workbench/v1/skills/trust", trust, methods=["POST"]),
    ]
