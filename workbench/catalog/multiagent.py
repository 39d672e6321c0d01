"""Who an agent may start or ask: the `multiagent` of an agent in both public shapes, checked, merged and resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from workbench.catalog.base_models import Body, Number
from workbench.catalog.errors import Refused, checked
from workbench.contracts.acp_agents import ACP_KEY
from workbench.contracts.log import Documents
from workbench.contracts.threads import ADVISOR
from workbench.contracts.values import Json

COORDINATOR: Final = "coordinator"
MULTIAGENT: Final = "multiagent_20261001"
_AGENT: Final = "agent"
"""Also the kind of its documents."""
_MOST: Final = 20
_DISABLED: Final[Json] = {"type": "disabled"}
_ENABLED: Final[Json] = {"type": "enabled"}
_PARTS: Final = ("subagents", "workflows")


class AgentEntry(Body):
    type: Literal["agent"]
    id: Annotated[str, Field(min_length=1)]
    version: Number | None = None


class SelfEntry(Body):
    type: Literal["self"]


class AdvisorEntry(Body):
    type: Literal["advisor"]
    model: Annotated[str, Field(min_length=1, max_length=256)]


Entry = str | Annotated[AgentEntry | SelfEntry | AdvisorEntry, Field(discriminator="type")]
Predefined = str | Annotated[AgentEntry | SelfEntry, Field(discriminator="type")]


class Coordinator(Body):
    type: Literal["coordinator"]
    agents: Annotated[list[Entry], Field(min_length=1, max_length=_MOST)]


class AdvisorPart(Body):
    type: Literal["enabled", "disabled"]
    model: Annotated[str | None, Field(min_length=1, max_length=256)] = None


class InlineAgents(Body):
    type: Literal["enabled", "disabled"]


class AgentsPart(Body):
    type: Literal["enabled", "disabled"]
    inline_agents: InlineAgents | None = None
    predefined_agents: Annotated[list[Predefined] | None, Field(max_length=_MOST)] = None


class Multiagent(Body):
    type: Literal["multiagent_20261001"]
    advisor: AdvisorPart | None = None
    subagents: AgentsPart | None = None
    workflows: AgentsPart | None = None


@dataclass(frozen=True)
class Owner:
    """The agent whose block is saved, as it will be: `self` in a list is this one."""

    id: str
    version: int
    name: str


async def settled(given: Json | None, old: Json | None, owner: Owner, documents: Documents) -> Json | None:
    """The block as it is stored: entries as references with a version, everything that was left out in its place.

    Raises:
        Refused: 400 or 404 with the field, and what would be right.
    """
    if given is None:
        return None
    match given.get("type"):
        case "coordinator":
            return await _coordinator(checked(Coordinator, given, "multiagent"), owner, documents)
        case "multiagent_20261001":
            told = checked(Multiagent, given, "multiagent")
            base = old if old is not None and old["type"] == MULTIAGENT else None
            return await _merged(told, base, owner, documents)
    raise Refused(f"multiagent.type: must be {COORDINATOR} or {MULTIAGENT}")


async def _coordinator(given: Coordinator, owner: Owner, documents: Documents) -> Json:
    place = "multiagent.agents"
    advisors = [one for one in given.agents if isinstance(one, AdvisorEntry)]
    if len(advisors) > 1:
        raise Refused(f"{place}: at most one advisor")
    members = [one for one in given.agents if not isinstance(one, AdvisorEntry)]
    agents = await _references(members, place, owner, documents)
    return {"type": COORDINATOR, "agents": [*agents, *(one.model_dump() for one in advisors)]}


async def _merged(given: Multiagent, old: Json | None, owner: Owner, documents: Documents) -> Json:
    """Level by level: what is left out keeps, null is the default, an object of another type takes the place of the old one."""
    merged: Json = {"type": MULTIAGENT, "advisor": _advisor(given, old)}
    for name in _PARTS:
        part: AgentsPart | None = getattr(given, name)
        before = old[name] if old is not None else None
        if name not in given.model_fields_set and before is not None:
            merged[name] = before
        else:
            merged[name] = await _part(part, before, f"multiagent.{name}", owner, documents)
    return merged


def _advisor(given: Multiagent, old: Json | None) -> Json:
    if "advisor" not in given.model_fields_set and old is not None:
        advisor: Json = old["advisor"]
        return advisor
    if given.advisor is None or given.advisor.type == "disabled":
        return dict(_DISABLED)
    if given.advisor.model is None:
        raise Refused("multiagent.advisor.model: an enabled advisor needs a model")
    return given.advisor.model_dump()


async def _part(given: AgentsPart | None, old: Json | None, place: str, owner: Owner, documents: Documents) -> Json:
    if given is not None and given.type == "disabled":
        if given.model_fields_set - {"type"}:
            raise Refused(f"{place}: a disabled part has no other field")
        return dict(_DISABLED)
    base = old if given is not None and old is not None and old["type"] == "enabled" else {}
    told = given or AgentsPart(type="enabled")
    inline = dict(base.get("inline_agents") or _ENABLED)
    if "inline_agents" in told.model_fields_set or not base:
        inline = {"type": told.inline_agents.type} if told.inline_agents else dict(_ENABLED)
    agents = list(base.get("predefined_agents") or ())
    if "predefined_agents" in told.model_fields_set or not base:
        agents = await _references(told.predefined_agents or (), f"{place}.predefined_agents", owner, documents)
    if inline["type"] == "disabled" and not agents:
        raise Refused(f"{place}.predefined_agents: without inline agents it must name at least one agent")
    return {"type": "enabled", "inline_agents": inline, "predefined_agents": agents}


async def _references(
    entries: Sequence[str | AgentEntry | SelfEntry], place: str, owner: Owner, documents: Documents
) -> list[Json]:
    """The agents with the version that is pinned now; each is another one, under a name of its own."""
    found: list[Json] = []
    names: set[str] = set()
    for number, entry in enumerate(entries):
        reference, name = await _reference(entry, f"{place}.{number}", owner, documents)
        if any(one["id"] == reference["id"] for one in found):
            raise Refused(f"{place}.{number}: {reference['id']} is in the list already")
        if name in names or name == ADVISOR:
            raise Refused(f"{place}.{number}: the name {name!r} is taken; the model tells agents apart by their names")
        names.add(name)
        found.append(reference)
    return found


async def _reference(
    entry: str | AgentEntry | SelfEntry, place: str, owner: Owner, documents: Documents
) -> tuple[Json, str]:
    if isinstance(entry, SelfEntry) or entry == owner.id or getattr(entry, "id", None) == owner.id:
        return {"type": _AGENT, "id": owner.id, "version": owner.version}, owner.name
    agent_id, version = (entry, None) if isinstance(entry, str) else (entry.id, entry.version)
    newest, agent = await documents.get(_AGENT, agent_id), await documents.get(_AGENT, agent_id, version)
    if newest is None or agent is None:
        named = agent_id if version is None else f"{agent_id} version {version}"
        raise Refused(f"{place}: there is no agent {named}", status=404, kind="not_found_error")
    if newest.body["archived_at"]:
        raise Refused(f"{place}: agent {agent_id} is archived")
    if agent.body["multiagent"]:
        raise Refused(f"{place}: agent {agent_id} has a multiagent of its own; agents are started one level deep only")
    if ACP_KEY in newest.body["metadata"]:
        raise Refused(
            f"{place}: agent {agent_id} is one of others (metadata.{ACP_KEY}), which think in sessions of their own only"
        )
    return {"type": _AGENT, "id": agent_id, "version": agent.version}, str(agent.body["name"])


def renewed(block: Json | None, owner: Owner) -> Json | None:
    """The block of an agent that gets a new version: its own place in a list is that version."""
    if block is None:
        return None

    def own(entries: Sequence[Json]) -> list[Json]:
        return [one | {"version": owner.version} if one.get("id") == owner.id else one for one in entries]

    if block["type"] == COORDINATOR:
        return block | {"agents": own(block["agents"])}
    parts = {name: block[name] for name in _PARTS if block[name]["type"] == "enabled"}
    return block | {name: part | {"predefined_agents": own(part["predefined_agents"])} for name, part in parts.items()}


async def in_session(block: Json | None, own: Json, documents: Documents) -> Json | None:
    """The block in a session's copy: each reference is the agent's whole definition, `self` the session's own agent.

    `own` is the session's agent with its overrides, which reach copies of itself and no other agent.
    """
    if block is None:
        return None
    if block["type"] == COORDINATOR:
        return {"type": COORDINATOR, "agents": await _definitions(block["agents"], own, documents)}
    resolved = dict(block)
    for name in _PARTS:
        if block[name]["type"] == "enabled":
            agents = await _definitions(block[name]["predefined_agents"], own, documents)
            resolved[name] = block[name] | {"predefined_agents": agents}
    return resolved


async def _definitions(entries: Sequence[Json], own: Json, documents: Documents) -> list[Json]:
    found: list[Json] = []
    for entry in entries:
        if entry["type"] != _AGENT:
            found.append(entry)
        elif entry["id"] == own["id"]:
            found.append(thread_agent(own))
        else:
            document = await documents.get(_AGENT, entry["id"], entry["version"])
            if document is None:
                raise Refused(f"agent.multiagent: there is no agent {entry['id']} version {entry['version']}")
            found.append(thread_agent(document.body))
    return found


def thread_agent(agent: Mapping[str, Any]) -> Json:
    """An agent as a thread keeps it: without `multiagent`, as threads start no others."""
    left_out = ("metadata", "created_at", "updated_at", "archived_at", "multiagent")
    return {key: value for key, value in agent.items() if key not in left_out}
