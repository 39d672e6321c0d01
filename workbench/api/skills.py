"""/v1/skills."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.skill_forms import packed
from workbench.api.skill_versions import MOST_LISTED, is_old
from workbench.api.wire import answer, identifier
from workbench.catalog.errors import Refused
from workbench.catalog.skills import SOURCES, shown
from workbench.contracts.values import Json
from workbench.engine.facade import Engine
from workbench.skills.packing import Pack


def routes(engine: Engine) -> list[Route]:
    skills, known = engine.skills, engine.skills.known

    async def create(request: Request) -> Response:
        with Pack() as pack:
            name = await packed(request, pack)
            return answer(_in_shape(request, await skills.create(pack, display_name=name)))

    async def list_skills(request: Request) -> Response:
        source = request.query_params.get("source")
        if source is not None and source not in SOURCES:
            raise Refused(f"source: must be one of {', '.join(SOURCES)}")
        found = [shown(one) for one in await known.newest() if source in (None, one["source"]["type"])]
        page = lists.page_of(request, found, default=20, most=MOST_LISTED)
        return answer({"data": [_in_shape(request, one) for one in page.items], "next_page": page.next_page})

    async def retrieve(request: Request) -> Response:
        return answer(_in_shape(request, shown(await known.get(identifier(request, "skill_id")))))

    async def delete(request: Request) -> Response:
        return answer(await skills.delete(identifier(request, "skill_id")))

    one = "/v1/skills/{skill_id}"
    return [
        Route("/v1/skills", create, methods=["POST"]),
        Route("/v1/skills", list_skills, methods=["GET"]),
        Route(one, retrieve, methods=["GET"]),
        Route(one, delete, methods=["DELETE"]),
    ]


def _in_shape(request: Request, skill: Json) -> Json:
    """A skill, with what clients of the older beta call its fields."""
    if not is_old(request):
        return skill
    older = {"display_title": skill["display_name"], "latest_version": skill["latest_version_id"]}
    return skill | older | {"source": skill["source"]["type"]}
