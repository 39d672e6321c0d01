"""Events that the engine itself writes into a session's log, stamped with an id and a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench import events
from workbench.contracts.log import SessionLog
from workbench.contracts.values import Clock, Document, Entry, Fact, Json


@dataclass(frozen=True)
class EventWriter:
    """Takes wire bodies; one that has a `processed_at` keeps it."""

    log: SessionLog
    clock: Clock

    def stamped(self, *bodies: Json) -> list[events.Event]:
        """The bodies as events, all of one moment."""
        moment = events.timestamp(self.clock())
        return [events.parse({"id": events.new_id("sevt"), "processed_at": moment, **body}) for body in bodies]

    async def write(
        self, session_id: str, *bodies: Json, facts: Sequence[Fact] = (), documents: Sequence[Document] = ()
    ) -> list[Entry]:
        """Append the bodies as events, with facts and documents, all of it or nothing."""
        return await self.log.append(session_id, self.stamped(*bodies), facts=facts, documents=documents)

    async def write_error(self, session_id: str, error: Json) -> None:
        """Append a session.error with this error object."""
        await self.write(session_id, error_body(error))


def error_body(error: Json) -> Json:
    """The body of a session.error."""
    return {"type": "session.error", "error": error}
