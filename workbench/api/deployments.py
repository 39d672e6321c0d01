"""/v1/deployments and /v1/deployment_runs"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.errors import Refused
from workbench.contracts.values import Json
from workbench.engine.facade import Engine

_MANUAL = {"type": "manual"}


def routes(engine: Engine) -> list[Route]:
    return [*_deployments(engine), *_states(engine), *_runs(engine)]


def _deployments(engine: Engine) -> list[Route]:
    known = engine.deployments.deployments

    async def create(request: Request) -> Response:
        return answer(await engine.deployments.changes.create(await read_object(request)))

    async def retrieve(request: Request) -> Response:
        return answer(known.wire(await known.get(identifier(request, "deployment_id"))))

    async def update(request: Request) -> Response:
        deployment_id, body = identifier(request, "deployment_id"), await read_object(request)
        async with engine.deployments.changing(deployment_id):
            return answer(await engine.deployments.changes.update(deployment_id, body))

    async def listed(request: Request) -> Response:
        passes = lists.moments(request)
        found = _filtered(request, [known.wire(one) for one in await known.all()])
        found = [one for one in found if passes(one["created_at"])]
        found.sort(key=lists.key, reverse=True)
        return answer(lists.forward(lists.page_of(request, found, default=20, most=100, passes=passes)))

    one = "/v1/deployments/{deployment_id}"
    return [
        Route("/v1/deployments", create, methods=["POST"]),
        Route("/v1/deployments", listed, methods=["GET"]),
        Route(one, retrieve, methods=["GET"]),
        Route(one, update, methods=["POST"]),
    ]


def _states(engine: Engine) -> list[Route]:
    known = engine.deployments.deployments

    async def archive(request: Request) -> Response:
        return answer(await engine.deployments.changes.archive(identifier(request, "deployment_id")))

    async def pause(request: Request) -> Response:
        return answer(await known.paused(identifier(request, "deployment_id"), _MANUAL))

    async def unpause(request: Request) -> Response:
        return answer(await known.paused(identifier(request, "deployment_id"), None))

    async def run(request: Request) -> Response:
        return answer(await engine.deployments.run(identifier(request, "deployment_id")))

    one = "/v1/deployments/{deployment_id}"
    return [
        Route(f"{one}/archive", archive, methods=["POST"]),
        Route(f"{one}/pause", pause, methods=["POST"]),
        Route(f"{one}/unpause", unpause, methods=["POST"]),
        Route(f"{one}/run", run, methods=["POST"]),
    ]


def _filtered(request: Request, found: list[Json]) -> list[Json]:
    status, agent_id = request.query_params.get("status"), request.query_params.get("agent_id")
    archived = lists.flag(request, "include_archived")
    if status is not None and archived:
        raise Refused("status and include_archived cannot be combined")
    if status not in (None, "active", "paused"):
        raise Refused("status: must be one of active, paused")
    found = [one for one in found if archived or not one["archived_at"]]
    return [one for one in found if status in (None, one["status"]) and agent_id in (None, one["agent"]["id"])]


def _runs(engine: Engine) -> list[Route]:
    async def retrieve(request: Request) -> Response:
        return answer(await engine.deployments.one(identifier(request, "deployment_run_id")))

    async def listed(request: Request) -> Response:
        passes, query = lists.moments(request), request.query_params
        error = lists.choice(request, "has_error", ("true", "false", ""), "")
        trigger = lists.choice(request, "trigger_type", ("schedule", "manual", ""), "")
        found = [
            one
            for one in await engine.deployments.all()
            if query.get("deployment_id") in (None, one["deployment_id"])
            and error in ("", "true" if one["error"] else "false")
            and trigger in ("", one["trigger_context"]["type"])
            and passes(one["created_at"])
        ]
        found.sort(key=lists.key, reverse=True)
        return answer(lists.forward(lists.page_of(request, found, default=20, most=1000, passes=passes)))

    async def missed(request: Request) -> Response:
        return answer({"data": await engine.deployments.missed(identifier(request, "deployment_id"))})

    async def history(request: Request) -> Response:
        return answer({"data": await engine.deployments.history(request.query_params.get("deployment_id"))})

    async def overview(request: Request) -> Response:
        return answer({"data": await engine.deployments.overview()})

    return [
        Route("/workbench/v1/deployments", overview, methods=["GET"]),
        Route("/workbench/v1/deployment_runs", history, methods=["GET"]),
        Route("/v1/deployment_runs", listed, methods=["GET"]),
        Route("/v1/deployment_runs/{deployment_run_id}", retrieve, methods=["GET"]),
        Route("/workbench/v1/deployments/{deployment_id}/missed", missed, methods=["GET"]),
    ]
