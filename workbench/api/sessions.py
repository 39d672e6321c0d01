"""/v1/sessions"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.permits import permitted, refuse_other_agents
from workbench.api.request_permit import permit_of
from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.errors import Refused
from workbench.contracts.values import Json
from workbench.engine.facade import Engine

STATUSES = ("rescheduling", "running", "idle", "terminated")


def routes(engine: Engine) -> list[Route]:
    async def create(request: Request) -> Response:
        body, permit = await read_object(request), permit_of(request)
        refuse_other_agents(permit, body.get("agent"))
        await engine.limits.refuse_body(body, permit.token_id)
        return answer(await engine.sessions.create(body, token_id=permit.token_id))

    async def retrieve(request: Request) -> Response:
        return answer(await engine.records.wire(identifier(request, "session_id")))

    async def update(request: Request) -> Response:
        return answer(await engine.sessions.update(identifier(request, "session_id"), await read_object(request)))

    async def archive(request: Request) -> Response:
        return answer(await engine.sessions.archive(identifier(request, "session_id")))

    async def delete(request: Request) -> Response:
        return answer(await engine.sessions.delete(identifier(request, "session_id")))

    async def list_sessions(request: Request) -> Response:
        order = lists.choice(request, "order", ("asc", "desc"), "desc")
        passes = lists.moments(request)
        sessions = permitted(permit_of(request), await engine.records.all_wire())
        found = [s for s in sessions if passes(s["created_at"]) and _wanted(request, s)]
        found.sort(key=lists.key, reverse=order == "desc")
        page = lists.page_of(request, found, default=20, most=1000, order=order, passes=passes)
        return answer(lists.both_ways(page))

    return [
        Route("/v1/sessions", create, methods=["POST"]),
        Route("/v1/sessions", list_sessions, methods=["GET"]),
        Route("/v1/sessions/{session_id}", retrieve, methods=["GET"]),
        Route("/v1/sessions/{session_id}", update, methods=["POST"]),
        Route("/v1/sessions/{session_id}", delete, methods=["DELETE"]),
        Route("/v1/sessions/{session_id}/archive", archive, methods=["POST"]),
    ]


def _wanted(request: Request, session: Json) -> bool:
    query = request.query_params
    statuses = lists.many(request, "statuses")
    for status in statuses:
        if status not in STATUSES:
            raise Refused(f"statuses: {status!r} must be one of {', '.join(STATUSES)}")
    version = lists.number(request, "agent_version", least=1)
    if version is not None and "agent_id" not in query:
        raise Refused("agent_version: goes only together with agent_id")
    return (
        (lists.flag(request, "include_archived") or not session["archived_at"])
        and (not statuses or session["status"] in statuses)
        and query.get("agent_id") in (None, session["agent"]["id"])
        and version in (None, session["agent"]["version"])
        and query.get("deployment_id") in (None, session["deployment_id"])
        and ("memory_store_id" not in query or _has_store(session, query["memory_store_id"]))
    )


def _has_store(session: Json, store_id: str) -> bool:
    return any(resource.get("memory_store_id") == store_id for resource in session["resources"])
