"""/v1/organizations/webhooks: endpoints that are told what happens."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.errors import Refused
from workbench.catalog.webhooks import wire
from workbench.contracts.values import Json
from workbench.engine.facade import Engine

_DEFAULT = 20
_MOST = 100


def routes(engine: Engine) -> list[Route]:
    known = engine.webhooks.endpoints

    async def create(request: Request) -> Response:
        return answer(await known.create(await read_object(request)))

    async def retrieve(request: Request) -> Response:
        return answer(wire(await known.get(identifier(request, "endpoint_id"))))

    async def update(request: Request) -> Response:
        return answer(await known.update(identifier(request, "endpoint_id"), await read_object(request)))

    async def delete(request: Request) -> Response:
        return answer(await known.delete(identifier(request, "endpoint_id")))

    async def regenerate(request: Request) -> Response:
        return answer(await known.regenerate(identifier(request, "endpoint_id")))

    async def listed(request: Request) -> Response:
        return answer(_page(request, [wire(one) for one in await known.all()]))

    async def deliveries(request: Request) -> Response:
        return answer({"data": await engine.webhooks.deliveries(identifier(request, "endpoint_id"))})

    one = "/v1/organizations/webhooks/{endpoint_id}"
    return [
        Route("/v1/organizations/webhooks", create, methods=["POST"]),
        Route("/v1/organizations/webhooks", listed, methods=["GET"]),
        Route(one, retrieve, methods=["GET"]),
        Route(one, update, methods=["POST"]),
        Route(one, delete, methods=["DELETE"]),
        Route(f"{one}/regenerate_signing_secret", regenerate, methods=["POST"]),
        Route("/workbench/v1/webhooks/{endpoint_id}/deliveries", deliveries, methods=["GET"]),
    ]


def _page(request: Request, found: list[Json]) -> Json:
    """One page after or before the id that the query names; a limit of 0 is the usual one."""
    size = lists.number(request, "limit", least=0, most=_MOST) or _DEFAULT
    if lists.choice(request, "order", ("asc", "desc"), "desc") == "asc":
        found = found[::-1]
    after, before = request.query_params.get("after_id"), request.query_params.get("before_id")
    if after is not None and before is not None:
        raise Refused("after_id, before_id: give one of them")
    ids = [one["id"] for one in found]
    for name, cursor in (("after_id", after), ("before_id", before)):
        if cursor is not None and cursor not in ids:
            raise Refused(f"{name}: there is no webhook endpoint {cursor!r}")
    if after is not None:
        found = found[ids.index(after) + 1 :]
    if before is not None:
        found = found[: ids.index(before)]
    page = found[-size:] if before is not None else found[:size]
    first, last = (page[0]["id"], page[-1]["id"]) if page else (None, None)
    return {"data": page, "has_more": len(found) > len(page), "first_id": first, "last_id": last}
