"""/v1/models, and /v1/messages of every model in it: the offline one's here, another one's from the server that has it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.streams import EventStream, frame
from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.errors import Refused, not_found
from workbench.contracts.brain import Forwarded
from workbench.contracts.values import Json
from workbench.engine.models import OFFLINE, ModelCatalog

DEFAULT_LIMIT = 20
MOST = 1000
LIFECYCLES = ("active", "deprecated", "retired")


def routes(models: ModelCatalog) -> list[Route]:
    async def create(request: Request) -> Response:
        body = await read_object(request)
        if not isinstance(body.get("model"), str):
            raise Refused("model: name one of GET /v1/models")
        if body["model"] != OFFLINE:
            return await _passed_on(await models.forwarded(body, request.headers.get("anthropic-beta", "")))
        message = await models.offline_reply(body)
        return EventStream(_frames(models, message)) if body.get("stream") else answer(message)

    async def list_models(request: Request) -> Response:
        return answer(_page(request, await models.listed()))

    async def retrieve(request: Request) -> Response:
        model_id = identifier(request, "model_id")
        for model in await models.listed():
            if model["id"] == model_id:
                return answer(model)
        raise not_found("model", model_id)

    # An id may have slashes: local servers name a model by its file.
    return [
        Route("/v1/messages", create, methods=["POST"]),
        Route("/v1/models", list_models, methods=["GET"]),
        Route("/v1/models/{model_id:path}", retrieve, methods=["GET"]),
    ]


def _page(request: Request, models: list[Json]) -> Json:
    """One page of the list, after or before the id that the query names; retired models only where they are asked for."""
    size = lists.limit(request, DEFAULT_LIMIT, MOST)
    wanted = lists.many(request, "lifecycle") or ["active", "deprecated"]
    if unknown := [stage for stage in wanted if stage not in LIFECYCLES]:
        raise Refused(f"lifecycle: {unknown[0]!r} must be one of {', '.join(LIFECYCLES)}")
    after, before = request.query_params.get("after_id"), request.query_params.get("before_id")
    if after is not None and before is not None:
        raise Refused("after_id, before_id: give one of them")
    ids = [model["id"] for model in models]
    for name, cursor in (("after_id", after), ("before_id", before)):
        if cursor is not None and cursor not in ids:
            raise Refused(f"{name}: there is no model {cursor!r}")
    if after is not None:
        models = models[ids.index(after) + 1 :]
    if before is not None:
        models = models[: ids.index(before)]
    kept = [model for model in models if model["lifecycle"] in wanted]
    page = kept[-size:] if before is not None else kept[:size]
    return {
        "data": page,
        "has_more": len(kept) > len(page),
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
    }


async def _passed_on(answered: Forwarded) -> Response:
    """A server's answer as it came: a stream piece by piece, anything else whole."""
    if answered.media_type.startswith(EventStream.media_type):
        return EventStream(answered.body, status=answered.status)
    content = b"".join([piece async for piece in answered.body])
    return Response(content, answered.status, dict(answered.headers), answered.media_type)


async def _frames(models: ModelCatalog, message: Json) -> AsyncGenerator[bytes, None]:
    for event in models.streamed(message):
        yield frame(event["type"], json.dumps(event))
        await asyncio.sleep(0)
