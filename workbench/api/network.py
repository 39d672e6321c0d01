"""/workbench/v1/sessions/{id}/network: what a session's sandbox wanted to reach, and letting it reach one more host."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench import events
from workbench.api import lists
from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked
from workbench.contracts.facts import EGRESS_DECIDED
from workbench.contracts.vault import VaultRefused
from workbench.engine.facade import Engine


class Allow(Body):
    host: Annotated[str, Field(min_length=1, max_length=253)]
    scope: Literal["session", "environment"] = "session"


def routes(engine: Engine) -> list[Route]:
    async def decisions(request: Request) -> Response:
        session_id = (await engine.records.document(identifier(request, "session_id"))).id
        after = lists.number(request, "after", least=0) or 0
        found = await engine.log.facts.facts(session_id, EGRESS_DECIDED.name)
        told = [{"decided_at": events.timestamp(fact.made_at), **fact.body} for fact in found[after:]]
        return answer({"data": told, "after": len(found)})

    async def allow(request: Request) -> Response:
        given = checked(Allow, await read_object(request))
        session_id = identifier(request, "session_id")
        try:
            await engine.resources.allow_host(session_id, given.host, in_environment=given.scope == "environment")
        except VaultRefused as refused:
            raise Refused(f"host: {refused}") from None
        return answer({"session_id": session_id, "allowed": given.host, "scope": given.scope})

    path = "/workbench/v1/sessions/{session_id}/network"
    return [Route(path, decisions, methods=["GET"]), Route(path, allow, methods=["POST"])]
