"""/v1/sessions/{id}/threads: the primary one and those that its agent started; and the workflow runs of a session."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.sessions import STATUSES
from workbench.api.wire import answer, identifier
from workbench.catalog.errors import Refused, not_found
from workbench.engine.facade import Engine
from workbench.engine.teams import workflow_listing


def routes(engine: Engine) -> list[Route]:
    async def retrieve(request: Request) -> Response:
        return answer(await engine.threads.one(identifier(request, "session_id"), identifier(request, "thread_id")))

    async def list_threads(request: Request) -> Response:
        session_id, statuses = identifier(request, "session_id"), lists.many(request, "statuses")
        for status in statuses:
            if status not in STATUSES:
                raise Refused(f"statuses: {status!r} must be one of {', '.join(STATUSES)}")
        found = [one for one in await engine.threads.all(session_id) if not statuses or one["status"] in statuses]
        return answer(lists.forward(lists.page_of(request, found, default=1000, most=1000, order="asc")))

    async def archive(request: Request) -> Response:
        ids = identifier(request, "session_id"), identifier(request, "thread_id")
        return answer(await engine.threads.archive(*ids))

    async def list_runs(request: Request) -> Response:
        session_id = identifier(request, "session_id")
        await engine.records.document(session_id)
        return answer({"data": await workflow_listing.runs(engine.log, session_id)})

    async def stop_run(request: Request) -> Response:
        session_id, run_id = identifier(request, "session_id"), identifier(request, "run_id")
        await engine.sessions.stop_run(session_id, run_id)
        found = [one for one in await workflow_listing.runs(engine.log, session_id) if one["id"] == run_id]
        if not found:
            raise not_found("workflow run", run_id)
        return answer(found[0])

    return [
        Route("/workbench/v1/sessions/{session_id}/workflow_runs", list_runs, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/workflow_runs/{run_id}/stop", stop_run, methods=["POST"]),
        Route("/v1/sessions/{session_id}/threads", list_threads, methods=["GET"]),
        Route("/v1/sessions/{session_id}/threads/{thread_id}", retrieve, methods=["GET"]),
        Route("/v1/sessions/{session_id}/threads/{thread_id}/archive", archive, methods=["POST"]),
    ]
