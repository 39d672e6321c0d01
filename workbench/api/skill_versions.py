"""Versions of skills, and the archives that they hold."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from workbench.api import lists
from workbench.api.skill_forms import packed
from workbench.api.wire import answer, identifier
from workbench.catalog.errors import Refused
from workbench.catalog.skills import shown_version, version_of
from workbench.contracts.values import Json
from workbench.engine.facade import Engine
from workbench.engine.skills import StoredSkills
from workbench.skills.packing import Pack

OLD_BETA = "skills-2025-10-02"
MOST_LISTED = 1000


def routes(engine: Engine) -> list[Route]:
    skills, known = engine.skills, engine.skills.known

    async def create_version(request: Request) -> Response:
        with Pack() as pack:
            if await packed(request, pack) is not None:
                raise Refused("display_name: belongs to the skill, and a version has none")
            return answer(_in_shape(request, await skills.add_version(identifier(request, "skill_id"), pack)))

    async def list_versions(request: Request) -> Response:
        body = await known.get(identifier(request, "skill_id"))
        found = [_in_shape(request, shown_version(body, one)) for one in reversed(body["workbench"]["versions"])]
        return answer(lists.forward(lists.page_of(request, found, default=20, most=MOST_LISTED)))

    async def retrieve_version(request: Request) -> Response:
        body = await known.get(identifier(request, "skill_id"))
        version = version_of(body, identifier(request, "version"), latest=True)
        return answer(_in_shape(request, shown_version(body, version)))

    async def delete_version(request: Request) -> Response:
        return answer(await skills.delete_version(identifier(request, "skill_id"), identifier(request, "version")))

    async def content(request: Request) -> Response:
        body = await known.get(identifier(request, "skill_id"))
        version = version_of(body, identifier(request, "version"))
        return await _archive(skills, body, version)

    versions = "/v1/skills/{skill_id}/versions"
    return [
        Route(versions, create_version, methods=["POST"]),
        Route(versions, list_versions, methods=["GET"]),
        Route(versions + "/{version}", retrieve_version, methods=["GET"]),
        Route(versions + "/{version}", delete_version, methods=["DELETE"]),
        Route(versions + "/{version}/content", content, methods=["GET"]),
    ]


async def _archive(skills: StoredSkills, body: Json, version: Json) -> Response:
    size = await skills.size(version)
    headers = {
        "content-length": str(size),
        "content-disposition": f'attachment; filename="{body["workbench"]["name"]}.zip"',
        "x-content-type-options": "nosniff",
    }
    return StreamingResponse(skills.parts(version, size), headers=headers, media_type="application/zip")


def is_old(request: Request) -> bool:
    """Whether the client knows skills by the names of the older beta."""
    return any(OLD_BETA in header for header in request.headers.getlist("anthropic-beta"))


def _in_shape(request: Request, version: Json) -> Json:
    return version | ({"version": version["id"], "directory": version["name"]} if is_old(request) else {})
