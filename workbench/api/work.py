"""/v1/environments/{id}/work: the queue from which workers of a self-hosted environment take sessions."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.request_permit import permit_of
from workbench.api.wire import answer, identifier, read_object
from workbench.api.worker_permits import WORKERS
from workbench.catalog.errors import Refused
from workbench.catalog.tokens import WORKER
from workbench.catalog.work_items import shown
from workbench.engine.facade import Engine
from workbench.engine.work.queue import DEFAULT_RECLAIM, WorkQueue

ITEMS = "/v1/environments/{environment_id}/work"
ITEM = ITEMS + "/{work_id}"
MOST_BLOCK_MS = 999
MOST_TTL_S = 86_400
MOST_LISTED = 100
LONGEST_WORKER_ID = 200


def routes(engine: Engine) -> list[Route]:
    return [*_steps(engine.work), *_items(engine.work)]


def _steps(work: WorkQueue) -> list[Route]:
    """What workers do."""

    async def poll(request: Request) -> Response:
        _refuse_without_key(request, WORKER)
        block_ms = lists.number(request, "block_ms", least=1, most=MOST_BLOCK_MS)
        reclaim_ms = lists.number(request, "reclaim_older_than_ms", least=0)
        reclaim = DEFAULT_RECLAIM if reclaim_ms is None else timedelta(milliseconds=min(reclaim_ms, 86_400_000))
        worker_id = request.headers.get("anthropic-worker-id", "")[:LONGEST_WORKER_ID]
        return answer(await work.poll(_environment(request), worker_id, (block_ms or 0) / 1000, reclaim))

    async def ack(request: Request) -> Response:
        _refuse_without_key(request, *WORKERS)
        return answer(await work.acknowledge(_environment(request), _work(request)))

    async def heartbeat(request: Request) -> Response:
        _refuse_without_key(request, *WORKERS)
        ttl_s = lists.number(request, "desired_ttl_seconds", least=1, most=MOST_TTL_S)
        expected = request.query_params.get("expected_last_heartbeat")
        return answer(await work.beat(_environment(request), _work(request), expected, ttl_s))

    async def stop(request: Request) -> Response:
        force = (await read_object(request)).get("force", False)
        if not isinstance(force, bool):
            raise Refused("force: must be true or false")
        by_owner = permit_of(request).role not in WORKERS
        return answer(await work.stop(_environment(request), _work(request), force=force, by_owner=by_owner))

    return [
        Route(ITEMS + "/poll", poll, methods=["GET"]),
        Route(ITEM + "/ack", ack, methods=["POST"]),
        Route(ITEM + "/heartbeat", heartbeat, methods=["POST"]),
        Route(ITEM + "/stop", stop, methods=["POST"]),
    ]


def _items(work: WorkQueue) -> list[Route]:
    """What is known of them."""

    async def retrieve(request: Request) -> Response:
        return answer(shown(work.item(_environment(request), _work(request))))

    async def update(request: Request) -> Response:
        body = await read_object(request)
        if set(body) != {"metadata"}:
            raise Refused("the request body has metadata, and nothing else")
        return answer(await work.update(_environment(request), _work(request), body["metadata"]))

    async def listed(request: Request) -> Response:
        _refuse_without_key(request, WORKER)
        found = sorted(await work.of_environment(_environment(request)), key=lists.key, reverse=True)
        return answer(lists.forward(lists.page_of(request, found, default=20, most=MOST_LISTED)))

    async def own_list(request: Request) -> Response:
        return answer({"data": await work.of_environment(_environment(request))})

    async def queues(request: Request) -> Response:
        return answer({"data": await work.queues()})

    async def stats(request: Request) -> Response:
        return answer(await work.statistics(_environment(request)))

    return [
        Route(ITEMS, listed, methods=["GET"]),
        Route(ITEMS + "/stats", stats, methods=["GET"]),
        Route(ITEM, retrieve, methods=["GET"]),
        Route(ITEM, update, methods=["POST"]),
        Route("/workbench/v1/work", queues, methods=["GET"]),
        Route("/workbench/v1/environments/{environment_id}/work", own_list, methods=["GET"]),
    ]


def _environment(request: Request) -> str:
    return identifier(request, "environment_id")


def _work(request: Request) -> str:
    return identifier(request, "work_id")


def _refuse_without_key(request: Request, *roles: str) -> None:
    """Raises: Refused: 403, as the public API refuses an owner's key where a worker's is meant."""
    if permit_of(request).role not in roles:
        raise Refused(
            "this is for workers, by a key of the environment: `workbench tokens add NAME --role worker --environment ENV`"
            " makes one",
            status=403,
            kind="permission_error",
        )
