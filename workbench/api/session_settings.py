"""/workbench/v1/sessions/{id}/settings, …/read, …/memory: a session's model, effort and environment; that its user has read it; what it
was given of memory."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, identifier, read_object
from workbench.engine.facade import Engine
from workbench.engine.memory_given import given


def routes(engine: Engine) -> list[Route]:
    async def settings(request: Request) -> Response:
        session_id = identifier(request, "session_id")
        return answer(await engine.settings.update(session_id, await read_object(request)))

    async def read(request: Request) -> Response:
        return answer(await engine.read_marks.set(identifier(request, "session_id")))

    async def memory(request: Request) -> Response:
        session = await engine.sessions.records.wire(identifier(request, "session_id"))
        return answer({"data": await given(engine.memory, engine.log.questions, session)})

    return [
        Route("/workbench/v1/sessions/{session_id}/memory", memory, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/settings", settings, methods=["POST"]),
        Route("/workbench/v1/sessions/{session_id}/read", read, methods=["POST"]),
    ]
