"""/workbench/v1/triggers: what starts sessions of deployments, what it delivered, and where webhooks come in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.errors import Refused
from workbench.contracts.process import Receiving
from workbench.engine.facade import Engine


def routes(engine: Engine, receiving: Receiving) -> list[Route]:
    return [*_triggers(engine), *_receiver(receiving)]


def _triggers(engine: Engine) -> list[Route]:
    known = engine.triggers

    async def create(request: Request) -> Response:
        return answer(await known.create(await read_object(request)))

    async def listed(request: Request) -> Response:
        return answer({"data": await known.all()})

    async def retrieve(request: Request) -> Response:
        return answer(await known.one(identifier(request, "trigger_id")))

    async def delete(request: Request) -> Response:
        return answer(await known.delete(identifier(request, "trigger_id")))

    async def pause(request: Request) -> Response:
        return answer(await known.pause(identifier(request, "trigger_id"), is_on=False))

    async def unpause(request: Request) -> Response:
        return answer(await known.pause(identifier(request, "trigger_id"), is_on=True))

    async def test(request: Request) -> Response:
        return answer(await known.test(identifier(request, "trigger_id")))

    async def deliveries(request: Request) -> Response:
        return answer({"data": await known.deliveries.log_of(request.query_params.get("trigger_id"))})

    one = "/workbench/v1/triggers/{trigger_id}"
    return [
        Route("/workbench/v1/triggers", create, methods=["POST"]),
        Route("/workbench/v1/triggers", listed, methods=["GET"]),
        Route(one, retrieve, methods=["GET"]),
        Route(one, delete, methods=["DELETE"]),
        Route(f"{one}/pause", pause, methods=["POST"]),
        Route(f"{one}/unpause", unpause, methods=["POST"]),
        Route(f"{one}/test", test, methods=["POST"]),
        Route("/workbench/v1/trigger_deliveries", deliveries, methods=["GET"]),
    ]


def _receiver(receiving: Receiving) -> list[Route]:
    async def places(request: Request) -> Response:
        return answer(receiving.places())

    async def listen(request: Request) -> Response:
        port = (await read_object(request)).get("port")
        if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
            raise Refused("port: must be a number from 0 to 65535; 0 takes a free one")
        return answer(await receiving.open(port))

    async def forget(request: Request) -> Response:
        await receiving.forget()
        return answer(receiving.places())

    place = "/workbench/v1/trigger_receiver"
    return [
        Route(place, places, methods=["GET"]),
        Route(place, listen, methods=["POST"]),
        Route(place, forget, methods=["DELETE"]),
    ]
