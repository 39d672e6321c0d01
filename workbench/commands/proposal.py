"""examples:
workbench proposal 3fK9aZ                      title and text of a pull request, as Markdown
workbench branch 3fK9aZ && git push -u origin workbench/3fK9aZ      with your own git
workbench branch 3fK9aZ --push                 with the token that the session's vault has for the remote
workbench proposal 3fK9aZ | gh pr create --head workbench/3fK9aZ --title "$(workbench proposal --title 3fK9aZ)" --body-file -

Made of the session's own record: its commits, its task, its files, and the checks that it ran with how they ended. No model is asked.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.session_report import SAID, changes, commits, quoted, section
from workbench.commands.surface import Json
from workbench.contracts.call_text import call_line
from workbench.contracts.tools import BASH
from workbench.text import display

MOST_TITLE: Final = 72
MOST_CHECKS: Final = 6
MOST_EVENTS: Final = 1000
_CHECK: Final = re.compile(r"\b(?:\w*tests?|pytest|tox|nox|check|lint|ruff|mypy|eslint|tsc|clippy|ctest)\b")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("--title", action="store_true", help="the title alone")


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    committed = list(commits(engine, session))
    if options.title:
        surface.data(_title(session, committed) + "\n")
        return 0
    surface.data("\n".join(_text(engine, session, committed)).strip("\n") + "\n")
    return 0


def _title(session: Json, committed: list[str]) -> str:
    """The subject of the only commit, or the session's title."""
    if len(committed) == 1:
        return display.line(committed[0].split(" ", 2)[2], MOST_TITLE)
    return display.line(session["title"] or session["id"], MOST_TITLE)


def _text(engine: Client, session: Json, committed: list[str]) -> Iterator[str]:
    task = engine.get(paths.events(session["id"]), [*(("types[]", kind) for kind in SAID), ("limit", "1")])["data"]
    said = engine.get(paths.events(session["id"]), [("types[]", "agent.message"), ("order", "desc"), ("limit", "1")])[
        "data"
    ]
    yield from section("What", [display.safe(display.content_text(event["content"])) for event in said])
    yield from section("Why", [quoted(event).rstrip("\n") for event in task])
    yield from section("Commits", committed)
    yield from section("Files", list(changes(engine, session)))
    yield from section("Checks that were run", _checks(engine, session))


def _checks(engine: Client, session: Json) -> list[str]:
    """The last calls that look like checks, each with how it ended the last time."""
    kinds = [("types[]", kind) for kind in ("agent.tool_use", "agent.tool_result")]
    newest = engine.get(paths.events(session["id"]), [*kinds, ("order", "desc"), ("limit", str(MOST_EVENTS))])["data"]
    failed = {
        event["tool_use_id"]: bool(event.get("is_error")) for event in newest if event["type"] == "agent.tool_result"
    }
    found: dict[str, str] = {}
    for event in newest:
        if event["type"] == "agent.tool_use" and event["name"] == BASH.name and event["id"] in failed:
            title = call_line(event, 120).replace("`", "'")
            if _CHECK.search(title) and title not in found:
                found[title] = f"- `{title}`: {'failed' if failed[event['id']] else 'passed'}"
    return list(found.values())[:MOST_CHECKS]
