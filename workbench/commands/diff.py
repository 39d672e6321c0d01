"""examples:
workbench diff 3fK9aZ                          what it changed in the project, as a diff
workbench diff 3fK9aZ --stat                   only the names; ! marks what changed in the project as well
workbench diff 3fK9aZ | git apply --check -    git takes it
"""

from __future__ import annotations

import argparse
import sys

from workbench import text
from workbench.commands import surface
from workbench.commands.surface import Json

LETTERS = {"added": ("A", "green"), "modified": ("M", "yellow"), "deleted": ("D", "red")}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("--stat", action="store_true", help="names only")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    path = f"/workbench/v1/sessions/{session['id']}"
    found = engine.get(f"{path}/changes")
    if options.json:
        surface.print_json(found)
        return 0
    if options.stat:
        show_names(found)
    else:
        answered = engine.get(f"{path}/diff")
        _show(answered["text"])
        if answered["truncated"]:
            surface.say("the diff is longer than can be shown; workbench diff --stat names all of it")
    for sentence in found["left_out"]:
        surface.say(text.line(sentence, 300))
    if not found["changes"]:
        surface.say("nothing differs from the project")
    return 0


def show_names(found: Json) -> None:
    """One line a change; a file that changed on both sides has a mark."""
    for change in found["changes"]:
        letter, colour = LETTERS[change["kind"]]
        end = "/" if change["what"] == "folder" else ""
        mark = surface.paint("!", "red") if change["conflict"] else " "
        surface.out(f"{surface.paint(letter, colour)} {mark} {text.exact(change['path'])}{end}")


def _show(unified: str) -> None:
    if not sys.stdout.isatty():
        # For git and patch, byte for byte.
        surface.data(unified)
        return
    for line in text.exact(unified).splitlines():
        surface.out(surface.paint(line, _colour(line)) if _colour(line) else line)


def _colour(line: str) -> str:
    if line.startswith(("diff --git ", "--- ", "+++ ")):
        return "bold"
    return {"@": "cyan", "+": "green", "-": "red"}.get(line[:1], "")
