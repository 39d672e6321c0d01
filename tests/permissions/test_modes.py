"""Permission modes: what a person sets aside of an agent's policies for one session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.brain.stage import TOOLSET, agent
from workbench.contracts.modes import MODES, after_plan, mode_of, planning
from workbench.contracts.values import Json
from workbench.permissions.gate import judge
from workbench.permissions.rules import load

SHIPPED = load(None)
ASKING = agent({**TOOLSET, "default_config": {"permission_policy": {"type": "always_ask"}}})


def verdict(mode: str, name: str, given: Json, *, described: Json | None = None) -> str:
    return judge(described or agent(), name, given, SHIPPED, mode=mode).permission


@pytest.mark.parametrize(
    "command",
    [
        "ls -la",
        "git log --oneline | head -3",
        "cat a b && grep -rn x .",
        "find . -name '*.py'",
        "git diff HEAD~1",
    ],
)
def test_plan_mode_lets_commands_through_that_surely_only_read(command: str) -> None:
    assert verdict("plan", "bash", {"command": command}) == "allow"


@pytest.mark.parametrize(
    "command",
    [
        "make",
        "ls > out",
        "echo x >> notes.md",
        "mkdir new",
        "rm -rf build",
        'python3 -c \'open("x", "w")\'',
        "find . -delete",
        "find . -exec rm {} +",
        "sort -o a b",
        "git checkout -b x",
        "git diff --output=x",
        "cat $(touch x)",
        "ls; touch x",
        "tee x < y",
        "sh -c 'ls'",
        "cd /tmp && $x",
    ],
)
def test_plan_mode_refuses_whatever_may_change_something(command: str) -> None:
    found = judge(agent(), "bash", {"command": command}, SHIPPED, mode="plan")
    assert found.permission == "deny", command
    assert "propose_plan" in found.refusal


def test_plan_mode_refuses_the_tools_that_write_and_a_persons_own_rules_open_nothing(tmp_path: Path) -> None:
    file = tmp_path / "permissions.toml"
    file.write_text('allow = ["bash(make *)", "write"]\n[[always]]\nallow = ["bash(make test)"]\n')
    rules = load(file)
    for name, given in (
        ("bash", {"command": "make test"}),
        ("write", {"file_path": "a"}),
        ("edit", {"file_path": "a"}),
    ):
        assert judge(agent(), name, given, rules, mode="plan").permission == "deny", name
    assert verdict("plan", "bash", {"restart": True, "command": "ls"}) == "deny"
    for name in ("read", "glob", "grep"):
        assert verdict("plan", name, {"file_path": "a", "pattern": "a"}) == "allow"


def test_a_plan_asks_in_plan_mode_and_nowhere_else() -> None:
    found = {mode: verdict(mode, "propose_plan", {"plan": "1. x"}) for mode in ("", *MODES)}
    assert found == {"": "allow", "ask": "allow", "auto": "allow", "plan": "ask", "allow": "allow"}


def test_ask_and_allow_take_the_place_of_the_agents_policy_and_a_deny_rule_holds_over_both(tmp_path: Path) -> None:
    assert verdict("ask", "bash", {"command": "ls"}) == "ask"
    assert verdict("ask", "read", {"file_path": "a"}) == "allow"
    assert verdict("ask", "read", {"file_path": "a"}, described=ASKING) == "ask"
    assert verdict("allow", "write", {"file_path": "a"}, described=ASKING) == "allow"
    assert verdict("auto", "bash", {"command": "ls"}, described=ASKING) == "allow"
    file = tmp_path / "permissions.toml"
    file.write_text('deny = ["bash(git push *)"]')
    for mode in MODES:
        assert judge(agent(), "bash", {"command": "git push"}, load(file), mode=mode).permission == "deny", mode


def test_an_approved_plan_leaves_the_mode_that_was_before() -> None:
    metadata = planning({"workbench.permission_mode": "ask"}, {"workbench.permission_mode": "plan", "k": "v"})
    assert mode_of(metadata) == "plan"
    assert after_plan(metadata) == {"workbench.permission_mode": "ask", "k": "v"}
    assert after_plan(planning({}, {"workbench.permission_mode": "plan"})) == {}
