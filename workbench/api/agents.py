"""/v1/agents"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.wire import answer, identifier, read_object
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def create(request: Request) -> Response:
        return answer(await engine.agents.create(await read_object(request)))

    async def retrieve(request: Request) -> Response:
        version = lists.number(request, "version", least=1)
        return answer(await engine.agents.get(identifier(request, "agent_id"), version))

    async def update(request: Request) -> Response:
        return answer(await engine.agents.update(identifier(request, "agent_id"), await read_object(request)))

    async def archive(request: Request) -> Response:
        archived = await engine.agents.archive(identifier(request, "agent_id"))
        await engine.deployments.archived_agent(archived["id"])
        return answer(archived)

    async def list_agents(request: Request) -> Response:
        passes, archived = lists.moments(request), lists.flag(request, "include_archived")
        agents = [
            a for a in await engine.agents.newest() if passes(a["created_at"]) and (archived or not a["archived_at"])
        ]
        agents.sort(key=lists.key, reverse=True)
        return answer(lists.forward(lists.page_of(request, agents, default=20, most=100, passes=passes)))

    async def versions(request: Request) -> Response:
        found = await engine.agents.versions(identifier(request, "agent_id"))
        # Versions share created_at and id: their own number makes the key.
        keyed = [version | {"id": f"{version['version']:09d}"} for version in found]
        page = lists.page_of(request, keyed, default=20, most=100)
        shown = {version["version"]: version for version in found}
        return answer({"data": [shown[item["version"]] for item in page.items], "next_page": page.next_page})

    return [
        Route("/v1/agents", create, methods=["POST"]),
        Route("/v1/agents", list_agents, methods=["GET"]),
        Route("/v1/agents/{agent_id}", retrieve, methods=["GET"]),
        Route("/v1/agents/{agent_id}", update, methods=["POST"]),
        Route("/v1/agents/{agent_id}/archive", archive, methods=["POST"]),
        Route("/v1/agents/{agent_id}/versions", versions, methods=["GET"]),
    ]
