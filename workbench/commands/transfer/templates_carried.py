"""Agents and environments carried by their names: what they refer to by id is found again by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands.surface import Json, Wrong
from workbench.commands.templates import as_yaml
from workbench.commands.transfer.change import Change, all_of, by_name, diff
from workbench.commands.transfer.skills_carried import names_of_skills

_AGENT: Final = ("name", "description", "model", "system", "tools", "mcp_servers", "skills", "multiagent", "metadata")
_ENVIRONMENT: Final = ("name", "description", "config", "metadata")


@dataclass
class Lookup:
    """Names by id and ids by name of what agents refer to, at one service; read when they are first needed."""

    service: Client
    _skills: dict[str, str] = field(default_factory=dict)
    _agents: dict[str, str] = field(default_factory=dict)

    def skill_names(self) -> dict[str, str]:
        self._skills = self._skills or names_of_skills(self.service)
        return self._skills

    def agent_names(self) -> dict[str, str]:
        self._agents = self._agents or {one["id"]: one["name"] for one in all_of(self.service, paths.AGENTS)}
        return self._agents

    def forget(self) -> None:
        """Something was made there."""
        self._skills, self._agents = {}, {}


def environments(source: Client, target: Client) -> Iterator[Change]:
    """What differs of each environment that the source has."""
    there = by_name(all_of(target, paths.ENVIRONMENTS), "environment", "there")
    for name, one in by_name(all_of(source, paths.ENVIRONMENTS), "environment", "at the source").items():
        wanted, old = _part(one, _ENVIRONMENT), there.get(name)
        before = as_yaml(_part(old, _ENVIRONMENT)) if old else ""
        if before == (after := as_yaml(wanted)):
            continue
        path = f"{paths.ENVIRONMENTS}/{old['id']}" if old else paths.ENVIRONMENTS
        yield Change("environment", name, old is None, diff(before, after, name), partial(_post, target, path, wanted))


def agents(source: Client, target: Client) -> Iterator[Change]:
    """What differs of each agent that the source has; an agent that others name comes before them."""
    at_source, at_target = Lookup(source), Lookup(target)
    there = by_name(all_of(target, paths.AGENTS), "agent", "there")
    found = by_name(all_of(source, paths.AGENTS), "agent", "at the source")
    for name in _in_order(found, at_source):
        wanted = _named(_part(found[name], _AGENT), at_source)
        old = there.get(name)
        before = as_yaml(_named(_part(old, _AGENT), at_target)) if old else ""
        if before == (after := as_yaml(wanted)):
            continue
        yield Change(
            "agent",
            name,
            old is None,
            diff(before, after, name),
            partial(_make, target, at_target, wanted, old),
        )


def _make(target: Client, there: Lookup, wanted: Json, old: Json | None) -> None:
    there.forget()
    body = _with_ids(wanted, there)
    if old is None:
        target.post(paths.AGENTS, body)
    else:
        target.post(f"{paths.AGENTS}/{old['id']}", body | {"version": old["version"]})


def _post(target: Client, path: str, body: Json) -> None:
    target.post(path, body)


def _part(one: Json, fields: tuple[str, ...]) -> Json:
    """What can be carried, in one order; what is empty is left out, as services differ in how they say so."""
    kept = {name: one.get(name) for name in fields}
    return {name: _sorted(value) for name, value in kept.items() if value not in (None, "", [], {})}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def _named(agent: Json, there: Lookup) -> Json:
    """The agent with names in the place of ids: of skills that a person uploaded, and of other agents."""
    skills = [
        one
        if one["type"] != "custom"
        else {"type": "custom", "name": there.skill_names().get(one["skill_id"], one["skill_id"])}
        for one in agent.get("skills", ())
    ]
    named = agent | ({"skills": skills} if skills else {})
    if roster := agent.get("multiagent"):
        members = [
            {"type": "agent", "name": there.agent_names().get(one["id"], one["id"])}
            if one.get("type") == "agent"
            else one
            for one in roster.get("agents", ())
        ]
        named["multiagent"] = roster | {"agents": members}
    return named


def _with_ids(agent: Json, there: Lookup) -> Json:
    """The other way round.

    Raises:
        Wrong: something that it names is not there.
    """
    body = dict(agent)
    if "skills" in agent:
        ids = {name: one for one, name in there.skill_names().items()}
        body["skills"] = [
            one if one["type"] != "custom" else {"type": "custom", "skill_id": _known(ids, one["name"], "skill", agent)}
            for one in agent["skills"]
        ]
    if "multiagent" in agent:
        ids = {name: one for one, name in there.agent_names().items()}
        members = [
            {"type": "agent", "id": _known(ids, one["name"], "agent", agent)} if one.get("type") == "agent" else one
            for one in agent["multiagent"].get("agents", ())
        ]
        body["multiagent"] = agent["multiagent"] | {"agents": members}
    return body


def _known(ids: dict[str, str], name: str, noun: str, agent: Json) -> str:
    if name not in ids:
        raise Wrong(f"the agent {agent['name']!r} names the {noun} {name!r}, which is not there; carry it too")
    return ids[name]


def _in_order(found: dict[str, Json], there: Lookup) -> list[str]:
    """Names, those first that others name."""
    order: list[str] = []

    def put(name: str, above: tuple[str, ...]) -> None:
        if name in order or name in above or name not in found:
            return
        for one in (found[name].get("multiagent") or {}).get("agents", ()):
            if one.get("type") == "agent":
                put(there.agent_names().get(one["id"], ""), (*above, name))
        order.append(name)

    for name in found:
        put(name, ())
    return order
