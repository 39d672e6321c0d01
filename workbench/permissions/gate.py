"""Whether a call that the model made may run: a pure function of the agent's tools, permission policies and rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from workbench.contracts import agent_tools, modes, offered_tools, server_tools
from workbench.contracts.brain import ModelRequest
from workbench.contracts.permissions import DENIED, Permission, Verdict
from workbench.contracts.server_tools import Listed
from workbench.contracts.tools import BY_NAME, IN_WEB, PROPOSE_PLAN, RULED
from workbench.contracts.values import Entry, Json, Session
from workbench.permissions import judgement
from workbench.permissions.planning import only_reads
from workbench.permissions.rules import Rules

_POLICIES: Final = {
    modes.ASK: "always_ask",
    modes.AUTO: "auto",
    modes.ALLOW: "always_allow",
    # Of a tool of others nobody knows whether it only reads.
    modes.PLAN: "always_ask",
}
"""What takes the place of an agent's own policy."""


@dataclass(frozen=True)
class RuledGate:
    """The gate under these rules; see `contracts.permissions.Gate`."""

    rules: Rules

    def verdict(self, session: Session, name: str, tool_input: Json, listed: Listed) -> Verdict:
        if not _is_known(session.agent, name, listed):
            return _unknown(name, offered_tools.definitions(session, listed))
        own = self._judged(session, session.agent, name, tool_input, listed)
        above = session.parent_agent
        if above is None or own.custom or own.refusal or not _has(above, name, listed):
            return own
        # A child thread may do no more than its session may, but for what a person allowed its agent for good.
        of_session = self._judged(session, above, name, tool_input, listed)
        stricter = max(own, of_session, key=lambda one: _STRICTNESS[one.permission])
        return replace(stricter, server_tool=own.server_tool)

    def _judged(self, session: Session, agent: Json, name: str, tool_input: Json, listed: Listed) -> Verdict:
        return judge(
            agent,
            name,
            tool_input,
            self.rules,
            session_id=session.id,
            mode=session.mode,
            listed=listed,
            made_by=str(session.agent.get("id", "")),
        )

    def asks_of(self, entries: Sequence[Entry], inputs: Sequence[Json]) -> list[int]:
        if judgement.denials_in_a_row(entries) >= judgement.MOST_DENIALS:
            return []
        return [index for index, one in enumerate(inputs) if judgement.can_be_shown(one)]

    def question(self, session: Session, entries: Sequence[Entry], calls: Sequence[Json]) -> ModelRequest:
        return judgement.request(session, entries, calls)

    def judged(self, entries: Sequence[Entry], answer: str, names: Sequence[str]) -> list[Verdict]:
        denials = judgement.denials_in_a_row(entries)
        found: list[Verdict] = []
        for permission, name in zip(judgement.answers(answer, len(names)), names, strict=True):
            may_deny = denials < judgement.MOST_DENIALS
            denials = denials + 1 if permission == "deny" else 0
            found.append(auto(permission if may_deny else "ask", name))
        return found


_STRICTNESS: Final = {"allow": 0, "ask": 1, "deny": 2}


def _has(agent: Json, name: str, listed: Listed) -> bool:
    """Whether the agent has the tool, so that its own policy says something of it."""
    if server_tools.meant(agent, listed, name) is not None:
        return True
    entry = agent_tools.toolset(agent)
    return entry is not None and name in RULED and agent_tools.is_enabled(entry, name)


def _is_known(agent: Json, name: str, listed: Listed) -> bool:
    """Whether there is such a tool in a session of this agent, whoever runs it."""
    return name in agent_tools.custom(agent) or name in agent_tools.of_engine(agent) or _has(agent, name, listed)


def _unknown(name: str, offered: Sequence[Json]) -> Verdict:
    names = ", ".join(tool["name"] for tool in offered) or "none"
    return Verdict("deny", refusal=f"There is no tool {name!r} in this session. Tools you can use: {names}.")


def judge(
    agent: Json,
    name: str,
    tool_input: Json,
    rules: Rules,
    *,
    session_id: str = "",
    mode: str = "",
    listed: Listed = MappingProxyType({}),
    made_by: str = "",
) -> Verdict:
    """The verdict on a call of the tool `name` in a session of this agent and mode, whose MCP servers `listed` their tools.

    `made_by` is the agent that makes the call, whose rules count beside those of the agent that is judged by.
    """
    if name in agent_tools.custom(agent):
        return Verdict("allow", custom=True)
    if name in agent_tools.of_engine(agent):
        asks = name == PROPOSE_PLAN.name and mode == modes.PLAN
        return Verdict("ask", {"type": "always_ask"}) if asks else Verdict("allow", {"type": "always_allow"})
    always = any(
        rules.is_always_allowed(name, tool_input, session_id=session_id, agent_id=agent_id)
        for agent_id in dict.fromkeys((str(agent.get("id", "")), made_by))
    )
    if (server_tool := server_tools.meant(agent, listed, name)) is not None:
        policy = _POLICIES.get(mode, server_tool.policy)
        return replace(_verdict(policy, name, tool_input, rules, is_allowed_for_good=always), server_tool=server_tool)
    entry = agent_tools.toolset(agent)
    if entry is None or name not in RULED or not agent_tools.is_enabled(entry, name):
        return _unknown(name, [*agent_tools.definitions(agent), *server_tools.definitions(agent, listed)])
    if mode == modes.PLAN and not only_reads(rules, name, tool_input):
        return replace(auto("deny", name), refusal=modes.NOT_WHILE_PLANNING)
    policy = _policy(entry, name)
    kind = BY_NAME[name]
    # What goes out into the web changes nothing here, and may still tell others something.
    if (name in IN_WEB or not kind.only_reads(tool_input)) and mode != modes.PLAN:
        policy = _POLICIES.get(mode, policy)
    elif kind.only_reads(tool_input) and not kind.is_read_only:
        # It shows what a call did that was allowed.
        policy = "always_allow"
    return _verdict(policy, name, tool_input, rules, is_allowed_for_good=always)


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
    own = agent_tools.settings_of(entry, name).get("permission_policy")
    default = (entry.get("default_config") or {}).get("permission_policy")
    chosen: Json = own or default or {"type": "always_allow"}
    return str(chosen["type"])
