"""An agent's tools: what may be asked for, and the same resolved with every default filled in."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from workbench.catalog.base_models import STRICT, Body, Number, Policy
from workbench.catalog.web_tools import Domains, URLSources, UserLocation
from workbench.contracts.tools import CHOSEN
from workbench.contracts.values import Json

MOST_TOOLS = 256

_CUSTOM_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")


class ToolChoice(BaseModel):
    """Whether a tool is on, and who says yes."""

    model_config = STRICT

    enabled: bool | None = None
    permission_policy: Policy | None = None


class BuiltInChoice(ToolChoice):
    name: Literal[CHOSEN]  # type: ignore[valid-type]
    type: str | None = None
    allowed_domains: Domains = None
    blocked_domains: Domains = None
    user_location: UserLocation | None = None
    max_content_tokens: Number | None = None
    url_sources: URLSources | None = None

    @model_validator(mode="after")
    def _fits_its_tool(self) -> BuiltInChoice:
        extra = {
            "web_search": {"allowed_domains", "blocked_domains", "user_location"},
            "web_fetch": {"allowed_domains", "blocked_domains", "max_content_tokens", "url_sources"},
        }.get(self.name, set())
        for field in self.model_fields_set - {"name", "type", "enabled", "permission_policy"} - extra:
            if getattr(self, field) is not None:
                raise ValueError(f"{self.name} has no {field}")
        if self.type is not None and self.type != self.name:
            raise ValueError(f"type must be {self.name!r}, as the name")
        if self.allowed_domains and self.blocked_domains:
            raise ValueError("give allowed_domains or blocked_domains, not both")
        for field in ("allowed_domains", "blocked_domains") if self.name == "web_fetch" else ():
            for index, domain in enumerate(getattr(self, field) or ()):
                if "/" in domain:
                    raise ValueError(f"{field}.{index}: {domain!r} has a path, which only web_search takes")
        return self

    def settled(self, default: Json) -> Json:
        """With `default` where nothing was said, in wire shape."""
        settled: Json = {"name": self.name, "type": self.name, **_choice(self, default)}
        if self.name in ("web_search", "web_fetch"):
            given = self.model_dump(exclude={"name", "type", "enabled", "permission_policy"})
            names = {"allowed_domains", "blocked_domains"}
            names |= {"user_location"} if self.name == "web_search" else {"max_content_tokens", "url_sources"}
            settled |= {name: given[name] for name in sorted(names)}
        return settled


class BuiltInToolset(Body):
    type: Literal["agent_toolset_20260401"]
    default_config: ToolChoice | None = None
    configs: list[BuiltInChoice] | None = None

    def settled(self) -> Json:
        default = _choice(
            self.default_config or ToolChoice(), {"enabled": True, "permission_policy": {"type": "always_allow"}}
        )
        return {
            "type": self.type,
            "default_config": default,
            "configs": [config.settled(default) for config in self.configs or ()],
        }


class MCPChoice(ToolChoice):
    name: Annotated[str, Field(min_length=1, max_length=128)]


class MCPToolset(Body):
    type: Literal["mcp_toolset"]
    mcp_server_name: Annotated[str, Field(min_length=1, max_length=255)]
    default_config: ToolChoice | None = None
    configs: list[MCPChoice] | None = None

    def settled(self) -> Json:
        default = _choice(
            self.default_config or ToolChoice(), {"enabled": True, "permission_policy": {"type": "always_ask"}}
        )
        return {
            "type": self.type,
            "mcp_server_name": self.mcp_server_name,
            "default_config": default,
            "configs": [{"name": config.name, **_choice(config, default)} for config in self.configs or ()],
        }


class CustomTool(Body):
    type: Literal["custom"]
    name: str
    description: str
    input_schema: dict[str, Any]

    @model_validator(mode="after")
    def _can_be_offered(self) -> CustomTool:
        if not _CUSTOM_NAME.fullmatch(self.name):
            raise ValueError(f"name: {self.name!r} must be 1 to 128 letters, digits, - or _")
        if self.name in CHOSEN or self.name.startswith(("mcp__", "ant__")):
            raise ValueError(f"name: {self.name!r} is reserved")
        if self.input_schema.get("type") != "object":
            raise ValueError('input_schema: type must be "object"')
        if unusable := {"oneOf", "anyOf", "allOf", "$ref"} & set(self.input_schema):
            raise ValueError(f"input_schema: {sorted(unusable)[0]} is not possible at the top")
        return self

    def settled(self) -> Json:
        return {"type": "custom", "name": self.name, "description": self.description, "input_schema": self.input_schema}


Tool = Annotated[BuiltInToolset | MCPToolset | CustomTool, Field(discriminator="type")]


def _choice(choice: ToolChoice, default: Json) -> Json:
    return {
        "enabled": default["enabled"] if choice.enabled is None else choice.enabled,
        "permission_policy": choice.permission_policy.model_dump()
        if choice.permission_policy
        else dict(default["permission_policy"]),
    }


def fault_of(tools: list[Json], server_names: list[str], skills: list[Json]) -> str | None:
    """What is wrong with settled tools, MCP servers and skills taken together; None when they fit."""
    names = [tool["name"] for tool in tools if tool["type"] == "custom"]
    if len(set(names)) != len(names):
        return "tools: custom tools need distinct names"
    toolsets = [tool for tool in tools if tool["type"] == "agent_toolset_20260401"]
    if len(toolsets) > 1:
        return "tools: agent_toolset_20260401 can be given once"
    if len(names) + len(CHOSEN) * len(toolsets) + sum(len(t.get("configs", ())) for t in tools) > MOST_TOOLS:
        return f"tools: at most {MOST_TOOLS} tools over all toolsets"
    return _source_fault(toolsets, names) or _server_fault(tools, server_names) or _skill_fault(toolsets, skills)


def _source_fault(toolsets: list[Json], custom: list[str]) -> str | None:
    for config in toolsets[0]["configs"] if toolsets else ():
        filtered = (config.get("url_sources") or {}).get("client_tool_results") or {}
        for tool in filtered.get("tools", ()):
            if tool["name"] not in custom:
                return f"tools: url_sources.client_tool_results names {tool['name']!r}, which is no custom tool of the agent"
    return None


def _server_fault(tools: list[Json], server_names: list[str]) -> str | None:
    named = [tool["mcp_server_name"] for tool in tools if tool["type"] == "mcp_toolset"]
    if len(set(named)) != len(named):
        return "tools: one mcp_toolset for each server"
    if missing := [name for name in named if name not in server_names]:
        return f"tools: mcp_toolset names the server {missing[0]!r}, which is not in mcp_servers"
    if unused := [name for name in server_names if name not in named]:
        return f"mcp_servers: {unused[0]!r} needs an mcp_toolset in tools that names it"
    return None


def _skill_fault(toolsets: list[Json], skills: list[Json]) -> str | None:
    if not skills:
        return None
    if not toolsets:
        return "skills: they need agent_toolset_20260401 in tools, with read enabled"
    chosen = {config["name"]: config["enabled"] for config in toolsets[0]["configs"]}
    if not chosen.get("read", toolsets[0]["default_config"]["enabled"]):
        return "skills: they need the tool read enabled"
    return None
