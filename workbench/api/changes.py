"""/workbench/v1/sessions/{id}: changes, diff, review, apply, fork, rewind."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.base_models import Body
from workbench.catalog.errors import checked
from workbench.contracts.files import Take
from workbench.engine.facade import Engine


class Apply(Body):
    paths: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] | None = None
    force: bool = False
    take: Take | None = None

    @property
    def taken(self) -> Take | None:
        """`force` is the older word for the session's lines."""
        return self.take or ("theirs" if self.force else None)


class Fork(Body):
    at: str | None = None


class Rewind(Body):
    to: str | None = None


def routes(engine: Engine) -> list[Route]:
    async def changes(request: Request) -> Response:
        return answer(asdict(await engine.workspaces.changes(identifier(request, "session_id"))))

    async def diff(request: Request) -> Response:
        binary = request.query_params.get("binary") == "true"
        return answer(asdict(await engine.workspaces.diff(identifier(request, "session_id"), binary=binary)))

    async def apply(request: Request) -> Response:
        given = checked(Apply, await read_object(request))
        session_id = identifier(request, "session_id")
        return answer(asdict(await engine.workspaces.apply(session_id, given.paths, take=given.taken)))

    async def fork(request: Request) -> Response:
        given = checked(Fork, await read_object(request))
        return answer(await engine.workspaces.fork(identifier(request, "session_id"), given.at))

    async def rewind(request: Request) -> Response:
        given = checked(Rewind, await read_object(request))
        return answer(await engine.workspaces.rewind(identifier(request, "session_id"), given.to))

    async def begin_review(request: Request) -> Response:
        return answer(await engine.reviews.begin(identifier(request, "session_id")))

    async def last_review(request: Request) -> Response:
        return answer(await engine.reviews.last(identifier(request, "session_id")))

    return [
        Route("/workbench/v1/sessions/{session_id}/review", begin_review, methods=["POST"]),
        Route("/workbench/v1/sessions/{session_id}/review", last_review, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/changes", changes, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/diff", diff, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/apply", apply, methods=["POST"]),
        Route("/workbench/v1/sessions/{session_id}/fork", fork, methods=["POST"]),
        Route("/workbench/v1/sessions/{session_id}/rewind", rewind, methods=["POST"]),
    ]
