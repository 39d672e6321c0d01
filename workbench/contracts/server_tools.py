"""The tools of an agent's MCP servers: what the model is offered of them, and which server's tool a call means. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.contracts.values import Json

Listed = Mapping[str, Sequence[Json]]
"""Per server what it listed last: {name, description, input_schema} of each tool."""

_LONGEST_NAME: Final = 64
"""What servers that speak the Messages API for other models take as well."""
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True)
class ServerTool:
    """One tool of one server, as the toolset's entry in the agent has it."""

    server: str
    tool: Json
    entry: Json

    @property
    def model_name(self) -> str:
        """What the model calls it."""
        return model_name(self.server, self.tool["name"])

    @property
    def policy(self) -> str:
        """Who says yes: a person, unless the agent says otherwise."""
        policy: Json = self._setting("permission_policy") or {"type": "always_ask"}
        return str(policy["type"])

    @property
    def is_enabled(self) -> bool:
        return self._setting("enabled") is not False

    def _setting(self, name: str) -> Any:
        for config in self.entry.get("configs") or ():
            if config["name"] == self.tool["name"] and config.get(name) is not None:
                return config[name]
        return (self.entry.get("default_config") or {}).get(name)


def model_name(server: str, tool: str) -> str:
    """A name that every model takes and no two tools share: too long ones, and those with other signs, end in a digest."""
    name = f"mcp__{server}__{tool}"
    plain = _NOT_IN_NAMES.sub("_", name)
    if plain == name and len(name) <= _LONGEST_NAME:
        return name
    return f"{plain[: _LONGEST_NAME - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def entries(agent: Json) -> Iterator[Json]:
    """The agent's toolsets of servers."""
    yield from (entry for entry in agent.get("tools") or () if entry["type"] == "mcp_toolset")


def server(agent: Json, name: str) -> Json | None:
    """A server of the agent by its name."""
    return next((one for one in agent.get("mcp_servers") or () if one["name"] == name), None)


def offered(agent: Json, listed: Listed) -> list[ServerTool]:
    """Every enabled tool of a server that has told its tools."""
    found = [
        ServerTool(entry["mcp_server_name"], tool, entry)
        for entry in entries(agent)
        for tool in listed.get(entry["mcp_server_name"], ())
        if "fault" not in tool
    ]
    # Two servers' names and tools may be the same when they are joined, and no model takes a name twice.
    return list({one.model_name: one for one in reversed(found) if one.is_enabled}.values())[::-1]


def faults(tools: Sequence[Json]) -> str:
    """Which tools of a listing cannot be offered, and why."""
    return "; ".join(f"{tool['name']}: {tool['fault']}" for tool in tools if "fault" in tool)


def own_input(tool: Json, given: Json) -> Json:
    """A call's input under the server's own names of its properties."""
    own: Json = tool.get("own_names") or {}
    return {own.get(name, name): value for name, value in given.items()}


def definitions(agent: Json, listed: Listed) -> list[Json]:
    """What the model is offered."""
    return [
        {
            "name": one.model_name,
            "description": one.tool.get("description") or "",
            "input_schema": one.tool["input_schema"],
        }
        for one in offered(agent, listed)
    ]


def meant(agent: Json, listed: Listed, name: str) -> ServerTool | None:
    """The tool that the model calls by this name."""
    return next((one for one in offered(agent, listed) if one.model_name == name), None)
