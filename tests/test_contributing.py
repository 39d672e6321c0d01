"""What contributing.md says of a new thing holds: so many files are enough, tried on a copy of the program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.manual import ROOT

TREE = """
TREE: Final = ToolKind(
    name="tree",
    description="Show a folder and what lies below it.",
    properties={"path": _text("The folder.")},
    effect="finds",
    title_field="path",
    path_field="path",
    default_path=".",
)
"""
TREE_RUNS = '''"""The tool `tree`."""

from __future__ import annotations

from sandboxes.runner.outcomes import text


def run(sandbox, given):
    folder = sandbox.places.resolve("tree", given["path"]) if given.get("path") else sandbox.places.workdir
    return text("\\n".join(sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*"))))
'''
TREE_TRIED = """
import asyncio, os, pathlib, tempfile
from sandboxes.runner.children import Children
from sandboxes.runner.paths import Places
from sandboxes.runner.tools import Tools
from workbench.catalog.agents import AgentFields
from workbench.catalog.toolsets import BuiltInChoice
from workbench.contracts import agent_tools, tools
from workbench.contracts.call_text import call_line
from workbench.permissions.gate import judge
from workbench.permissions.rules import Rules, load

BuiltInChoice(name="tree", enabled=True)
agent = {"tools": [{"type": agent_tools.TOOLSET}]}
assert "tree" in [one["name"] for one in agent_tools.definitions(agent)]
assert judge(agent, "tree", {"path": "src"}, Rules()).permission == "allow"
assert call_line({"name": "tree", "input": {"path": "src"}}) == "src"
assert tools.is_read_only("tree")
folder = pathlib.Path(tempfile.mkdtemp())
rules = folder / "permissions.toml"
rules.write_text('deny = ["tree(/etc/**)"]')
asks = {"tools": [{"type": agent_tools.TOOLSET, "default_config": {"permission_policy": {"type": "always_ask"}}}]}
assert judge(asks, "tree", {"path": "/etc/ssl"}, load(rules)).permission == "deny"
(folder / "src").mkdir()

async def story():
    runner = Tools(Children(), Places(folder, ()), dict(os.environ))
    outcome = await runner.run("tree", {})
    runner.close()
    return outcome

assert "src" in str(asyncio.run(story()))
"""


def _copied(folder: Path) -> Path:
    for package in ("workbench", "sandboxes", "tests"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _insert(file: Path, before: str, text: str) -> None:
    source = file.read_text(encoding="utf-8")
    assert source.count(before) == 1, (file, before)
    file.write_text(source.replace(before, text + before), encoding="utf-8")


def _replace(file: Path, old: str, new: str) -> None:
    source = file.read_text(encoding="utf-8")
    assert source.count(old) == 1, (file, old)
    file.write_text(source.replace(old, new), encoding="utf-8")


def _try(folder: Path, script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_built_in_tool_is_two_files(tmp_path: Path) -> None:
    copy = _copied(tmp_path)
    table = copy / "workbench" / "contracts" / "tools.py"
    _insert(table, "KINDS: Final", TREE.lstrip())
    _replace(table, "GLOB, GREP, WEB_SEARCH", "GLOB, GREP, TREE, WEB_SEARCH")
    (copy / "sandboxes" / "runner" / "tools" / "tree.py").write_text(TREE_RUNS)
    _try(copy, TREE_TRIED)
