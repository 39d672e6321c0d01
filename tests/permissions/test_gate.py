"""The gate: which calls run, which ask, which are refused."""

from __future__ import annotations

from pathlib import Path

from tests.brain.stage import TOOLSET, agent, session
from tests.brain.team import coordinator, member
from workbench.contracts import offered_tools
from workbench.contracts.agent_tools import definitions
from workbench.contracts.permissions import Verdict
from workbench.contracts.tools import IN_ENGINE, IN_WEB
from workbench.contracts.values import Json
from workbench.permissions import gate
from workbench.permissions.gate import RuledGate, auto
from workbench.permissions.rules import DEFAULTS, Rules, load

ALLOW: Json = {"type": "always_allow"}
ASK: Json = {"type": "always_ask"}
CUSTOM: Json = {"type": "custom", "name": "lookup", "description": "Look up.", "input_schema": {"type": "object"}}


def judge(described: Json, name: str) -> Verdict:
    return gate.judge(described, name, {}, Rules())


def names(described: Json) -> list[str]:
    return [tool["name"] for tool in definitions(described)]


def test_without_a_policy_a_built_in_tool_runs() -> None:
    assert judge(agent(), "bash") == Verdict("allow", ALLOW)


def test_a_tools_own_policy_outranks_the_default() -> None:
    own = {"name": "bash", "permission_policy": ALLOW}
    described = agent({**TOOLSET, "default_config": {"permission_policy": ASK}, "configs": [own]})
    assert judge(described, "bash") == Verdict("allow", ALLOW)
    assert judge(described, "write") == Verdict("ask", ASK)


def test_under_auto_a_rule_decides_and_else_the_call_is_open() -> None:
    described = agent({**TOOLSET, "default_config": {"permission_policy": {"type": "auto"}}})
    judgement = {"type": "ask", "reason_code": "indeterminate"}
    undecided = Verdict("ask", {"type": "auto", "evaluated_permission": judgement}, is_open=True)
    assert judge(described, "bash") == undecided
    rules = load(None)
    assert DEFAULTS.exists()
    assert gate.judge(described, "bash", {"command": "make"}, rules) == undecided
    assert gate.judge(described, "bash", {"command": "ls"}, rules) == auto("allow", "bash")
    denied = gate.judge(described, "bash", {"command": "rm -rf /"}, rules)
    assert denied.evaluation == {"type": "auto", "evaluated_permission": {"type": "deny", "reason_code": "high_risk"}}
    assert denied.refusal == "Permission to use bash has been denied."


def test_rules_are_for_auto_alone() -> None:
    assert gate.judge(agent(), "bash", {"command": "rm -rf /"}, load(None)) == Verdict("allow", ALLOW)


def test_a_disabled_tool_is_neither_offered_nor_run() -> None:
    described = agent({**TOOLSET, "configs": [{"name": "bash", "enabled": False}]})
    assert names(described) == ["read", "write", "edit", "glob", "grep", *IN_WEB, *IN_ENGINE]
    verdict = judge(described, "bash")
    assert (verdict.permission, verdict.evaluation) == ("deny", None)
    assert "read, write, edit, glob, grep" in verdict.refusal


def test_a_toolset_that_is_off_by_default_offers_what_is_switched_on() -> None:
    described = agent(
        {**TOOLSET, "default_config": {"enabled": False}, "configs": [{"name": "read", "enabled": True}]}, CUSTOM
    )
    assert names(described) == ["read", *IN_ENGINE, "lookup"]


def test_tools_of_a_toolset_that_the_agent_has_not_are_refused() -> None:
    assert judge(agent(CUSTOM), "bash").permission == "deny"
    assert judge(agent(CUSTOM), "web_fetch").permission == "deny"


def test_the_web_asks_in_ask_mode_and_may_be_read_in_plan_mode_and_rules_name_its_hosts(tmp_path: Path) -> None:
    """It changes nothing here, and may tell others something."""
    given = {"url": "https://Docs.Example.com./a"}
    assert gate.judge(agent(), "web_fetch", given, load(None)).permission == "allow"
    assert gate.judge(agent(), "web_fetch", given, load(None), mode="ask").permission == "ask"
    assert gate.judge(agent(), "web_search", {"query": "x"}, load(None), mode="ask").permission == "ask"
    assert gate.judge(agent(), "web_fetch", given, load(None), mode="plan").permission == "allow"
    file = tmp_path / "permissions.toml"
    file.write_text('allow = ["web_fetch(domain:docs.example.com)"]\ndeny = ["web_fetch(domain:*.evil.test)"]\n')
    rules = load(file)
    assert gate.judge(agent(), "web_fetch", given, rules, mode="auto").permission == "allow"
    assert gate.judge(agent(), "web_fetch", {"url": "https://example.com"}, rules, mode="auto").is_open
    for mode in ("", "ask", "auto", "plan", "allow"):
        assert (
            gate.judge(agent(), "web_fetch", {"url": "http://a.evil.test:8080/x"}, rules, mode=mode).permission
            == "deny"
        )
        assert gate.judge(agent(), "web_fetch", {"url": "http://evil.test/"}, rules, mode=mode).permission != "deny"


def test_a_custom_tool_is_the_clients_and_never_gated() -> None:
    assert judge(agent(TOOLSET, CUSTOM), "lookup") == Verdict("allow", custom=True)


def test_the_refusal_of_an_unknown_tool_names_every_tool_that_the_model_is_offered() -> None:
    described = coordinator(member("worker"))
    asked = session(described)
    refusal = RuledGate(load(None)).verdict(asked, "teleport", {}, {}).refusal
    offered = [tool["name"] for tool in offered_tools.definitions(asked, {})]
    assert {"create_agent", "wait_for_agents", "bash"} <= set(offered)
    assert refusal.endswith(f"Tools you can use: {', '.join(offered)}.")
