"""Settings of a session that the public API cannot change once it is made: its agent's model and effort, its environment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from workbench import events
from workbench.catalog.agents import ModelConfig
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked
from workbench.catalog.sessions import SessionRecords
from workbench.contracts.values import Document, Json
from workbench.engine.event_writer import EventWriter
from workbench.engine.rooms import HandsSide
from workbench.engine.tasks import SessionTasks
from workbench.model_names import Effort
from workbench.text.display import line

_AGAIN: Final = (
    "The user has ended your sandbox: your next call starts a new one of the same environment, {name}, on the same workspace "
    "files, and what else was installed, changed or running in the old one is gone."
)
_MOVED: Final = (
    "The user has given this session another environment, {name}: your next call starts a new sandbox of it on the same "
    "workspace files, and what else was installed, changed or running in the old sandbox is gone."
)


class Wanted(Body):
    """What a client wants changed; a field that is not given stays."""

    model: str | None = None
    effort: Effort | None = None
    environment_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """Each change holds the session's lock and is told in its log; a model counts from the next request on, an environment
    from the next call on."""

    records: SessionRecords
    writer: EventWriter
    tasks: SessionTasks
    hands: HandsSide
    refuse_unchangeable: Callable[[Document, str], None]
    """Refuses a session whose files may not come into another sandbox now."""
    warnings: Callable[[Document], Awaitable[list[Json]]]
    """What is told of credentials that the network rules of the session's environment keep from their hosts."""

    async def update(self, session_id: str, body: Json) -> Json:
        """The public session object after the change.

        Raises:
            Refused: nothing to change, an archived session, or another environment while the session is at work.
        """
        given = checked(Wanted, body)
        if given.model is None and given.effort is None and given.environment_id is None:
            raise Refused("name a model, an effort or an environment_id")
        async with self.tasks.changing(session_id):
            document = await self.records.document(session_id)
            if document.body["archived_at"]:
                raise Refused(f"session {session_id} is archived; create a new one, or fork this one")
            record, told = document.body, list[Json]()
            agent = _with_model(record["agent"], given)
            if agent != record["agent"]:
                record = record | {"agent": agent}
                told.append({"type": "session.updated", "agent": agent})
            if given.environment_id is not None:
                record, note = await self._moved(document, record, str(given.environment_id))
                told += note
            if told:
                record = record | {"updated_at": events.timestamp(self.writer.clock())}
                changed = Document(document.kind, document.id, document.version, record)
                await self.writer.write(session_id, *told, documents=(changed,))
        return await self.records.wire(session_id)

    async def _moved(self, document: Document, record: Json, environment_id: str) -> tuple[Json, list[Json]]:
        """The record in another environment, and what its log is told. The old sandbox ends first: should the engine end
        before the record is written, nothing has changed."""
        told = _AGAIN if environment_id == record["environment_id"] else _MOVED
        moved, name = await self.records.moved(record, environment_id)
        self.refuse_unchangeable(document, "given another environment")
        await self.hands.servers.release(document.id)
        await self.hands.hands.release(document.id)
        note = {"type": "system.message", "content": [{"type": "text", "text": told.format(name=line(name, 80))}]}
        return moved, [note, *await self.warnings(Document(document.kind, document.id, document.version, moved))]


def _with_model(agent: Json, given: Wanted) -> Json:
    old: Json = agent["model"]
    config = checked(ModelConfig, old | {"id": given.model or old["id"], "effort": given.effort or old["effort"]})
    return agent | {"model": config.settled()}
