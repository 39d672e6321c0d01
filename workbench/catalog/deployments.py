"""Deployments: an agent with all that a session of it begins with, started by hand or on a schedule; and their runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, model_validator

from workbench.catalog import inbound_events
from workbench.catalog.agents import Agents
from workbench.catalog.base_models import STRICT, Body, Budget, Number, merged_metadata
from workbench.catalog.environments import Environments
from workbench.catalog.errors import Refused, checked, not_found
from workbench.catalog.repositories import KEPT
from workbench.catalog.schedules import Schedule, refuse_wrong, shown
from workbench.catalog.session_environments import refuse_what_workers_lack
from workbench.catalog.vaults import usable_vault
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.events import new_id, timestamp

KIND: Final = "deployment"
RUN: Final = "deployment_run"
OVERLAP_KEY: Final = "workbench.overlap"
"""Metadata key: whether a run begins while the last one's session still works: parallel (the hosted rule), skip, or queue, behind it."""
OVERLAPS: Final = ("parallel", "skip", "queue")
_MOST_EVENTS: Final = 50
_MOST_VAULTS: Final = 50
_MOST_RESOURCES: Final = 500


class AgentReference(Body):
    type: Literal["agent"]
    id: Annotated[str, Field(min_length=1)]
    version: Number | None = None


class DeploymentFields(BaseModel):
    """What create and update share; a field that is None was not given, or is to be cleared: `model_fields_set` tells."""

    model_config = STRICT

    description: Annotated[str | None, Field(max_length=2048)] = None
    resources: Annotated[list[dict[str, Any]] | None, Field(max_length=_MOST_RESOURCES)] = None
    vault_ids: Annotated[list[str] | None, Field(max_length=_MOST_VAULTS)] = None
    budget: Budget | None = None
    metadata: dict[str, str | None] | None = None
    schedule: Schedule | None = None


class CreateDeployment(DeploymentFields):
    name: Annotated[str, Field(min_length=1, max_length=256)]
    agent: str | AgentReference
    environment_id: Annotated[str, Field(min_length=1)]
    initial_events: Annotated[list[Any], Field(min_length=1, max_length=_MOST_EVENTS)]


class UpdateDeployment(DeploymentFields):
    name: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    agent: str | AgentReference | None = None
    environment_id: Annotated[str | None, Field(min_length=1)] = None
    initial_events: Annotated[list[Any] | None, Field(min_length=1, max_length=_MOST_EVENTS)] = None

    @model_validator(mode="after")
    def _keeps_what_every_deployment_has(self) -> UpdateDeployment:
        for name in ("name", "agent", "environment_id", "initial_events"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name}: cannot be cleared")
        return self


@dataclass(frozen=True)
class Deployments:
    """The records; what starts sessions from them is the engine's."""

    documents: Documents
    agents: Agents
    environments: Environments
    clock: Clock
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by every change: a schedule may be due sooner than it was."""

    async def create(self, body: Json) -> Json:
        """Raises: Refused: the documented reasons."""
        given = checked(CreateDeployment, body)
        moment = timestamp(self.clock())
        record: Json = {
            "id": new_id("depl"),
            "type": "deployment",
            "agent": None,
            "environment_id": None,
            "name": given.name,
            "description": None,
            "initial_events": [],
            "resources": [],
            "vault_ids": [],
            "budget": None,
            "metadata": {},
            "schedule": None,
            "created_at": moment,
            "updated_at": moment,
            "archived_at": None,
            "workbench": {"considered_at": moment, "paused_reason": None, "last_run_at": None},
        }
        record = await self._settled(given, record)
        await self.put(record)
        return self.wire(record)

    async def update(self, deployment_id: str, body: Json) -> Json:
        """Raises: Refused: 404, archived, or the documented reasons."""
        given = checked(UpdateDeployment, body)
        old = await self.usable(deployment_id)
        new = await self._settled(given, old)
        if given.name is not None:
            new["name"] = given.name
        if new != old:
            new["updated_at"] = timestamp(self.clock())
            await self.put(new)
        return self.wire(new)

    async def _settled(self, given: CreateDeployment | UpdateDeployment, old: Json) -> Json:
        """The record with the fields that were given put in their places, checked as far as they can be before a run."""
        new, told = dict(old), given.model_fields_set
        if given.agent is not None:
            new["agent"] = await self._pinned(given.agent)
        if given.environment_id is not None:
            await self.environments.usable(given.environment_id)
            new["environment_id"] = given.environment_id
        if given.initial_events is not None:
            inbound_events.read_deployed(given.initial_events)
            new["initial_events"] = given.initial_events
        for vault_id in given.vault_ids or ():
            await usable_vault(self.documents, vault_id)
        if "vault_ids" in told:
            new["vault_ids"] = list(dict.fromkeys(given.vault_ids or ()))
        if "resources" in told:
            new["resources"] = given.resources or []
        if given.environment_id is not None or "resources" in told:
            environment = await self.environments.get(new["environment_id"])
            refuse_what_workers_lack(environment, new["resources"], None)
        if "description" in told:
            new["description"] = given.description or None
        if "budget" in told:
            new["budget"] = given.budget.model_dump() if given.budget else None
        if "metadata" in told:
            new["metadata"] = _metadata(old["metadata"], given.metadata)
        if "schedule" in told:
            new |= self._scheduled(given.schedule, old)
        return new

    def _scheduled(self, schedule: Schedule | None, old: Json) -> Json:
        """A schedule counts from the moment on at which it is set."""
        if schedule is not None:
            refuse_wrong(schedule, self.clock())
        given = schedule.model_dump() if schedule else None
        if given == old["schedule"]:
            return {}
        return {"schedule": given, "workbench": old["workbench"] | {"considered_at": timestamp(self.clock())}}

    async def _pinned(self, given: str | AgentReference) -> Json:
        agent_id, version = (given, None) if isinstance(given, str) else (given.id, given.version)
        newest, agent = await self.agents.get(agent_id), await self.agents.get(agent_id, version)
        if newest["archived_at"]:
            raise Refused(f"agent: {agent_id} is archived; create a new one")
        return {"type": "agent", "id": agent_id, "version": agent["version"]}

    async def get(self, deployment_id: str) -> Json:
        """The record. Raises: Refused: 404."""
        document = await self.documents.get(KIND, deployment_id)
        if document is None:
            raise not_found("deployment", deployment_id)
        return document.body

    async def usable(self, deployment_id: str) -> Json:
        """Raises: Refused: 404, or archived."""
        record = await self.get(deployment_id)
        if record["archived_at"]:
            raise Refused(f"deployment {deployment_id} is archived and read-only; create a new one")
        return record

    async def put(self, record: Json) -> None:
        await self.documents.put(self.document(record))
        self.changed.set()

    def document(self, record: Json) -> Document:
        return Document(KIND, record["id"], 1, record)

    async def all(self) -> list[Json]:
        """All records, oldest first."""
        return [document.body for document in await self.documents.newest(KIND)]

    async def archive(self, deployment_id: str) -> Json:
        """End it for ever; again is no error and changes nothing."""
        record = await self.get(deployment_id)
        if not record["archived_at"]:
            moment = timestamp(self.clock())
            record = record | {"archived_at": moment, "updated_at": moment}
            await self.put(record)
        return self.wire(record)

    async def paused(self, deployment_id: str, reason: Json | None) -> Json:
        """Pause for this reason, or go on where it is None: what was due meanwhile is not made up for."""
        record = await self.usable(deployment_id)
        if record["workbench"]["paused_reason"] == reason:
            return self.wire(record)
        moment = timestamp(self.clock())
        private = record["workbench"] | {"paused_reason": reason, "paused_words": "", "considered_at": moment}
        record = record | {"workbench": private, "updated_at": moment}
        await self.put(record)
        return self.wire(record)

    def wire(self, record: Json) -> Json:
        """The public object at this moment."""
        private, schedule = record["workbench"], record["schedule"]
        is_archived = record["archived_at"] is not None
        if schedule is not None:
            coming = [] if is_archived else [timestamp(one) for one in shown(schedule, self.clock())]
            schedule = schedule | {"last_run_at": private["last_run_at"], "upcoming_runs_at": coming}
        reason = None if is_archived else private["paused_reason"]
        body = {key: value for key, value in record.items() if key != "workbench"}
        body["resources"] = [{key: one[key] for key in one if key != KEPT} for one in record["resources"]]
        return body | {"schedule": schedule, "status": "paused" if reason else "active", "paused_reason": reason}


def kept_tokens(record: Json) -> list[str]:
    """The ids under which the vault has the tokens of its repositories, which its sessions use as well."""
    return [one[KEPT]["id"] for one in record["resources"] if KEPT in one and one[KEPT].get("prefix") is not None]


def session_body(record: Json) -> Json:
    """What a session of it is created with."""
    body: Json = {
        "agent": record["agent"],
        "environment_id": record["environment_id"],
        "title": record["name"],
        "metadata": {key: value for key, value in record["metadata"].items() if key != OVERLAP_KEY},
        "resources": record["resources"],
        "vault_ids": record["vault_ids"],
        "initial_events": record["initial_events"],
    }
    return body | ({"budget": record["budget"]} if record["budget"] else {})


def run_record(record: Json, trigger: Json, moment: datetime, *, run_id: str | None = None) -> Json:
    """A run of it, with neither session nor error yet."""
    return {
        "id": run_id or new_id("drun"),
        "type": "deployment_run",
        "deployment_id": record["id"],
        "agent": record["agent"],
        "trigger_context": trigger,
        "session_id": None,
        "error": None,
        "created_at": timestamp(moment),
    }


def _metadata(old: dict[str, str], patch: dict[str, str | None] | None) -> dict[str, str]:
    metadata = merged_metadata(old, patch)
    if (overlap := metadata.get(OVERLAP_KEY)) is not None and overlap not in OVERLAPS:
        raise Refused(f"metadata.{OVERLAP_KEY}: must be {' or '.join(OVERLAPS)}, not {overlap[:40]!r}")
    return metadata


def of_agent(records: Sequence[Json], agent_id: str) -> list[str]:
    """The ids of deployments of an agent that are not archived."""
    return [one["id"] for one in records if one["agent"]["id"] == agent_id and not one["archived_at"]]
