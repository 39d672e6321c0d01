"""Demos of many agents: a coordinator with three of them, and a workflow run over several files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import defaults, surface
from workbench.commands import run as run_word
from workbench.commands.surface import Json, paint

COORDINATOR: Final = "demo-coordinator"
_SYSTEM: Final = (
    "You lead a small team. Give each task to an agent of its own, as you are told, end your turn while they work, and say"
    " briefly what they reported."
)
_INLINE: Final[Json] = {"type": "enabled", "inline_agents": {"type": "enabled"}}
MULTIAGENT: Final[Json] = {"type": "multiagent_20261001", "subagents": _INLINE, "workflows": _INLINE}

TEAM_TASK: Final = """Start three agents:
- mender: The tests of this project fail. Fix them, then run them again.
- writer: write "A till adds up receipts, in cents." to NOTES.md, then read NOTES.md
- looker: search for def in till.py"""

MEASURE: Final = '''"""How many functions a file has, and how many of them say nothing of themselves: python3 measure.py FILE"""

import ast
import json
import sys

tree = ast.parse(open(sys.argv[1]).read())
found = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
bare = [one.name for one in found if not ast.get_docstring(one)]
print(json.dumps({"file": sys.argv[1], "functions": len(found), "bare": bare}))
'''
FLOW_FILES: Final = {
    "README.md": "# market\n\nThe stalls of a market. Some functions say nothing of themselves.\n",
    "measure.py": MEASURE,
    "apples.py": 'def weigh(apples):\n    """The weight of all, in grams."""\n    return sum(apples)\n',
    "bread.py": "def loaves(flour):\n    return flour // 500\n\n\ndef price(loaves):\n    return loaves * 420\n",
    "cheese.py": 'def ripe(days):\n    """Whether it may be sold."""\n    return days > 60\n\n\ndef slice_of(wheel):\n    return wheel / 16\n',
    "fish.py": 'def fresh(hours):\n    """Whether it may be sold."""\n    return hours < 24\n',
    "honey.py": "def jars(litres):\n    return litres * 2\n",
}
PROGRAM: Final = """files = ['apples.py', 'bread.py', 'cheese.py', 'fish.py', 'honey.py']
shape = {'type': 'object', 'properties': {'file': {'type': 'string'}, 'functions': {'type': 'integer'},
    'bare': {'type': 'array', 'items': {'type': 'string'}}}, 'required': ['file', 'functions', 'bare']}
phase('measure')
found = parallel([agent(f'run `python3 measure.py {x}`', name=f'measure {x}', schema=shape) for x in files])
phase('look again')
doubtful = [x for x in found if x['bare']]
seen = parallel([agent(f"run `grep -n 'def ' {x['file']}`", name=f"look at {x['file']}") for x in doubtful])
phase('sum up')
result = {'functions': sum([x['functions'] for x in found]),
    'without words': {x['file']: x['bare'] for x in doubtful}, 'looked at again': len(seen)}
"""
FLOW_TASK: Final = f"Carry out this program as market survey:\n```program\n{PROGRAM}```"


def coordinator(engine: Client, model: str) -> str:
    """The name of the demo's agent, which may start others; made once."""
    body: Json = {"name": COORDINATOR, "system": _SYSTEM, "tools": [defaults.TOOLSET], "multiagent": MULTIAGENT}
    if not any(one["name"] == COORDINATOR for one in engine.pages(paths.AGENTS)):
        engine.post(paths.AGENTS, {**body, "model": model})
    return COORDINATOR


def team(engine: Client, project: Path, model: str) -> int:
    """A coordinator and three agents at work side by side in the same files."""
    surface.out(paint("A small project with four faults, and an agent that starts three others.", "bold"))
    session_id, code = _watched(engine, project, model, TEAM_TASK, "demo: a team")
    threads = [one for one in engine.pages(paths.threads(session_id)) if one["parent_thread_id"]]
    heard = engine.pages(paths.events(session_id), [("types[]", "agent.thread_message_received"), ("limit", "1000")])
    reports = [one["from_agent_name"] for one in heard]
    names = sorted(one["agent"]["name"] for one in threads)
    if code or sorted(reports) != names or not names:
        surface.complain(f"not every agent has reported; everything they did: workbench logs {session_id}")
        return code or surface.FAILED
    surface.out(paint(f"✓ {len(names)} agents have reported: {', '.join(names)}", "green"))
    _say_next(session_id, "select agent, status, tokens, reports from threads")
    return 0


def flow(engine: Client, project: Path, model: str) -> int:
    """A workflow run: a program that asks an agent about each file, and others about what they found."""
    surface.out(paint("A small project, and a program that has an agent look at each of its files.", "bold"))
    session_id, code = _watched(engine, project, model, FLOW_TASK, "demo: a workflow run")
    runs: list[dict[str, Any]] = engine.get(paths.own(session_id, "workflow_runs"))["data"]
    if code or not runs or (runs[-1]["result"] or {}).get("type") != "completed" or runs[-1]["failed"]:
        surface.complain(f"the run did not end well; everything it did: workbench logs {session_id}")
        return code or surface.FAILED
    last = runs[-1]
    surface.out(paint(f"✓ the run has ended: {last['done']} agents in {len(last['phases'])} phases", "green"))
    _say_next(session_id, "select name, phase, agents, done, failed, result from workflow_runs")
    return 0


def _watched(engine: Client, project: Path, model: str, task: str, title: str) -> tuple[str, int]:
    surface.out(f"project: {project}\nmodel:   {model}\ntask:    {task}\n")
    agent = coordinator(engine, model)
    wanted = run_word.Wanted(agent=agent, model=model, title=title, project=str(project))
    session = run_word.started(engine, wanted, task)
    return session["id"], run_word.watched(engine, session["id"])


def _say_next(session_id: str, question: str) -> None:
    short = surface.short(session_id)
    surface.out(
        f"\nnext:  workbench threads {short}   who did what, and what it cost"
        f"\n       workbench logs --thread NAME {short}   all that one of them did"
        f'\n       workbench sql "{question}"'
    )
