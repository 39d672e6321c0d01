"""Settings of a session that the public API cannot change once it is made: its agent's model and effort."""

from __future__ import annotations

from dataclasses import dataclass

from workbench import events
from workbench.catalog.agents import Effort, ModelConfig
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked
from workbench.catalog.sessions import SessionRecords
from workbench.contracts.values import Document, Json
from workbench.engine.event_writer import EventWriter
from workbench.engine.tasks import SessionTasks


class Wanted(Body):
    """What a client wants changed; a field that is not given stays."""

    model: str | None = None
    effort: Effort | None = None


@dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """Each change holds the session's lock, is told in its log, and counts from the next request on."""

    records: SessionRecords
    writer: EventWriter
    tasks: SessionTasks

    async def update(self, session_id: str, body: Json) -> Json:
        """The public session object after the change.

        Raises:
            Refused: nothing to change, or an archived session.
        """
        given = checked(Wanted, body)
        if given.model is None and given.effort is None:
            raise Refused("name a model, an effort, or both")
        async with self.tasks.changing(session_id):
            document = await self.records.document(session_id)
            if document.body["archived_at"]:
                raise Refused(f"session {session_id} is archived; create a new one, or fork this one")
            old: Json = document.body["agent"]["model"]
            config = checked(
                ModelConfig, old | {"id": given.model or old["id"], "effort": given.effort or old["effort"]}
            )
            agent = document.body["agent"] | {"model": config.settled()}
            if agent != document.body["agent"]:
                record = document.body | {"agent": agent, "updated_at": events.timestamp(self.writer.clock())}
                changed = Document(document.kind, document.id, document.version, record)
                updated = {"type": "session.updated", "agent": agent}
                await self.writer.write(session_id, updated, documents=(changed,))
        return await self.records.wire(session_id)
