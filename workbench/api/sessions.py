"""/v1/sessions"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.permits import is_permitted, refuse_other_agents
from workbench.api.request_permit import permit_of
from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.errors import Refused
from workbench.catalog.pages import Page
from workbench.catalog.session_lists import ListedSession
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
        return answer(await _page(engine, request))

    return [
        Route("/v1/sessions", create, methods=["POST"]),
        Route("/v1/sessions", list_sessions, methods=["GET"]),
        Route("/v1/sessions/{session_id}", retrieve, methods=["GET"]),
        Route("/v1/sessions/{session_id}", update, methods=["POST"]),
        Route("/v1/sessions/{session_id}", delete, methods=["DELETE"]),
        Route("/v1/sessions/{session_id}/archive", archive, methods=["POST"]),
    ]


async def _page(engine: Engine, request: Request) -> Json:
    """One page: a few fields of the sessions around it are looked at, and the records of those that it shows are read."""
    order, passes = lists.choice(request, "order", ("asc", "desc"), "desc"), lists.moments(request)
    is_wanted, permit = _wanted(request), permit_of(request)
    sessions = await engine.session_lists.in_order()

    def passing(place: int) -> bool:
        one = sessions.at(place)
        return passes(one.created_at) and is_wanted(one) and is_permitted(permit, one)

    walk = lists.walk_of(request, sessions.keys, passing, default=20, most=1000, order=order, passes=passes)
    shown = await engine.session_lists.wires([sessions.at(place).id for place in walk.places])
    return lists.both_ways(Page(shown, walk.next_page, walk.prev_page))


def _wanted(request: Request) -> Callable[[ListedSession], bool]:
    """What the query asks for.

    Raises:
        Refused: it asks for what there is not.
    """
    query = request.query_params
    statuses = lists.many(request, "statuses")
    for status in statuses:
        if status not in STATUSES:
            raise Refused(f"statuses: {status!r} must be one of {', '.join(STATUSES)}")
    version = lists.number(request, "agent_version", least=1)
    if version is not None and "agent_id" not in query:
        raise Refused("agent_version: goes only together with agent_id")
    archived_too = lists.flag(request, "include_archived")
    agent_id, deployment_id = query.get("agent_id"), query.get("deployment_id")
    store_id = query.get("memory_store_id")
    return lambda session: (
        (archived_too or not session.archived_at)
        and (not statuses or session.status in statuses)
        and agent_id in (None, session.agent_id)
        and version in (None, session.agent_version)
        and deployment_id in (None, session.deployment_id)
        and (store_id is None or session.has_store(store_id))
    )
