"""The agents that settings of other programs become: one for a person's own settings, one for a project's, and each that is described."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from workbench.commands import defaults
from workbench.commands.surface import Json
from workbench.commands.tool_settings.plan import AUTO, AgentFile, Found, Place, Policy, Rule, Server
from workbench.contracts.agent_tools import TOOLSET

ORIGIN: Final = "workbench.imported_from"
"""Metadata key of an agent that was imported: the file or folder that it is of."""
_MOST_METADATA: Final = 512
_BY_RULES: Final[Json] = {"permission_policy": {"type": AUTO}}
"""Of the tools that read: the shipped rules let them, and a person's own may ask."""
_READS: Final = ("read", "glob", "grep")
_NOT_IN_NAMES: Final = re.compile(r"[^\w.-]+")
_MOST_SYSTEM: Final = 100_000


@dataclass(frozen=True)
class WantedAgent:
    """An agent as it is to be: `names` are those that it may have, the first that is free counts."""

    names: tuple[str, ...]
    origin: str
    body: Json
    servers: tuple[Server, ...]
    allows: tuple[Rule, ...]
    place: Place


def wanted(home: Found, project: Found, folder: Path | None, person: Path) -> list[WantedAgent]:
    """All of them; `person` is the home folder."""
    made: list[WantedAgent] = []
    usual = _strictest(home.policies.values())
    if _has_own(home) or home.instructions or usual != Policy():
        made.append(_main(("imported",), person, home, home.servers, home.allows, usual))
    nearer = {agent.name for agent in project.agents}
    for agent in home.agents:
        if agent.name in nearer:
            home.refuse(f"agent {agent.name}", "the project has one of this name, which goes first", agent.place)
        else:
            made.append(_described((agent.name,), agent, home, home.servers, home.allows, usual))
    if folder is None:
        return made
    name, above = (_NOT_IN_NAMES.sub("-", part)[:80] for part in (folder.name, folder.parent.name))
    servers = [*project.servers, *(one for one in home.servers if _is_on(one, project))]
    policy = _strictest((home.policies | project.policies).values())
    allows = [*home.allows, *project.allows]
    if _has_own(project) or project.policies or project.off:
        together = replace(project, instructions=home.instructions, model=project.model or home.model)
        made.append(_main((f"imported-{name}", f"imported-{above}-{name}"), folder, together, servers, allows, policy))
    for agent in project.agents:
        names = (agent.name, f"{agent.name}-{name}"[:256])
        made.append(_described(names, agent, project, servers, allows, policy))
    return made


def _has_own(found: Found) -> bool:
    return bool(found.servers or found.allows or found.model)


def _is_on(server: Server, project: Found) -> bool:
    return server.name not in project.off and server.name not in {one.name for one in project.servers}


def _strictest(policies: Iterable[Policy]) -> Policy:
    """The strictest of all, and one that asks where there is none."""
    given = list(policies)
    return functools.reduce(Policy.with_stricter, given) if given else Policy()


def _main(
    names: tuple[str, ...],
    folder: Path,
    found: Found,
    servers: Sequence[Server],
    allows: Sequence[Rule],
    policy: Policy,
) -> WantedAgent:
    parts = [defaults.SYSTEM]
    parts += [
        f"The user's own instructions, from {Place(one.file)}:\n\n{one.text.strip()}" for one in found.instructions
    ]
    system = "\n\n".join(parts)
    if len(system) > _MOST_SYSTEM:
        system = defaults.SYSTEM
        for one in found.instructions:
            found.refuse("instructions", f"an agent's prompt has at most {_MOST_SYSTEM:,} characters", Place(one.file))
    body: Json = {
        "description": f"Settings of other agent programs, from {Place(folder)}"[:2048],
        "system": system,
        "tools": [
            {"type": TOOLSET, "default_config": _BY_RULES, "configs": _asking(policy)},
            *(_toolset(one) for one in servers),
        ],
        "mcp_servers": [_server(one) for one in servers],
    }
    return _made(names, folder, body, servers, allows, Place(folder), found.model[0] if found.model else None)


def _made(
    names: tuple[str, ...],
    origin: Path,
    body: Json,
    servers: Sequence[Server],
    allows: Sequence[Rule],
    place: Place,
    model: str | None,
) -> WantedAgent:
    key = str(origin)[-_MOST_METADATA:]
    whole = body | {"metadata": {ORIGIN: key}} | ({"model": model} if model else {})
    return WantedAgent(names, key, whole, tuple(servers), tuple(allows), place)


def _described(
    names: tuple[str, ...],
    agent: AgentFile,
    found: Found,
    servers: Sequence[Server],
    allows: Sequence[Rule],
    usual: Policy,
) -> WantedAgent:
    own = [_narrowed(one, agent) for one in servers if _has(agent, one.name)]
    for name in agent.servers or ():
        if name not in {one.name for one in own}:
            found.refuse(
                f"agent {agent.name}: MCP server {name[:80]}", "there is no such server that is taken", agent.place
            )
    policy = agent.policy or usual
    built_in = _built_in(agent, policy)
    body: Json = {
        "description": agent.description,
        "system": agent.system,
        "tools": [*built_in, *(_toolset(one) for one in own)],
        "mcp_servers": [_server(one) for one in own],
    }
    return _made(names, agent.place.file, body, own, allows, agent.place, agent.model)


def _built_in(agent: AgentFile, policy: Policy) -> list[Json]:
    if agent.tools is None:
        off = [{"name": name, "enabled": False} for name in agent.without if "__" not in name]
        names = {one["name"] for one in off}
        return [
            {
                "type": TOOLSET,
                "default_config": _BY_RULES,
                "configs": [*(one for one in _asking(policy) if one["name"] not in names), *off],
            }
        ]
    names = {name for name in agent.tools if "__" not in name and name not in agent.without}
    if not names:
        return []
    asking = [one | {"enabled": True} for one in _asking(policy) if one["name"] in names]
    reading = [{"name": name, "enabled": True} for name in _READS if name in names]
    return [{"type": TOOLSET, "default_config": _BY_RULES | {"enabled": False}, "configs": [*asking, *reading]}]


def _asking(policy: Policy) -> list[Json]:
    wanted = (("bash", policy.commands), ("write", policy.edits), ("edit", policy.edits))
    return [{"name": name, "permission_policy": {"type": kind}} for name, kind in wanted]


def _has(agent: AgentFile, server: str) -> bool:
    if agent.servers is not None and server not in agent.servers:
        return False
    if f"mcp__{server}" in agent.without or f"mcp__{server}__*" in agent.without:
        return False
    return agent.tools is None or any(
        name == f"mcp__{server}" or name.startswith(f"mcp__{server}__") for name in agent.tools
    )


def _narrowed(server: Server, agent: AgentFile) -> Server:
    """The server with those of its tools alone that the agent has."""
    start = f"mcp__{server.name}__"
    off = tuple(name.removeprefix(start) for name in agent.without if name.startswith(start))
    named = [name.removeprefix(start) for name in agent.tools or () if name.startswith(start)]
    has_all = agent.tools is None or f"mcp__{server.name}" in agent.tools or "*" in named
    only = server.only if has_all else tuple(one for one in named if server.only is None or one in server.only)
    return replace(server, only=only, off=(*server.off, *off))


def _server(server: Server) -> Json:
    return {"type": "url", "name": server.name, "url": server.url}


def _toolset(server: Server) -> Json:
    configs = [{"name": name, "enabled": True} for name in server.only or () if name not in server.off]
    configs += [{"name": name, "enabled": False} for name in dict.fromkeys(server.off)]
    entry: Json = {"type": "mcp_toolset", "mcp_server_name": server.name, "configs": configs}
    return entry if server.only is None else entry | {"default_config": {"enabled": False}}
