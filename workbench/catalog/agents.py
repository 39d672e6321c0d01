"""Agents: versioned configurations, with every default resolved when they are saved."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from workbench.catalog import multiagent
from workbench.catalog.base_models import STRICT, Body, Number, merged_metadata
from workbench.catalog.errors import Refused, checked, conflict, not_found
from workbench.catalog.own_brain import named_agent
from workbench.catalog.skills import resolved
from workbench.catalog.toolsets import Tool, fault_of
from workbench.contracts.log import Documents
from workbench.contracts.servers import STDIO, server_command
from workbench.contracts.values import Clock, Document, Json
from workbench.events import new_id, timestamp
from workbench.model_names import DEFAULT_EFFORT, Effort

KIND = "agent"


class EffortObject(Body):
    type: Effort


class ModelConfig(Body):
    id: Annotated[str, Field(min_length=1, max_length=256)]
    effort: Effort | EffortObject | None = None
    speed: Literal["standard", "fast"] | None = None
    inference_geo: Literal["us", "global"] | None = None

    def settled(self, effort: str | None = None) -> Json:
        """In wire shape; `effort` is what stands where nothing was said."""
        chosen = self.effort.type if isinstance(self.effort, EffortObject) else self.effort
        return {
            "id": self.id,
            "effort": {"type": chosen or effort or DEFAULT_EFFORT},
            "speed": self.speed or "standard",
            "inference_geo": self.inference_geo,
        }


class MCPServer(Body):
    type: Literal["url"]
    name: Annotated[str, Field(min_length=1, max_length=255)]
    url: Annotated[str, Field(min_length=1, max_length=2048, pattern=r"^(https?://[^\s/]+|stdio:)")]

    @model_validator(mode="after")
    def _has_a_command(self) -> MCPServer:
        try:
            command = server_command(self.url)
        except ValueError as error:
            raise ValueError(f"url: the command after {STDIO!r} cannot be split into words: {error}") from None
        if command is not None and (not any(command[:1]) or "\0" in self.url):
            raise ValueError(f"url: {STDIO!r} is followed by a command without NUL, as in 'stdio:npx -y @scope/server'")
        return self


class Skill(Body):
    type: Literal["anthropic", "custom"]
    skill_id: Annotated[str, Field(min_length=1)]
    version: str | None = None

    @model_validator(mode="after")
    def _is_here(self) -> Skill:
        if self.type == "anthropic":
            raise ValueError(
                f"skill_id: Anthropic's own skills, such as {self.skill_id[:40]!r}, are with the hosted service alone; "
                "upload one of your own (workbench skills add DIR) and name it with type custom"
            )
        return self

    def settled(self) -> Json:
        return {"type": self.type, "skill_id": self.skill_id, "version": self.version or "latest"}


class ServiceAccount(Body):
    type: Literal["service_account"]


class AwsRole(Body):
    type: Literal["aws_role"]
    role_arn: Annotated[str, Field(min_length=1, max_length=2048)]


class AgentFields(BaseModel):
    """What create and update share; a field that is None was not given, or is to be cleared: `model_fields_set` tells."""

    model_config = STRICT

    description: Annotated[str | None, Field(max_length=2048)] = None
    system: Annotated[str | None, Field(max_length=100_000)] = None
    tools: Annotated[list[Tool] | None, Field(max_length=256)] = None
    mcp_servers: Annotated[list[MCPServer] | None, Field(max_length=20)] = None
    skills: Annotated[list[Skill] | None, Field(max_length=500)] = None
    multiagent: dict[str, Any] | None = None
    execution_identity: Annotated[ServiceAccount | AwsRole, Field(discriminator="type")] | None = None
    metadata: dict[str, str | None] | None = None

    @model_validator(mode="after")
    def _servers_are_distinct(self) -> AgentFields:
        names = [server.name for server in self.mcp_servers or ()]
        if len(set(names)) != len(names):
            raise ValueError("mcp_servers: names must be distinct")
        return self


class CreateAgent(AgentFields):
    name: Annotated[str, Field(min_length=1, max_length=256)]
    model: Annotated[str, Field(min_length=1, max_length=256)] | ModelConfig


class UpdateAgent(AgentFields):
    name: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    model: Annotated[str, Field(min_length=1, max_length=256)] | ModelConfig | None = None
    version: Number | None = None

    @model_validator(mode="after")
    def _keeps_what_every_agent_has(self) -> UpdateAgent:
        for name in ("name", "model"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name}: cannot be cleared")
        return self


def settled_fields(fields: AgentFields, old: Json) -> Json:
    """`old` with the fields that were given put in its place, resolved; None clears."""
    settled: Json = {}
    for name in fields.model_fields_set & {"description", "system"}:
        settled[name] = getattr(fields, name) or None
    if "tools" in fields.model_fields_set:
        settled["tools"] = [tool.settled() for tool in fields.tools or ()]
    if "mcp_servers" in fields.model_fields_set:
        settled["mcp_servers"] = [server.model_dump() for server in fields.mcp_servers or ()]
    if "skills" in fields.model_fields_set:
        settled["skills"] = [skill.settled() for skill in fields.skills or ()]
    if "execution_identity" in fields.model_fields_set:
        identity = fields.execution_identity
        settled["execution_identity"] = identity.model_dump() if identity else {"type": "service_account"}
    whole = old | settled
    if fault := fault_of(whole["tools"], [server["name"] for server in whole["mcp_servers"]], whole["skills"]):
        raise Refused(fault)
    return whole


def settled_model(model: str | ModelConfig, old: Json | None = None) -> Json:
    """A model in wire shape; the same id without effort keeps the old one's effort."""
    config = ModelConfig(id=model) if isinstance(model, str) else model
    kept = old["effort"]["type"] if old and old["id"] == config.id else None
    return config.settled(kept)


class Agents:
    """The agents of this installation."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def create(self, body: Json) -> Json:
        given = checked(CreateAgent, body)
        moment = timestamp(self._clock())
        empty: Json = {
            "id": new_id("agent"),
            "type": "agent",
            "version": 1,
            "name": given.name,
            "description": None,
            "model": settled_model(given.model),
            "system": None,
            "tools": [],
            "mcp_servers": [],
            "skills": [],
            "multiagent": None,
            "metadata": merged_metadata({}, given.metadata),
            "execution_identity": {"type": "service_account"},
            "created_at": moment,
            "updated_at": moment,
            "archived_at": None,
        }
        named_agent(given.name, empty["metadata"])
        agent = settled_fields(given, empty)
        await resolved(self._documents, agent["skills"])
        agent["multiagent"] = await self._multiagent(given, agent, version=1)
        await self._documents.put(Document(KIND, agent["id"], 1, agent))
        return agent

    async def get(self, agent_id: str, version: int | None = None) -> Json:
        """One version, newest by default.

        Raises:
            Refused: 404, or 400 for a version below 1.
        """
        if version is not None and version < 1:
            raise Refused("version: versions start at 1")
        document = await self._documents.get(KIND, agent_id, version)
        if document is None:
            raise not_found("agent", agent_id if version is None else f"{agent_id} version {version}")
        return document.body

    async def update(self, agent_id: str, body: Json) -> Json:
        given = checked(UpdateAgent, body)
        old = await self.get(agent_id)
        if old["archived_at"]:
            raise Refused(f"agent {agent_id} is archived and read-only; create a new agent")
        if given.version is not None and given.version != old["version"]:
            raise conflict(
                f"agent {agent_id} is at version {old['version']}, not {given.version}; read it again and retry"
            )
        new = settled_fields(given, old)
        if given.skills:
            await resolved(self._documents, new["skills"])
        if given.name is not None:
            new["name"] = given.name
        if given.model is not None:
            new["model"] = settled_model(given.model, old["model"])
        if "metadata" in given.model_fields_set:
            new["metadata"] = merged_metadata(old["metadata"], given.metadata)
            named_agent(new["name"], new["metadata"])
        new["multiagent"] = await self._multiagent(given, new, version=old["version"])
        if new == old:
            return old
        new["multiagent"] = await self._multiagent(given, new, version=old["version"] + 1)
        new |= {"version": old["version"] + 1, "updated_at": timestamp(self._clock())}
        await self._documents.put(Document(KIND, agent_id, new["version"], new))
        return new

    async def _multiagent(self, given: AgentFields, agent: Json, *, version: int) -> Json | None:
        """The block that is stored with this version of the agent, whose own place in it is this version."""
        owner = multiagent.Owner(agent["id"], version, agent["name"])
        if "multiagent" in given.model_fields_set:
            return await multiagent.settled(given.multiagent, agent["multiagent"], owner, self._documents)
        return multiagent.renewed(agent["multiagent"], owner)

    async def archive(self, agent_id: str) -> Json:
        """Make it read-only for ever; again is no error and changes nothing."""
        agent = await self.get(agent_id)
        if agent["archived_at"]:
            return agent
        moment = timestamp(self._clock())
        agent = agent | {"archived_at": moment, "updated_at": moment}
        await self._documents.put(Document(KIND, agent_id, agent["version"], agent))
        return agent

    async def newest(self) -> list[Json]:
        """Every agent's newest version, newest agent first."""
        return [document.body for document in reversed(await self._documents.newest(KIND))]

    async def versions(self, agent_id: str) -> list[Json]:
        """All versions, newest first."""
        await self.get(agent_id)
        return [document.body for document in reversed(await self._documents.versions(KIND, agent_id))]


def snapshot(agent: Json) -> Json:
    """The agent as a session keeps it."""
    return {key: agent[key] for key in agent if key not in ("metadata", "created_at", "updated_at", "archived_at")}
