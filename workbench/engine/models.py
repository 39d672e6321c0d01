"""Models as clients reach them: the list, context windows, and the offline model behind the Messages API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from workbench.brain.compaction import Room
from workbench.catalog.errors import Refused
from workbench.contracts.brain import Forwarded, ModelFault, Models
from workbench.contracts.values import Json
from workbench.models import offline

OFFLINE: Final = offline.MODEL_ID


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
            Refused: without messages.
        """
        if not isinstance(body.get("messages"), list) or not body["messages"]:
            raise Refused("messages: must be a list with at least one message")
        return await asyncio.to_thread(_replied, body)

    async def forwarded(self, body: Json, betas: str) -> Forwarded:
        """The answer of the server that has the model which the body names.

        Raises:
            Refused: 404 where no server is known for it, 502 where its server is not reached.
        """
        answer = await self.models.forward(body, betas)
        if isinstance(answer, ModelFault):
            raise Refused(
                answer.message,
                status=502 if answer.retry else 404,
                kind="api_error" if answer.retry else "not_found_error",
            )
        return answer

    def streamed(self, message: Json) -> Iterator[Json]:
        """A message of the offline model as the events of a stream."""
        return iter(offline.stream(message))


def _replied(body: Json) -> Json:
    # Late: it is asked where there is no other model, and its rules take a fiftieth of an engine's start.
    from workbench.models.offline.respond import reply

    return reply(body)
