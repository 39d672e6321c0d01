"""/workbench/v1/sessions/{id}: base, branch, push, commits, patch, commit."""

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
from workbench.contracts.values import Json
from workbench.engine.facade import Engine

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Branch(Body):
    name: Name | None = None
    ref: Name | None = None
    worktree: Annotated[str, Field(min_length=1, max_length=4_000)] | None = None


class Push(Body):
    name: Name | None = None
    ref: Name | None = None
    remote: Name = "origin"


class Commits(Body):
    ref: Name | None = None
    rebase: bool = False


class Commit(Body):
    message: Annotated[str, Field(min_length=1, max_length=20_000)] | None = None
    paths: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] | None = None
    only_applied: bool = False
    take: Take | None = None


def routes(engine: Engine) -> list[Route]:
    async def base(request: Request) -> Response:
        return answer(await _base(engine, identifier(request, "session_id")))

    async def branch(request: Request) -> Response:
        given = checked(Branch, await read_object(request))
        session_id = identifier(request, "session_id")
        return answer(asdict(await engine.commits.branch(session_id, given.name, given.ref, given.worktree)))

    async def push(request: Request) -> Response:
        given = checked(Push, await read_object(request))
        session_id = identifier(request, "session_id")
        done = await engine.commits.push(session_id, name=given.name, ref=given.ref, remote=given.remote)
        return answer(asdict(done))

    async def commits(request: Request) -> Response:
        given = checked(Commits, await read_object(request))
        session_id = identifier(request, "session_id")
        return answer(asdict(await engine.commits.apply(session_id, given.ref, rebase=given.rebase)))

    async def patch(request: Request) -> Response:
        ref = request.query_params.get("ref")
        return answer({"text": await engine.commits.patch(identifier(request, "session_id"), ref)})

    async def commit(request: Request) -> Response:
        given = checked(Commit, await read_object(request))
        session_id = identifier(request, "session_id")
        done = await engine.commits.commit(
            session_id, given.message, given.paths, only_applied=given.only_applied, take=given.take
        )
        return answer(asdict(done))

    return [
        Route("/workbench/v1/sessions/{session_id}/base", base, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/branch", branch, methods=["POST"]),
        Route("/workbench/v1/sessions/{session_id}/push", push, methods=["POST"]),
        Route("/workbench/v1/sessions/{session_id}/commits", commits, methods=["POST"]),
        Route("/workbench/v1/sessions/{session_id}/patch", patch, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/commit", commit, methods=["POST"]),
    ]


async def _base(engine: Engine, session_id: str) -> Json:
    """Where the repository stands, what was applied and is not committed, and the message that a commit of it would have."""
    base = await engine.commits.base(session_id)
    applied, since = await engine.commits.applied_earlier(session_id, base)
    message = await engine.commits.message(session_id)
    told = asdict(base) | {"applied": applied, "changed_since": since}
    del told["as_applied"]
    return told | {"subject": message.partition("\n")[0], "message": message}
