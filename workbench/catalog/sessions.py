"""Sessions: an agent's snapshot in an environment, its record, and what it looks like from outside."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from workbench import events
from workbench.catalog import multiagent
from workbench.catalog.agents import AgentFields, Agents, ModelConfig, settled_fields, settled_model, snapshot
from workbench.catalog.base_models import Body, Budget, Number, merged_metadata
from workbench.catalog.environments import Environments
from workbench.catalog.errors import Refused, checked, not_found
from workbench.catalog.groups import Groups, checked_name, group_named
from workbench.catalog.memory_stores import MemoryStores
from workbench.catalog.own_backend import BackendRefusal, only_default
from workbench.catalog.own_brain import own_brain
from workbench.catalog.own_project import project_folder
from workbench.catalog.repositories import REPOSITORY
from workbench.catalog.resources import FILE, attached
from workbench.catalog.session_environments import (
    kept_of,
    refuse_another_backend,
    refuse_blocked_servers,
    refuse_what_workers_lack,
)
from workbench.catalog.session_wire import wire
from workbench.catalog.standing_memory import standing
from workbench.catalog.vaults import usable_vault
from workbench.contracts import modes, talking
from workbench.contracts.acp_agents import AcpAgent
from workbench.contracts.instructions import Instructions
from workbench.contracts.log import Documents, States
from workbench.contracts.reviews import REVIEW_OF
from workbench.contracts.values import Clock, Document, Group, Json, Session, SessionState
from workbench.settings import DEFAULT_BACKEND

KIND = "session"


class AgentReference(Body):
    type: Literal["agent"]
    id: str
    version: Number | None = None


class AgentWithOverrides(AgentFields):
    type: Literal["agent_with_overrides"]
    id: str
    version: Number | None = None
    model: str | ModelConfig | None = None


class CreateSession(Body):
    agent: str | Annotated[AgentReference | AgentWithOverrides, Field(discriminator="type")]
    environment_id: str
    title: Annotated[str | None, Field(max_length=500)] = None
    metadata: dict[str, str | None] | None = None
    resources: list[dict[str, Any]] | None = None
    vault_ids: list[str] | None = None
    budget: Budget | None = None
    initial_events: Any = None


class UpdateSession(Body):
    title: Annotated[str | None, Field(max_length=500)] = None
    metadata: dict[str, str | None] | None = None
    agent: AgentFields | None = None
    budget: Budget | None = None
    vault_ids: Any = None


LetsTalk = Callable[[str], bool | None]
"""What a person's rules say of an agent's sessions and messages to others; None where they say nothing."""


MOST_READ: Final = 1024


def _no_word(agent_id: str) -> None:
    """There are no rules."""


class SessionRecords:
    """The records of all sessions; what happened in them stands in the log."""

    def __init__(
        self,
        documents: Documents,
        states: States,
        agents: Agents,
        environments: Environments,
        clock: Clock,
        refusal: BackendRefusal = only_default,
        lets_talk: LetsTalk = _no_word,
    ) -> None:
        self._documents = documents
        self._states = states
        self._agents = agents
        self._environments = environments
        self._clock = clock
        self._refusal = refusal
        self._lets_talk = lets_talk
        self.groups = Groups(documents, states, clock)
        self._read: OrderedDict[str, tuple[Document, Session]] = OrderedDict()
        """Sessions as they were read from their records last: the brain asks for its own at every step."""

    async def drafted(self, body: Json) -> Document:
        """The record of a new session, checked and resolved, not yet stored."""
        given = checked(CreateSession, body)
        environment = await self._environments.usable(given.environment_id)
        moment = events.timestamp(self._clock())
        agent = await self._snapshot(given.agent)
        refuse_blocked_servers(agent, environment)
        own = (await self._agents.get(agent["id"], agent["version"]))["metadata"]
        for vault_id in given.vault_ids or ():
            await usable_vault(self._documents, vault_id)
        metadata = _session_metadata({}, given.metadata)
        project, stores = project_folder(metadata), MemoryStores(self._documents, self._clock)
        named = given.resources or []
        by_itself = await standing(named, stores, metadata, project, agent["id"])
        resources = await attached([*named, *by_itself], stores, moment)
        refuse_what_workers_lack(environment, resources, project)
        record: Json = {
            "id": events.new_id("sesn"),
            "type": "session",
            "agent": agent,
            "environment_id": given.environment_id,
            "title": given.title,
            "metadata": metadata,
            "resources": resources,
            "vault_ids": list(dict.fromkeys(given.vault_ids or ())),
            "outcome_evaluations": [],
            "budget": given.budget.model_dump() if given.budget else None,
            "deployment_id": None,
            "created_at": moment,
            "updated_at": moment,
            "archived_at": None,
            "workbench": {
                "project": project,
                "talks": await self._talks(agent["id"], metadata),
                "acp": own_brain(agent, own, environment),
                **kept_of(environment, self._refusal),
            },
        }
        return Document(KIND, record["id"], 1, record)

    async def _talks(self, agent_id: str, metadata: Json) -> bool:
        """Whether the session may write to others: what a rule says goes before the agent's configuration."""
        ruled = self._lets_talk(agent_id)
        asked = talking.talks((await self._agents.get(agent_id))["metadata"], metadata)
        return asked if ruled is None else ruled

    async def moved(self, record: Json, environment_id: str) -> tuple[Json, str]:
        """The record in another environment as that is now, and the environment's name.

        Raises:
            Refused: as for a new session, or the files that the session has cannot be taken along.
        """
        environment = await self._environments.usable(environment_id)
        refuse_what_workers_lack(environment, record["resources"], record["workbench"]["project"])
        refuse_blocked_servers(record["agent"], environment)
        kept = kept_of(environment, self._refusal)
        refuse_another_backend(record, kept)
        private = record["workbench"] | kept
        return record | {"environment_id": environment_id, "workbench": private}, environment["name"]

    async def _snapshot(self, given: str | AgentReference | AgentWithOverrides) -> Json:
        if isinstance(given, str):
            agent = await self._agents.get(given)
        else:
            agent = await self._agents.get(given.id, given.version)
        newest = await self._agents.get(agent["id"])
        if newest["archived_at"]:
            raise Refused(f"agent {agent['id']} is archived; create a new one")
        if isinstance(given, AgentWithOverrides):
            agent = self._overridden(agent, given)
        own = snapshot(agent)
        return own | {"multiagent": await multiagent.in_session(agent["multiagent"], own, self._documents)}

    def _overridden(self, agent: Json, given: AgentWithOverrides) -> Json:
        if unknown := given.model_fields_set & {"description", "multiagent", "execution_identity", "metadata"}:
            raise Refused(
                f"agent.{sorted(unknown)[0]}: cannot be overridden; model, system, tools, mcp_servers, skills can"
            )
        if "model" in given.model_fields_set:
            if given.model is None:
                raise Refused("agent.model: a session needs a model", code="agent_model_required")
            kept = agent["model"]["effort"]["type"]
            override = ModelConfig(id=given.model) if isinstance(given.model, str) else given.model
            agent = agent | {"model": settled_model(override.model_copy(update={"effort": kept}))}
        return settled_fields(given, agent)

    async def document(self, session_id: str) -> Document:
        """The stored record.

        Raises:
            Refused: 404.
        """
        document = await self._documents.get(KIND, session_id)
        if document is None:
            raise not_found("session", session_id)
        return document

    async def session(self, session_id: str) -> Session | None:
        document = await self._documents.get(KIND, session_id)
        if document is None:
            self._read.pop(session_id, None)
            return None
        known = self._read.get(session_id)
        if known is None or known[0] is not document:
            known = self._read[session_id] = document, session_of(document.body)
            if len(self._read) > MOST_READ:
                self._read.popitem(last=False)
        return known[1]

    async def group(self, name: str) -> Group:
        return await self.groups.group(name)

    async def wire(self, session_id: str) -> Json:
        """The public object.

        Raises:
            Refused: 404.
        """
        document = await self.document(session_id)
        return wire(document.body, self._states.state(session_id), self._clock())


def session_of(record: Json) -> Session:
    """The record as brain and hands need it."""
    lists: Json = {one: tuple(record["workbench"].get(one, ())) for one in ("uploads", "plugins", "skills", "folders")}
    return Session(
        id=record["id"],
        thread_id=events.primary_thread_id(record["id"]),
        agent=record["agent"],
        environment=record["workbench"]["environment"],
        project=record["workbench"]["project"],
        created_at=datetime.fromisoformat(record["created_at"]),
        archived_at=datetime.fromisoformat(record["archived_at"]) if record["archived_at"] else None,
        budget=record["budget"],
        # A record of an earlier version has neither.
        image=record["workbench"].get("image"),
        containerfile=record["workbench"].get("containerfile"),
        group=group_named(record["metadata"]),
        copied_through=record["workbench"].get("copied_through", 0),
        vault_ids=tuple(record["vault_ids"]),
        network=record["workbench"].get("network", {}),
        backend=record["workbench"].get("backend", DEFAULT_BACKEND),
        instructions=Instructions.of(record["workbench"].get("instructions")),
        mode=modes.mode_of(record["metadata"]),
        memories=tuple(resource for resource in record["resources"] if resource["type"] == "memory_store"),
        repositories=tuple(resource for resource in record["resources"] if resource["type"] == REPOSITORY),
        files=tuple(resource for resource in record["resources"] if resource["type"] == FILE),
        talks=bool(record["workbench"].get("talks")),
        machine=record["workbench"].get("machine", ""),
        acp=AcpAgent.of(record["workbench"].get("acp")),
        is_review=bool(record["workbench"].get(REVIEW_OF)),
        **lists,
    )


def _session_metadata(old: dict[str, str], patch: dict[str, str | None] | None) -> dict[str, str]:
    metadata = merged_metadata(old, patch)
    if (name := group_named(metadata)) is not None:
        checked_name(name)
    for key in (modes.KEY, modes.AFTER_PLAN_KEY):
        if (mode := metadata.get(key)) is not None and mode not in modes.MODES:
            raise Refused(f"metadata.{key}: must be {', '.join(modes.MODES)}, or left out, not {mode[:40]!r}")
    return modes.planning(old, metadata)


@dataclass(frozen=True)
class Copied:
    """How much of its parent's log a fork begins with, and what that had cost."""

    through_seq: int
    cents: int


def forked(record: Json, copied: Copied, moment: datetime) -> Json:
    """The record of a new session that goes on from a part of this one's log, in all else the same."""
    made_at = events.timestamp(moment)
    return record | {
        "id": events.new_id("sesn"),
        "created_at": made_at,
        "updated_at": made_at,
        "archived_at": None,
        "deployment_id": None,
        "workbench": record["workbench"]
        | {"forked_from": record["id"], "copied_through": copied.through_seq, "copied_cents": copied.cents},
    }


def updated(record: Json, body: Json, state: SessionState, moment: datetime) -> tuple[Json, Json]:
    """The record after an update, and the fields of its `session.updated`; the second is empty when nothing changed.

    Raises:
        Refused: the documented reasons.
    """
    given = checked(UpdateSession, body)
    if record["archived_at"]:
        raise Refused(f"session {record['id']} is archived and read-only")
    if "vault_ids" in given.model_fields_set:
        raise Refused("vault_ids: cannot be changed; name them when the session is created")
    new = dict(record)
    if "title" in given.model_fields_set:
        new["title"] = given.title
    if given.metadata is not None:
        new["metadata"] = _session_metadata(record["metadata"], given.metadata)
    if given.agent is not None:
        new["agent"] = _updated_agent(record["agent"], given.agent, state)
    if "budget" in given.model_fields_set:
        new["budget"] = _updated_budget(record, given.budget, state)
    changes = {name: new[name] for name in ("title", "metadata", "agent", "budget") if new[name] != record[name]}
    if changes:
        new["updated_at"] = events.timestamp(moment)
    return new, changes


def _updated_agent(agent: Json, given: AgentFields, state: SessionState) -> Json:
    if unknown := given.model_fields_set - {"tools", "mcp_servers"}:
        raise Refused(f"agent.{sorted(unknown)[0]}: only tools and mcp_servers of a session's agent can change")
    if state.standing in ("running", "rescheduling"):
        raise Refused("agent: the session is running; wait until it is idle, or interrupt it")
    return settled_fields(given, agent)


def _updated_budget(record: Json, given: Budget | None, state: SessionState) -> Json | None:
    if record["budget"] is None:
        if given is None:
            return None
        raise Refused("budget: can be set only when the session is created", code="budget_create_only")
    if given is None:
        return None
    consumed = int((state.usage or {}).get("list_cost", {}).get("amount", "0"))
    if int(given.max_list_cost.amount) <= consumed:
        raise Refused(f"budget: must be above the {consumed} cents that are consumed", code="budget_not_raised")
    return given.model_dump()
