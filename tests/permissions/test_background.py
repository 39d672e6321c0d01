"""Commands in the background: starting one is ruled as bash is, reading follows from it, and typing may be a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.brain.stage import TOOLSET, agent, session
from tests.permissions.test_denials import POLICIES, PUSH
from workbench.contracts import agent_tools
from workbench.contracts.values import Json
from workbench.permissions.explanations import explained
from workbench.permissions.gate import judge
from workbench.permissions.risks import risks
from workbench.permissions.rules import Rules, load
from workbench.settings import SettingsError

ASKS = {"type": "always_ask"}


def rules(folder: Path, text: str) -> Rules:
    file = folder / "permissions.toml"
    file.write_text(text)
    return load(file)


def verdict(given: Json, ruled: Rules | None = None, *, mode: str = "", policy: Json | None = None) -> str:
    described = agent({**TOOLSET, "configs": [{"name": "bash", "permission_policy": policy}]} if policy else TOOLSET)
    return judge(described, "background", given, ruled or load(None), mode=mode).permission


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy["type"])
def test_starting_a_command_is_judged_as_bash_judges_it(tmp_path: Path, policy: Json) -> None:
    described = agent({**TOOLSET, "configs": [{"name": "bash", "permission_policy": policy}]})
    ruled = rules(tmp_path, 'deny = ["bash(git push *)"]\nallow = ["bash(npm run *)"]\n')
    for command in [*(command for command, _ in PUSH), "npm run dev", "ls -l", "rm -r /"]:
        in_shell = judge(described, "bash", {"command": command}, ruled)
        beside = judge(described, "background", {"action": "start", "command": command}, ruled)
        assert (beside.permission, beside.evaluation) == (in_shell.permission, in_shell.evaluation), command


def test_under_always_ask_reading_runs_and_everything_else_asks() -> None:
    found = {
        action: verdict({"action": action, "id": "bg_1", "command": "make", "text": "y\n"}, policy=ASKS)
        for action in ("start", "read", "write", "stop", "list")
    }
    assert found == {"start": "ask", "read": "allow", "write": "ask", "stop": "ask", "list": "allow"}


def test_plan_mode_lets_only_reading_through() -> None:
    assert verdict({"action": "start", "command": "npm run dev"}, mode="plan") == "deny"
    assert verdict({"action": "write", "id": "bg_1", "text": "rm -r .\n"}, mode="plan") == "deny"
    assert verdict({"action": "stop", "id": "bg_1"}, mode="plan") == "deny"
    assert verdict({"action": "start", "command": "tail -f log"}, mode="plan") == "allow"
    assert verdict({"action": "read", "id": "bg_1"}, mode="plan") == "allow"


def test_what_is_typed_into_a_program_asks_where_it_may_be_a_command_that_a_rule_denies(tmp_path: Path) -> None:
    ruled = rules(tmp_path, 'deny = ["bash(git push *)"]\n')
    assert verdict({"action": "write", "id": "bg_1", "text": "cd x\ngit push origin\n"}, ruled) == "ask"
    assert verdict({"action": "write", "id": "bg_1", "text": "yes\n"}, ruled) == "allow"


def test_a_rule_for_the_whole_tool_holds_for_every_call_and_one_with_words_says_where_to_write_it(
    tmp_path: Path,
) -> None:
    ruled = rules(tmp_path, 'deny = ["background"]\n')
    assert {verdict({"action": action}, ruled) for action in ("start", "read", "write", "stop", "list")} == {"deny"}
    whole = rules(tmp_path, 'deny = ["bash"]\n')
    assert verdict({"action": "start", "command": "ls"}, whole) == "deny"
    with pytest.raises(SettingsError, match=r"as in \"bash\(npm run \*\)\""):
        rules(tmp_path, 'allow = ["background(npm run dev)"]\n')


def test_its_card_says_the_risks_and_offers_the_rules_of_its_command() -> None:
    given = {"action": "start", "command": "npm run dev"}
    call = {"type": "agent.tool_use", "id": "c", "name": "background", "input": given, "evaluation": ASKS}
    said = explained(session(agent(TOOLSET)), call, Rules())
    assert [one.get("allow") for one in said.offers] == [["bash(npm run dev)"], ["bash(npm run *)"]]
    assert risks("background", given) == risks("bash", {"command": "npm run dev"}) == ["installs packages"]
    assert risks("background", {"action": "write", "text": "x"}) == ["types into a running program, which may run it"]


def test_it_is_there_where_bash_is_and_gives_way_to_a_tool_of_the_same_name() -> None:
    without = agent({**TOOLSET, "configs": [{"name": "bash", "enabled": False}]})
    assert "background" not in [one["name"] for one in agent_tools.definitions(without)]
    assert judge(without, "background", {"action": "start", "command": "ls"}, Rules()).permission == "deny"
    own = {"type": "custom", "name": "background", "description": "Mine.", "input_schema": {"type": "object"}}
    described = agent(TOOLSET, own)
    offered = [one["description"] for one in agent_tools.definitions(described) if one["name"] == "background"]
    assert offered == ["Mine."]
    assert judge(described, "background", {}, Rules()).custom
