"""What a person is told of a call that asks: why, what it could do, where, and the rules that would let it run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.brain.stage import TOOLSET, agent, session
from workbench.contracts.values import Json
from workbench.permissions.explanations import explained
from workbench.permissions.risks import risks
from workbench.permissions.rulebook import always_of
from workbench.permissions.rules import Rules, load

ALWAYS_ASK: Json = {"type": "always_ask"}


def call(name: str, evaluation: Json = ALWAYS_ASK, **given: Any) -> Json:
    return {"type": "agent.tool_use", "id": "c", "name": name, "input": given, "evaluation": evaluation}


def offers(name: str, **given: Any) -> list[Json]:
    return list(explained(session(agent(TOOLSET)), call(name, **given), Rules()).offers)


@pytest.mark.parametrize(
    ("command", "offered"),
    [
        ("git push origin main", [["bash(git push origin main)"], ["bash(git push *)"]]),
        ("cd /workspace && make test", [["bash(cd /workspace)", "bash(make test)"], ["bash(cd *)", "bash(make test *)"]]),
        ("rm -r build", [["bash(rm -r build)"]]),
        ("echo '*' > /workspace/a", [["bash(echo '[*]')", "write(/workspace/a)"], ["bash(echo *)", "write(/workspace/a)"]]),
        ("python3 -c 'print(1)'", [["bash(python3 -c 'print(1)')"]]),
    ],
)  # fmt: skip
def test_the_rules_that_are_offered_let_the_call_run_the_narrowest_first(
    command: str, offered: list[list[str]]
) -> None:
    assert [one["allow"] for one in offers("bash", command=command)] == offered
    for patterns in offered:
        assert always_of(patterns, None, None, None).fits("bash", {"command": command})


def test_a_narrow_rule_does_not_let_other_words_run() -> None:
    [narrow, *_] = offers("bash", command="echo '*'")
    assert not always_of(narrow["allow"], None, None, None).fits("bash", {"command": "echo secret"})


@pytest.mark.parametrize("command", ["echo $HOME", "for x in 1; do ls; done", "ls > relative"])
def test_what_cannot_be_taken_apart_is_offered_only_as_it_stands(command: str) -> None:
    assert offers("bash", command=command)[0] == {"exact": {"tool": "bash", "input": {"command": command}}}


def test_a_file_is_offered_alone_and_with_its_folder() -> None:
    patterns = [one["allow"] for one in offers("edit", file_path="src/a.py", old_string="a", new_string="b")]
    assert patterns == [["edit(/workspace/src/a.py)"], ["edit(/workspace/src/**)"]]


def test_another_tools_call_is_offered_exactly() -> None:
    assert offers("send_mail", to="bob") == [{"exact": {"tool": "send_mail", "input": {"to": "bob"}}}]


def test_the_rule_that_asks_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "permissions.toml"
    file.write_text('# mine\nask = [\n    "bash(git push *)",\n]\n')
    auto = {"type": "auto", "evaluated_permission": {"type": "ask", "reason_code": "indeterminate"}}
    here = session(agent(TOOLSET))
    told = explained(here, call("bash", auto, command="git push -f"), load(file))
    assert told.why == "the rule bash(git push *) asks (permissions.toml:3)"
    assert explained(here, call("bash", auto, command="make"), load(file)).why.startswith("no rule speaks of it")
    assert "asks before every use of bash" in explained(here, call("bash", command="make"), load(file)).why


def test_risks_are_told_in_words() -> None:
    assert risks("bash", {"command": "cd x && rm -r y | sudo tee /etc/hosts"}) == [
        "deletes files",
        "acts as another user",
    ]
    assert risks("bash", {"command": "git push"}) == ["publishes to a remote repository"]
    assert risks("bash", {"command": "echo a > /etc/x"}) == ["writes outside the project: /etc/x"]
    assert risks("bash", {"command": "$(x)"}) == ["this command cannot be fully analysed; read all of it"]
    assert risks("bash", {"command": "ls"}) == []
    assert risks("write", {"file_path": "/workspace/a/.git/hooks/x"}) == ["changes what runs later outside the sandbox"]
    assert risks("read", {"file_path": "/etc/passwd"}) == []


def test_where_it_runs_is_told() -> None:
    told = explained(session(agent(TOOLSET)), call("bash", command="ls"), Rules())
    assert told.where[0] == "in the sandbox"
