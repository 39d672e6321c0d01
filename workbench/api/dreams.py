"""/v1/dreams, and what the workbench adds to them: estimates, review, and why a store says what it says."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.memory_stores import actor
from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked
from workbench.contracts.values import Json
from workbench.engine.dreams.records import DEFAULT_BUDGET_CENTS, wanted, wire
from workbench.engine.facade import Engine

STATUSES = ("pending", "running", "completed", "failed", "canceled")


class Limits(Body):
    """What the workbench adds to a new dream: a hard budget, and whether to say only what it would cost."""

    budget_cents: Annotated[int, Field(ge=0, le=100_000)] = DEFAULT_BUDGET_CENTS
    only_estimate: bool = False


def routes(engine: Engine) -> list[Route]:
    return [*_public(engine), *_own(engine)]


def _public(engine: Engine) -> list[Route]:
    dreaming = engine.dreaming

    async def create(request: Request) -> Response:
        return answer(wire(await dreaming.create(wanted(await read_object(request)))))

    async def retrieve(request: Request) -> Response:
        return answer(wire(await dreaming.records.get(identifier(request, "dream_id"))))

    async def cancel(request: Request) -> Response:
        return answer(wire(await dreaming.cancel(identifier(request, "dream_id"))))

    async def archive(request: Request) -> Response:
        return answer(wire(await dreaming.archive(identifier(request, "dream_id"))))

    async def list_dreams(request: Request) -> Response:
        passes, archived, statuses = lists.moments(request), lists.flag(request, "include_archived"), _statuses(request)
        found = [
            wire(one)
            for one in await dreaming.records.newest()
            if passes(one["created_at"]) and (archived or not one["archived_at"]) and one["status"] in statuses
        ]
        found.sort(key=lists.key, reverse=True)
        return answer(lists.forward(lists.page_of(request, found, default=20, most=100, passes=passes)))

    return [
        Route("/v1/dreams", create, methods=["POST"]),
        Route("/v1/dreams", list_dreams, methods=["GET"]),
        Route("/v1/dreams/{dream_id}", retrieve, methods=["GET"]),
        Route("/v1/dreams/{dream_id}/cancel", cancel, methods=["POST"]),
        Route("/v1/dreams/{dream_id}/archive", archive, methods=["POST"]),
    ]


def _statuses(request: Request) -> list[str]:
    statuses = lists.many(request, "statuses")
    for status in statuses:
        if status not in STATUSES:
            raise Refused(f"statuses: {status!r} must be one of {', '.join(STATUSES)}")
    return statuses or list(STATUSES)


def _own(engine: Engine) -> list[Route]:
    async def create(request: Request) -> Response:
        body = await read_object(request)
        limits = checked(Limits, {name: body.pop(name) for name in ("budget_cents", "only_estimate") if name in body})
        if limits.only_estimate:
            return answer(await engine.dreaming.estimate(wanted(body)))
        return answer(await engine.dreaming.create(wanted(body), budget_cents=limits.budget_cents))

    async def show(request: Request) -> Response:
        return answer(await engine.dreaming.records.get(identifier(request, "dream_id")))

    async def review(request: Request) -> Response:
        body: Json = await read_object(request)
        return answer(await engine.dreaming.review.decide(identifier(request, "dream_id"), body, actor(request)))

    async def undo(request: Request) -> Response:
        return answer(await engine.dreaming.review.undo(identifier(request, "dream_id"), actor(request)))

    async def why(request: Request) -> Response:
        path, line = request.query_params.get("path", ""), request.query_params.get("line", "")
        return answer(await engine.dreaming.review.why(identifier(request, "store_id"), path, line))

    return [
        Route("/workbench/v1/dreams", create, methods=["POST"]),
        Route("/workbench/v1/dreams/{dream_id}", show, methods=["GET"]),
        Route("/workbench/v1/dreams/{dream_id}/review", review, methods=["POST"]),
        Route("/workbench/v1/dreams/{dream_id}/undo", undo, methods=["POST"]),
        Route("/workbench/v1/memory_stores/{store_id}/why", why, methods=["GET"]),
    ]
