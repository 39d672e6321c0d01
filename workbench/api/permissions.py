"""/workbench/v1/rules and …/calls/{id}: a person's own rules, and what there is to say of a call that asks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.base_models import Body
from workbench.catalog.errors import checked
from workbench.contracts.values import Json
from workbench.engine.facade import Engine


class Exact(Body):
    tool: Annotated[str, Field(min_length=1)]
    input: Json


class NewRule(Body):
    allow: Annotated[list[str], Field(min_length=1)] | None = None
    exact: Exact | None = None
    session: str | None = None
    agent: str | None = None
    ask: list[str] | None = None
    deny: list[str] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> NewRule:
        if self.ask or self.deny:
            if self.model_fields_set - {"ask", "deny"}:
                raise ValueError("ask and deny hold for all agents and sessions, and go into requests of their own")
        elif {"ask", "deny"} & self.model_fields_set:
            raise ValueError("ask or deny: give at least one entry")
        return self


def routes(engine: Engine) -> list[Route]:
    permissions = engine.permissions

    async def listed(request: Request) -> Response:
        return answer(permissions.rules())

    async def add(request: Request) -> Response:
        given = checked(NewRule, await read_object(request))
        if given.ask or given.deny:
            return answer(permissions.restrict(given.ask or [], given.deny or []))
        exact = given.exact.model_dump() if given.exact else None
        return answer(await permissions.add(given.allow, exact, given.session, given.agent))

    async def remove(request: Request) -> Response:
        return answer(permissions.remove(identifier(request, "rule_id")))

    async def call(request: Request) -> Response:
        return answer(await permissions.explained(identifier(request, "session_id"), identifier(request, "call_id")))

    return [
        Route("/workbench/v1/rules", listed, methods=["GET"]),
        Route("/workbench/v1/rules", add, methods=["POST"]),
        Route("/workbench/v1/rules/{rule_id}", remove, methods=["DELETE"]),
        Route("/workbench/v1/sessions/{session_id}/calls/{call_id}", call, methods=["GET"]),
    ]
