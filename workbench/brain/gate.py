"""Whether a call that the model made may run: a pure function of the agent's tools, permission policies and rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from workbench.brain import history, servers, tools
from workbench.brain.rules import Rules
from workbench.brain.servers import Listed, ServerTool
from workbench.contracts import Json

Permission = Literal["allow", "ask", "deny"]


@dataclass(frozen=True)
class Verdict:
    """What the gate says of one call.

    `evaluation` is the wire object that names the policy behind `permission`; None where no policy applied. `refusal` is
    what a model whose call is denied reads. A `custom` call is the client's to run and is never gated. One that `is_open` asks
    a person unless a judgement says otherwise. `server_tool` is set where an MCP server runs it.
    """

    permission: Permission
    evaluation: Json | None = None
    refusal: str = ""
    custom: bool = False
    is_open: bool = False
    server_tool: ServerTool | None = None


DENIED: Final = "Permission to use {name} has been denied."
"""What the model reads of a call that a person or a judgement denied without other words."""


def judge(
    agent: Json,
    name: str,
    tool_input: Json,
    rules: Rules,
    *,
    session_id: str = "",
    listed: Listed = MappingProxyType({}),
) -> Verdict:
    """The verdict on a call of the tool `name` in a session of this agent, whose MCP servers `listed` their tools."""
    if name in tools.custom(agent):
        return Verdict("allow", custom=True)
    if name == history.NAME and tools.offers_history(agent):
        return Verdict("allow", {"type": "always_allow"})
    always = rules.is_always_allowed(name, tool_input, session_id=session_id, agent_id=str(agent.get("id", "")))
    if (server_tool := servers.meant(agent, listed, name)) is not None:
        return replace(
            _verdict(server_tool.policy, name, tool_input, rules, is_allowed_for_good=always), server_tool=server_tool
        )
    entry = tools.toolset(agent)
    if entry is None or name not in tools.BUILT_IN or not tools.is_enabled(entry, name):
        known = [*tools.definitions(agent), *servers.definitions(agent, listed)]
        offered = ", ".join(definition["name"] for definition in known) or "none"
        return Verdict("deny", refusal=f"There is no tool {name!r} in this session. Tools you can use: {offered}.")
    return _verdict(_policy(entry, name), name, tool_input, rules, is_allowed_for_good=always)


def _verdict(policy: str, name: str, tool_input: Json, rules: Rules, *, is_allowed_for_good: bool) -> Verdict:
    denial = rules.denial(name, tool_input)
    if denial is not None and denial.is_sure:
        return auto("deny", name)
    if denial is not None and not is_allowed_for_good:
        return auto("ask", name)
    match "always_allow" if is_allowed_for_good else policy:
        case "always_allow":
            return Verdict("allow", {"type": "always_allow"})
        case "auto":
            decision = rules.decision(name, tool_input)
            return auto(decision, name) if decision else replace(auto("ask", name), is_open=True)
        case _:
            return Verdict("ask", {"type": "always_ask"})


def auto(permission: Permission, name: str) -> Verdict:
    """The verdict that the policy `auto` gives with this judgement."""
    judgement: Json = {"type": permission}
    match permission:
        case "ask":
            judgement["reason_code"] = "indeterminate"
        case "deny":
            judgement["reason_code"] = "high_risk"
    evaluation = {"type": "auto", "evaluated_permission": judgement}
    return Verdict(permission, evaluation, refusal=DENIED.format(name=name) if permission == "deny" else "")


def _policy(entry: Json, name: str) -> str:
    own = tools.settings_of(entry, name).get("permission_policy")
    default = (entry.get("default_config") or {}).get("permission_policy")
    chosen: Json = own or default or {"type": "always_allow"}
    return str(chosen["type"])
