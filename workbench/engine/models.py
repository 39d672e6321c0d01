"""Models as clients reach them: the list, context windows, and the offline model behind the Messages API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.brain.compaction import Room
from workbench.catalog.errors import Refused, not_found
from workbench.contracts.brain import Models
from workbench.contracts.values import Json
from workbench.models import offline


@dataclass(frozen=True)
class ModelCatalog:
    """`room` has the window that the settings name in place of what is known of a model."""

    models: Models
    room: Room = field(default_factory=Room)

    async def listed(self) -> list[Json]:
        """The models that can be used now; the offline one is always the last."""
        return await self.models.models()

    def window(self, model_id: str) -> int | None:
        """A model's context window in tokens; None where it is not known."""
        return self.room.window(model_id, self.models.window(model_id))

    async def offline_reply(self, body: Json) -> Json:
        """The offline model's message for a body of the Messages API.

        Raises:
            Refused: 404 for another model; 400 without messages.
        """
        if body.get("model") != offline.MODEL_ID:
            raise not_found(
                "model", f"{body.get('model')!r} (only {offline.MODEL_ID!r} answers here; sessions reach the others)"
            )
        if not isinstance(body.get("messages"), list) or not body["messages"]:
            raise Refused("messages: must be a list with at least one message")
        return await asyncio.to_thread(offline.reply, body)

    def streamed(self, message: Json) -> Iterator[Json]:
        """A message of the offline model as the events of a stream."""
        return iter(offline.stream(message))
