"""Has the model sum a conversation up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from workbench.brain import compaction, endings
from workbench.brain.compaction import Plan
from workbench.brain.event_writer import EventWriter
from workbench.brain.history import ThreadHistory
from workbench.brain.requests import COMPACTION, SideRequest, going_on_without
from workbench.contracts.brain import Model, ModelFault, Reply
from workbench.contracts.facts import CONTEXT_COMPACTED

_NO_SUMMARY: Final = ModelFault(
    "model_request_failed_error", "The model gave no summary of the conversation.", retry=True
)


@dataclass(frozen=True)
class Compacting:
    """One summary of one thread."""

    writer: EventWriter
    history: ThreadHistory
    models: Callable[[str], Model]
    interrupted: asyncio.Event

    async def compact(self, plan: Plan | None) -> ModelFault | None:
        """Ask for what the plan says; the summary and its event are written at once. A fault that is the caller's to tell."""
        writer, history = self.writer, self.history
        if plan is None:
            said = history.notes.no_room
            message = f"{endings.NO_ROOM} {said}" if said else endings.NO_ROOM
            await history.append([writer.error("compaction_limit_reached_error", message, "exhausted")])
            return None
        request = compaction.request(writer.session, history.entries, history.notes, plan, history.past)
        aside = SideRequest(writer, history, self.models(request.body["model"]), self.interrupted, COMPACTION)
        start_id, outcome = await aside.ask(request)
        summary = compaction.summary_of(outcome) if isinstance(outcome, Reply) else ""
        if summary:
            event = writer.compacted()
            fact = writer.fact(CONTEXT_COMPACTED, event_id=event.id, summary=summary, through_seq=plan.through_seq)
            await aside.close(start_id, outcome, [event], [fact])
            return None
        told, refused = (
            going_on_without(writer, request, start_id, outcome) if isinstance(outcome, ModelFault) else ([], [])
        )
        await aside.close(start_id, outcome, told, refused)
        if outcome is None or refused:
            return None
        return outcome if isinstance(outcome, ModelFault) else _NO_SUMMARY
