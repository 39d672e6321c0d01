"""Each tool is declared once: catalog, brain, permissions, log, screens and the runner derive what they know from there."""

from __future__ import annotations

import re
from pathlib import Path

import workbench
from sandboxes.runner import tools as runner
from workbench.catalog.toolsets import BuiltInChoice
from workbench.contracts import agent_tools, tools
from workbench.contracts.call_text import call_line
from workbench.permissions.rules import load

PACKAGE = Path(workbench.__file__).parent
PLAYERS = {"models/offline", "bench", "hands/conformance", "commands/demo.py"}
"""Parts that call tools as a model does, and so name them."""


def test_the_runner_has_a_module_for_each_tool_of_the_sandbox_and_no_other() -> None:
    assert set(tools.IN_SANDBOX) == runner.NAMES


def test_an_agent_may_choose_every_public_tool_and_is_offered_those_that_run_here() -> None:
    assert BuiltInChoice.model_json_schema()["properties"]["name"]["enum"] == list(tools.CHOSEN)
    offered = agent_tools.definitions({"tools": [{"type": agent_tools.TOOLSET}]})
    assert [one["name"] for one in offered] == [*tools.RULED, *tools.IN_ENGINE]
    assert offered == [tools.BY_NAME[one["name"]].definition for one in offered]


def test_a_declaration_is_whole() -> None:
    for kind in tools.KINDS:
        named = {kind.title_field, kind.path_field, kind.url_field, *kind.required} - {""}
        assert named <= kind.properties.keys(), kind.name
        assert kind.description, kind.name
        assert set(kind.ruled_with) <= tools.BY_NAME.keys(), kind.name


def test_a_call_of_any_tool_has_a_line_and_a_rule_may_name_every_tool_with_a_policy(tmp_path: Path) -> None:
    for kind in tools.KINDS:
        assert call_line({"name": kind.name, "input": {kind.title_field: "what it is about"}}) == "what it is about"
    file = tmp_path / "permissions.toml"
    file.write_text(f"deny = {list(tools.RULED)}\n".replace("'", '"'))
    rules = load(file)
    assert all(rules.denial(name, {}) is not None for name in tools.RULED)


def test_no_other_part_of_the_program_names_a_tool() -> None:
    """As a word in quotes beside `name` or `tool`, or in a list of tools: everything derives from the table."""
    several = "|".join(tools.CHOSEN)
    naming = re.compile(rf'(?:\bname|\btool|\["name"\]|\["tool"\]) (?:==|!=|in) [\[({{]?"(?:{several})"')
    found = {
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if naming.search(file.read_text(encoding="utf-8"))
    }
    left = {one for one in found if not any(one.startswith(player) for player in PLAYERS)}
    # What a tool's settings may say is the public API's own business, tool by tool.
    assert left <= {"catalog/toolsets.py"}, left
