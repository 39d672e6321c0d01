"""examples:
workbench demo                                 on the offline model: no account, no key
workbench demo goal                            one that works until its goal is reached
workbench demo team                            one that starts three others, side by side
workbench demo flow                            a workflow run: a program of many agents, in phases
workbench demo --model claude-opus-5-5         on a real one
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from workbench import settings
from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import demo_agents, goals, surface
from workbench.commands import run as run_word
from workbench.commands.surface import Json, paint
from workbench.text.display import safe
from workbench.text.lines import lines_of

FILES = {
    "README.md": "# till\n\nAdds up a till's receipts. Some of its tests fail.\n",
    "till.py": '''"""Adds up the receipts of a till."""


def total(prices):
    """The sum of all prices, in cents."""
    result = 0
    for index in range(len(prices) - 1):
        result += prices[index]
    return result


def change(paid, due):
    """What the customer gets back, in cents."""
    return paid + due


def rounded_up(cents):
    """The next whole unit, in cents."""
    return math.ceil(cents / 100) * 100


def label(name):
    """The line that is printed for an article; articles without a name are called so."""
    return name.strip().title()
''',
    "test_till.py": """import unittest

import till


class Till(unittest.TestCase):
    def test_the_total_has_every_price_in_it(self):
        self.assertEqual(till.total([250, 100, 50]), 400)

    def test_change_is_what_was_paid_beyond_what_was_due(self):
        self.assertEqual(till.change(500, 399), 101)

    def test_rounding_goes_up_to_the_whole(self):
        self.assertEqual(till.rounded_up(101), 200)

    def test_an_article_without_a_name_has_no_label(self):
        self.assertIsNone(till.label(None))
        self.assertEqual(till.label(" green tea "), "Green Tea")


if __name__ == "__main__":
    unittest.main()
""",
}
GOAL_FILES = {
    "README.md": "# stamps\n\nWhich letters need a second stamp. One of its tests fails.\n",
    "stamps.py": '''"""Stamps of letters."""


def needs_a_second(grams):
    """Whether a letter is too heavy for one stamp, which is good for 20 grams."""
    return grams < 20
''',
    "test_stamps.py": """import unittest

import stamps


class Stamps(unittest.TestCase):
    def test_only_a_heavy_letter_needs_a_second_stamp(self):
        self.assertEqual([stamps.needs_a_second(grams) for grams in (5, 20, 21)], [False, False, True])


if __name__ == "__main__":
    unittest.main()
""",
}
GOAL_TASK = 'Write "Its tests say which letters need a second stamp." to NOTES.md, then run the tests.'
RUBRIC = """# A project that can be handed over

- All tests pass: `python3 -m unittest -q` exits 0
- There are notes: `test -s NOTES.md` exits 0
"""
OLD_S: Final = 3600
TASK = "The tests of this project fail. Fix them, then run them again."


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="?",
        choices=[*DEMOS],
        help="goal: work until a rubric is met, round by round; team: an agent that starts others; flow: a program of many agents",
    )
    parser.add_argument("--model", default="offline", help="which model (default: offline)")


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    project = new_project(engine, "till")
    files, shown = DEMOS[options.what] if options.what else (FILES, _repaired)
    for name, content in files.items():
        (project / name).write_text(content, encoding="utf-8")
    return shown(engine, project, options.model)


def new_project(engine: Client, name: str) -> Path:
    """A new empty folder of this name among the demos; what no session works on any more is removed."""
    demos = settings.make_private(settings.load().demos)
    _forget_old(engine, demos)
    project = Path(tempfile.mkdtemp(dir=demos)) / _free_name(demos, name)
    project.mkdir()
    return project


def _reached(engine: Client, project: Path, model: str) -> int:
    surface.out(paint("A small project with a fault, and an agent that works until its goal is reached.", "bold"))
    surface.out(f"project: {project}\nmodel:   {model}\ntask:    {GOAL_TASK}\n\n{RUBRIC}")
    wanted = run_word.Wanted(model=model, title="demo: reach a goal", project=str(project))
    session = run_word.started(engine, wanted, "", goals.Goal(GOAL_TASK, RUBRIC))
    code, outcome = goals.ended(engine, session["id"], run_word.watched(engine, session["id"]))
    if code or outcome is None:
        goals.say(outcome)
        surface.complain(f"the demo did not reach its goal; everything it did: workbench logs {session['id']}")
        return code or surface.FAILED
    rounds = outcome["iteration"] + 1
    surface.out(
        paint(
            f"✓ the goal is reached, in {rounds} round{'s' * (rounds > 1)}: its commands ran in a copy of the files",
            "green",
        )
    )
    short = surface.short(session["id"])
    surface.out(
        f"\nnext:  workbench diff {short}   what it changed"
        '\n       workbench sql "select round, result, failed_criteria from outcomes"'
        "\n       workbench run --goal 'the tests pass: `…` exits 0'   in a project of yours"
    )
    return 0


def _free_name(demos: Path, name: str) -> str:
    """The name, or one that no demo of before has: lists group sessions by the last name of their folder."""
    taken = {project.name for project in demos.glob(f"*/{name}*")}
    names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 2)))
    return next(name for name in names if name not in taken)


def _forget_old(engine: Client, demos: Path) -> None:
    """Remove the projects that no session works on any more; a new one may be another demo's that has no session yet."""
    every = engine.pages(paths.SESSIONS, [("include_archived", "true"), ("limit", "1000")])
    used = {session["metadata"].get("workbench.project") for session in every}
    for folder in demos.iterdir():
        about = folder.lstat()
        is_old = time.time() - about.st_mtime > OLD_S
        if (
            is_old
            and stat.S_ISDIR(about.st_mode)
            and not any(str(project.resolve()) in used for project in folder.iterdir())
        ):
            shutil.rmtree(folder, ignore_errors=True)


def _repaired(engine: Client, project: Path, model: str) -> int:
    surface.out(paint("A small project with four faults, and an agent that repairs it in a container.", "bold"))
    surface.out(f"project: {project}\nmodel:   {model}\ntask:    {TASK}\n")
    before = _digest(project)
    wanted = run_word.Wanted(model=model, title="demo: repair a small project", project=str(project))
    session = run_word.started(engine, wanted, TASK)
    code = run_word.watched(engine, session["id"])
    calls = list(engine.pages(paths.events(session["id"]), [("limit", "1000")]))
    surface.out("\n" + paint("what the agent changed, in its own copy of the project:", "bold"))
    surface.out(_edits(calls) or "  nothing")
    surface.out(
        f"the project in {project} is {'as it was' if _digest(project) == before else 'CHANGED, which must not be'}"
    )
    if code or not _passed(calls):
        surface.complain(f"the demo did not end in passing tests; everything it did: workbench logs {session['id']}")
        return code or surface.FAILED
    surface.out(paint("✓ the project is repaired: its tests pass", "green"))
    surface.out(
        f"\nnext:  workbench   the terminal app: every session, and a box for the next task"
        f"\n       workbench diff {surface.short(session['id'])}   what it changed   ·   workbench apply {surface.short(session['id'])}   takes it over"
        '\n       workbench run "…"   in a project of yours'
    )
    return 0


def _digest(project: Path) -> str:
    parts = [f"{path.name} {path.read_text(encoding='utf-8')}" for path in sorted(project.iterdir()) if path.is_file()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _edits(events: list[Json]) -> str:
    """The edits that were made, as removed and added lines."""
    failed = {
        event["tool_use_id"] for event in events if event["type"] == "agent.tool_result" and event.get("is_error")
    }
    shown = []
    for event in events:
        if event["type"] != "agent.tool_use" or event["name"] != "edit" or event["id"] in failed:
            continue
        given = event["input"]
        shown.append(f"  {given['file_path']}")
        shown += [paint(f"  - {text}", "red") for text in lines_of(safe(given["old_string"]))]
        shown += [paint(f"  + {text}", "green") for text in lines_of(safe(given["new_string"]))]
    return "\n".join(shown)


def _passed(events: list[Json]) -> bool:
    """Whether the last command that ran, ran well."""
    bash = {event["id"] for event in events if event["type"] == "agent.tool_use" and event["name"] == "bash"}
    results = [event for event in events if event["type"] == "agent.tool_result" and event["tool_use_id"] in bash]
    return bool(results) and not results[-1].get("is_error")


DEMOS: Final[dict[str, tuple[dict[str, str], Callable[[Client, Path, str], int]]]] = {
    "goal": (GOAL_FILES, _reached),
    "team": (FILES, demo_agents.team),
    "flow": (demo_agents.FLOW_FILES, demo_agents.flow),
}
"""By the word behind `demo`: the files of its project, and what is shown."""
