"""/v1/models, and /v1/messages of the offline model, which the brain reaches over the same wire as any other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.streams import EventStream, frame
from workbench.api.wire import answer, identifier, read_object
from workbench.brain import offline
from workbench.brain.endpoints import Endpoints
from workbench.catalog.refusals import Refused, not_found
from workbench.contracts import Json


def routes(endpoints: Endpoints) -> list[Route]:
    async def create(request: Request) -> Response:
        body = await read_object(request)
        if body.get("model") != offline.MODEL_ID:
            raise not_found(
                "model", f"{body.get('model')!r} (only {offline.MODEL_ID!r} answers here; sessions reach the others)"
            )
        if not isinstance(body.get("messages"), list) or not body["messages"]:
            raise Refused("messages: must be a list with at least one message")
        message = await asyncio.to_thread(offline.reply, body)
        if body.get("stream"):
            return EventStream(_frames(message))
        return answer(message)

    async def list_models(request: Request) -> Response:
        models = await endpoints.models()
        return answer(
            {
                "data": models,
                "has_more": False,
                "first_id": models[0]["id"] if models else None,
                "last_id": models[-1]["id"] if models else None,
                "next_page": None,
            }
        )

    async def retrieve(request: Request) -> Response:
        model_id = identifier(request, "model_id")
        for model in await endpoints.models():
            if model["id"] == model_id:
                return answer(model)
        raise not_found("model", model_id)

    return [
        Route("/v1/messages", create, methods=["POST"]),
        Route("/v1/models", list_models, methods=["GET"]),
        Route("/v1/models/{model_id}", retrieve, methods=["GET"]),
    ]


async def _frames(message: Json) -> AsyncGenerator[bytes, None]:
    for event in offline.stream(message):
        yield frame(event["type"], json.dumps(event))
        await asyncio.sleep(0)
