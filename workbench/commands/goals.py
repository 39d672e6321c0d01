"""Goals of `workbench run`: the outcome that a session begins with, and how it ended."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.contracts.outcomes import DEFAULT_ITERATIONS, MOST_ITERATIONS, MOST_RUBRIC

MISSED: Final = 8
"""The exit code of a session that came to rest without its goal."""


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--goal",
        metavar="TEXT",
        help="work until a grader finds this reached, round by round; a command in backticks that `exits 0` decides by itself",
    )
    parser.add_argument(
        "--rubric",
        metavar="FILE-or-TEMPLATE",
        help="the criteria of the goal, as text or Markdown, or those of an agent template; without it, the goal's text",
    )
    parser.add_argument(
        "--max-iterations",
        type=int,
        metavar="N",
        help=f"how many rounds at most, 1 to {MOST_ITERATIONS} ({DEFAULT_ITERATIONS} by default)",
    )


@dataclass(frozen=True)
class Goal:
    """What is to be reached: `description` is the task."""

    description: str
    rubric: str
    max_iterations: int | None = None

    @property
    def event(self) -> Json:
        rubric = {"type": "text", "content": self.rubric}
        body: dict[str, Any] = {"type": "user.define_outcome", "description": self.description, "rubric": rubric}
        return body | ({"max_iterations": self.max_iterations} if self.max_iterations else {})


def wanted(options: argparse.Namespace, task: str) -> Goal | None:
    """The goal of the options, with the task as what is to be done; None where none is set.

    Raises:
        Wrong: rounds or a rubric without a goal, a file that is no text.
    """
    if options.goal is None and options.rubric is None:
        if options.max_iterations is not None:
            raise Wrong("--max-iterations: only a --goal or --rubric has rounds")
        return None
    if options.json_schema is not None:
        raise Wrong("--json-schema: an answer has a schema and a goal has a rubric; take one of them")
    description = "\n\n".join(part for part in (task.strip(), (options.goal or "").strip()) if part)
    if not description:
        raise Wrong("say what to do: --goal TEXT, or a task beside --rubric FILE")
    rubric = _read(options.rubric) if options.rubric is not None else options.goal
    if not rubric.strip():
        raise Wrong("the goal is empty; say what is to be reached")
    return Goal(description, rubric, options.max_iterations)


def _read(named: str) -> str:
    file = Path(named).expanduser()
    if not file.exists() and (text := _of_template(named)) is not None:
        return text
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Wrong(f"--rubric: {file} is no UTF-8 text") from None
    if len(text) > MOST_RUBRIC:
        raise Wrong(f"--rubric: {file} has {len(text)} characters, and a rubric at most {MOST_RUBRIC}")
    return text


def _of_template(named: str) -> str | None:
    """The rubric of an agent template, which is named where a file would be."""
    every = surface.client().get(paths.AGENT_TEMPLATES)["data"]
    return next((str(one["rubric"]) for one in every if one["name"] == named), None)


def ended(engine: Client, session_id: str, code: int) -> tuple[int, Json | None]:
    """The exit code of a session with a goal, which is 0 only where it is reached, and the outcome as it stands."""
    evaluations: list[Json] = engine.get(paths.session(session_id))["outcome_evaluations"]
    last = evaluations[-1] if evaluations else None
    is_reached = last is not None and last["result"] == "satisfied"
    return (MISSED if code == 0 and not is_reached else code), last


def say(outcome: Json | None) -> None:
    """How it ended, in a line; the rounds were shown as they came."""
    if outcome is None or outcome["result"] == "satisfied":
        return
    surface.say(f"the goal is not reached: {outcome['result'].replace('_', ' ')} in round {outcome['iteration'] + 1}")
