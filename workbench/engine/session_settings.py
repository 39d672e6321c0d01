"""Settings of a session that the public API cannot change once it is made: its agent's model and effort, its environment
with its packages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from workbench import events
from workbench.catalog.agents import ModelConfig
from workbench.catalog.base_models import Body
from workbench.catalog.environments import Environments, Packages, with_packages
from workbench.catalog.errors import Refused, checked
from workbench.catalog.session_environments import refuse_packages
from workbench.catalog.sessions import SessionRecords
from workbench.contracts import sandbox_notices
from workbench.contracts.values import Document, Json
from workbench.engine.event_writer import EventWriter
from workbench.engine.rooms import HandsSide
from workbench.engine.tasks import SessionTasks
from workbench.model_names import Effort
from workbench.text.display import line


class Wanted(Body):
    """What a client wants changed; a field that is not given stays. `packages` come to those that there are, for the session
    alone, or with `scope` for later sessions of its environment too."""

    model: str | None = None
    effort: Effort | None = None
    environment_id: str | None = None
    packages: Packages | None = None
    scope: Literal["session", "environment"] = "session"


@dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """Each change holds the session's lock and is told in its log; a model counts from the next request on, an environment
    from the next call on."""

    records: SessionRecords
    environments: Environments
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
            Refused: nothing to change, an archived session, or another environment or packages while the session is at work.
        """
        given = checked(Wanted, body)
        if all(one is None for one in (given.model, given.effort, given.environment_id, given.packages)):
            raise Refused("name a model, an effort, an environment_id or packages")
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
            if given.packages is not None:
                record, note = await self._packed(document, record, given.packages, given.scope)
                told += note
            if told:
                record = record | {"updated_at": events.timestamp(self.writer.clock())}
                changed = Document(document.kind, document.id, document.version, record)
                await self.writer.write(session_id, *told, documents=(changed,))
        return await self.records.wire(session_id)

    async def _moved(self, document: Document, record: Json, environment_id: str) -> tuple[Json, list[Json]]:
        """The record in another environment, and what its log is told. The old sandbox ends first: should the engine end
        before the record is written, nothing has changed."""
        told = sandbox_notices.AGAIN if environment_id == record["environment_id"] else sandbox_notices.MOVED
        moved, name = await self.records.moved(record, environment_id)
        self.refuse_unchangeable(document, "given another environment")
        await self._end_sandbox(document.id)
        note = _note(told.format(name=line(name, 80)))
        return moved, [note, *await self.warnings(Document(document.kind, document.id, document.version, moved))]

    async def _packed(self, document: Document, record: Json, more: Packages, scope: str) -> tuple[Json, list[Json]]:
        """The record with more packages in its image, which its next sandbox has."""
        private = record["workbench"]
        refuse_packages(private)
        config = with_packages(private["environment"], more)
        self.refuse_unchangeable(document, "given packages")
        if scope == "environment":
            environment = await self.environments.usable(record["environment_id"])
            packages = with_packages(environment["config"], more)["packages"]
            await self.environments.update(environment["id"], {"config": {"type": "cloud", "packages": packages}})
        await self._end_sandbox(document.id)
        names = ", ".join(
            f"{name} ({manager})" for manager, named in more.model_dump(exclude_none=True).items() for name in named
        )
        return record | {"workbench": private | {"environment": config}}, [
            _note(sandbox_notices.PACKED.format(name=line(names, 400)))
        ]

    async def _end_sandbox(self, session_id: str) -> None:
        await self.hands.servers.release(session_id)
        await self.hands.hands.release(session_id)


def _note(text: str) -> Json:
    return {"type": "system.message", "content": [{"type": "text", "text": text}]}


def _with_model(agent: Json, given: Wanted) -> Json:
    old: Json = agent["model"]
    config = checked(ModelConfig, old | {"id": given.model or old["id"], "effort": given.effort or old["effort"]})
    return agent | {"model": config.settled()}
