"""/v1/sessions/{id}/threads: every session has its primary one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.sessions import STATUSES
from workbench.api.wire import answer, identifier
from workbench.catalog.errors import Refused
from workbench.engine.facade import Engine
from workbench.events import primary_thread_id


def routes(engine: Engine) -> list[Route]:
    async def retrieve(request: Request) -> Response:
        return answer(await engine.sessions.thread(identifier(request, "session_id"), identifier(request, "thread_id")))

    async def list_threads(request: Request) -> Response:
        session_id, statuses = identifier(request, "session_id"), lists.many(request, "statuses")
        for status in statuses:
            if status not in STATUSES:
                raise Refused(f"statuses: {status!r} must be one of {', '.join(STATUSES)}")
        primary = await engine.sessions.thread(session_id, primary_thread_id(session_id))
        found = [primary] if not statuses or primary["status"] in statuses else []
        return answer(lists.forward(lists.page_of(request, found, default=1000, most=1000)))

    async def archive(request: Request) -> Response:
        await engine.sessions.thread(identifier(request, "session_id"), identifier(request, "thread_id"))
        raise Refused("the primary thread is archived with its session")

    return [
        Route("/v1/sessions/{session_id}/threads", list_threads, methods=["GET"]),
        Route("/v1/sessions/{session_id}/threads/{thread_id}", retrieve, methods=["GET"]),
        Route("/v1/sessions/{session_id}/threads/{thread_id}/archive", archive, methods=["POST"]),
    ]
