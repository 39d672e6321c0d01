"""/workbench/v1/rules and …/calls/{id}: what was allowed for good, and what there is to say of a call that asks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench import events
from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked, not_found
from workbench.catalog.sessions import session_of
from workbench.contracts.values import Json
from workbench.engine.facade import Engine
from workbench.permissions.explanations import explained
from workbench.permissions.rulebook import Rulebook, always_of
from workbench.settings import SettingsError


class Exact(Body):
    tool: Annotated[str, Field(min_length=1)]
    input: Json


class NewRule(Body):
    allow: Annotated[list[str], Field(min_length=1)] | None = None
    exact: Exact | None = None
    session: str | None = None
    agent: str | None = None


def routes(engine: Engine, rulebook: Rulebook) -> list[Route]:
    async def listed(request: Request) -> Response:
        data = [one.wire() for one in rulebook.standing()]
        return answer({"data": data, "file": str(rulebook.own), "trouble": rulebook.trouble or None})

    async def add(request: Request) -> Response:
        given = checked(NewRule, await read_object(request))
        await _scope_is_there(engine, given)
        exact = given.exact.model_dump() if given.exact else None
        try:
            rule = always_of(given.allow, exact, given.session, given.agent)
            return answer(rulebook.add(rule, events.now().date()).wire() | {"file": str(rulebook.own)})
        except SettingsError as refused:
            raise Refused(str(refused)) from None

    async def remove(request: Request) -> Response:
        rule_id = request.path_params["rule_id"]
        try:
            removed = rulebook.remove(rule_id)
        except SettingsError as refused:
            raise Refused(str(refused)) from None
        if removed is None:
            raise not_found("rule", rule_id)
        return answer(removed.wire())

    async def call(request: Request) -> Response:
        session_id, call_id = identifier(request, "session_id"), request.path_params["call_id"]
        document = await engine.records.document(session_id)
        entries = await engine.rooms.sessions.read(session_id, newest_first=True)
        found = next((entry.event for entry in entries if entry.event.id == call_id), None)
        if found is None or found.type not in ("agent.tool_use", "agent.mcp_tool_use"):
            raise not_found("call", call_id)
        told = explained(session_of(document.body), events.dump(found), rulebook.current())
        return answer({"why": told.why, "risks": told.risks, "where": told.where, "offers": told.offers})

    return [
        Route("/workbench/v1/rules", listed, methods=["GET"]),
        Route("/workbench/v1/rules", add, methods=["POST"]),
        Route("/workbench/v1/rules/{rule_id}", remove, methods=["DELETE"]),
        Route("/workbench/v1/sessions/{session_id}/calls/{call_id}", call, methods=["GET"]),
    ]


async def _scope_is_there(engine: Engine, given: NewRule) -> None:
    """A rule for nobody would be kept and forgotten."""
    if given.session is not None:
        await engine.records.document(given.session)
    if given.agent is not None:
        await engine.agents.get(given.agent)
