"""A model request as the log has it: what opens it, and what closes it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workbench.brain import refused_parts
from workbench.brain.event_writer import EventWriter, tokens
from workbench.brain.fingerprints import fingerprint
from workbench.brain.history import ThreadHistory
from workbench.brain.interruption import unless
from workbench.contracts.brain import Model, ModelFault, ModelRequest, Reply
from workbench.contracts.facts import CONTEXT_OVERFLOWED, MODEL_ANSWERED, MODEL_REQUESTED, PART_REFUSED
from workbench.contracts.values import Fact, Json
from workbench.events import Event, ModelRequestEnd

COMPACTION: Final = "compaction"
JUDGEMENT: Final = "judgement"
GRADING: Final = "grading"
WINDOW_FULL: Final = "model_context_window_exceeded"


def opening(writer: EventWriter, request: ModelRequest, *, purpose: str | None = None) -> tuple[Event, Fact]:
    """The start of a request; one that is not for the agent's next answer says what it is for."""
    start = writer.request_started()
    asked = {"model_request_start_id": start.id, "model": request.body["model"], **fingerprint(request)}
    return start, writer.fact(MODEL_REQUESTED, **asked, **({"purpose": purpose} if purpose else {}))


def closing(
    writer: EventWriter, start_id: str, outcome: Reply | ModelFault | None
) -> tuple[ModelRequestEnd, list[Fact]]:
    """The end of a request; None stands for one that was interrupted."""
    told: Json = {}
    if isinstance(outcome, ModelFault) and outcome.context_too_long:
        told = {"said": outcome.message} | ({"window": outcome.window} if outcome.window else {})
    too_long = writer.fact(CONTEXT_OVERFLOWED, model_request_start_id=start_id, **told)
    match outcome:
        case Reply():
            facts = [too_long] if outcome.stop_reason == WINDOW_FULL else []
            created = outcome.usage.get("cache_creation")
            kept = tokens(created.get("ephemeral_1h_input_tokens")) if isinstance(created, dict) else 0
            if kept:
                facts.append(
                    writer.fact(MODEL_ANSWERED, model_request_start_id=start_id, ephemeral_1h_input_tokens=kept)
                )
            return writer.request_ended(start_id, outcome.usage, is_error=False), facts
        case ModelFault():
            return writer.request_ended(start_id, is_error=True), [too_long] if outcome.context_too_long else []
        case None:
            return writer.request_ended(start_id), []


def going_on_without(
    writer: EventWriter, request: ModelRequest, start_id: str, fault: ModelFault
) -> tuple[list[Event], list[Fact]]:
    """What is told and kept of a refusal that named parts of the request; nothing where it named none that can be left out."""
    parts = refused_parts.found(request.body, fault.rejected)
    if not parts.parts:
        return [], []
    said = f"{fault.message.rstrip('.')}. The session goes on without {', '.join(parts.words)}."
    fact = writer.fact(
        PART_REFUSED,
        model_request_start_id=start_id,
        model=request.body["model"],
        every=parts.kind,
        parts=parts.parts,
        reason=refused_parts.shortly(fault.message),
    )
    return [writer.error(fault.kind, said, "retrying")], [fact]


@dataclass(frozen=True)
class SideRequest:
    """Asks the model something beside the conversation: nothing of it is previewed, the caller writes its end."""

    writer: EventWriter
    history: ThreadHistory
    model: Model
    interrupted: asyncio.Event
    purpose: str

    async def ask(self, request: ModelRequest) -> tuple[str, Reply | ModelFault | None]:
        """The id of the request's start, and what came of it; None when it was interrupted."""
        start, requested = opening(self.writer, request, purpose=self.purpose)
        await self.history.append([start], [requested])
        return start.id, await unless(self.interrupted, self._heard(request))

    async def close(
        self,
        start_id: str,
        outcome: Reply | ModelFault | None,
        events: Sequence[Event] = (),
        facts: Sequence[Fact] = (),
    ) -> None:
        """Write the request's end together with what follows from it."""
        end, noted = closing(self.writer, start_id, outcome)
        # Only the length of a request for a summary says something of the conversation's.
        told = [fact for fact in noted if fact.name != CONTEXT_OVERFLOWED.name or self.purpose == COMPACTION]
        await self.history.append([end, *events], [*told, *facts])

    async def _heard(self, request: ModelRequest) -> Reply | ModelFault:
        outcome: Reply | ModelFault = ModelFault("unknown_error", "The model ended without an answer.", retry=True)
        async for part in self.model.reply(request):
            if isinstance(part, Reply | ModelFault):
                outcome = part
        return outcome
