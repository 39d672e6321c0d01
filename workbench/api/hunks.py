"""/workbench/v1/sessions/{id}: hunks, hunks/apply, applied, applied/again, discard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked
from workbench.contracts.files import HunkName, Take
from workbench.engine.facade import Engine

Text = Annotated[str, Field(min_length=1)]


class Name(Body):
    path: Text
    id: Text
    lines: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)] | None = None


class Apply(Body):
    hunks: Annotated[list[Name], Field(min_length=1)]
    force: bool = False
    take: Take | None = None

    @property
    def taken(self) -> Take | None:
        """`force` is the older word for the session's lines."""
        return self.take or ("theirs" if self.force else None)


class Again(Body):
    paths: Annotated[list[Text], Field(min_length=1)] | None = None
    take: Take | None = None


class Discard(Body):
    paths: list[Text] | None = None
    hunks: list[Name] | None = None


def routes(engine: Engine) -> list[Route]:
    async def hunks(request: Request) -> Response:
        paths = request.query_params.getlist("paths[]") or None
        return answer(asdict(await engine.hunks.review(identifier(request, "session_id"), paths)))

    async def apply(request: Request) -> Response:
        given = checked(Apply, await read_object(request))
        session_id = identifier(request, "session_id")
        return answer(asdict(await engine.hunks.apply(session_id, _names(given.hunks), take=given.taken)))

    async def applied(request: Request) -> Response:
        return answer(asdict(await engine.hunks.applied(identifier(request, "session_id"))))

    async def again(request: Request) -> Response:
        given = checked(Again, await read_object(request))
        session_id = identifier(request, "session_id")
        return answer(asdict(await engine.hunks.apply_again(session_id, given.paths, take=given.take)))

    async def discard(request: Request) -> Response:
        given = checked(Discard, await read_object(request))
        if not given.paths and not given.hunks:
            raise Refused("paths, hunks: name at least one; a path of . is all that the session changed")
        session_id = identifier(request, "session_id")
        discarded = await engine.hunks.discard(session_id, given.paths or (), _names(given.hunks or ()))
        return answer({**asdict(discarded.done), "before": discarded.before})

    return [
        Route("/workbench/v1/sessions/{session_id}/hunks", hunks, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/hunks/apply", apply, methods=["POST"]),
        Route("/workbench/v1/sessions/{session_id}/applied", applied, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/applied/again", again, methods=["POST"]),
        Route("/workbench/v1/sessions/{session_id}/discard", discard, methods=["POST"]),
    ]


def _names(named: Sequence[Name]) -> list[HunkName]:
    return [HunkName(one.path, one.id, None if one.lines is None else frozenset(one.lines)) for one in named]
