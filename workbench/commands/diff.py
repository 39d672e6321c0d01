"""examples:
workbench diff 3fK9aZ                          what it changed in the project, as a diff
workbench diff 3fK9aZ --stat                   only the names; ! marks what changed in the project as well
workbench diff 3fK9aZ | git apply --check -    git takes it

New files that git ignores are listed apart and are not in the diff; .git is in neither.
"""

from __future__ import annotations

import argparse
import sys

from workbench.client import paths
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.text import display
from workbench.text.lines import lines_of

LETTERS = {"added": ("A", "green"), "modified": ("M", "yellow"), "deleted": ("D", "red")}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("--stat", action="store_true", help="names only")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    found = engine.get(paths.own(session["id"], "changes"))
    if options.json:
        surface.print_json(found)
        return 0
    if options.stat:
        show_names(found)
    else:
        # A program that reads it needs what is not text; a person does not.
        answered = engine.get(paths.own(session["id"], "diff" if sys.stdout.isatty() else "diff?binary=true"))
        show_text(answered["text"])
        if answered["truncated"]:
            early = "the diff is longer than can be shown and ends early; workbench diff --stat names all of it"
            if not sys.stdout.isatty():
                # Half a patch would be applied without a word.
                raise Wrong(early)
            surface.say(early)
        if ignored := sum(change["ignored"] for change in found["changes"]):
            surface.say(f"{ignored} new file(s) that git ignores are not shown; workbench diff --stat names them")
    for sentence in found["left_out"]:
        surface.say(display.line(sentence, 300))
    if not found["changes"]:
        surface.say("nothing differs from the project")
    return 0


def show_names(found: Json) -> None:
    """One line a change; a file that changed on both sides has a mark, what runs by itself or leads out says so."""
    ignored = [change for change in found["changes"] if change["ignored"]]
    for change in found["changes"]:
        if not change["ignored"]:
            _show_name(change)
    if ignored:
        surface.out("ignored by git, applied only when named ('.' names all):")
        for change in ignored:
            _show_name(change)


def _show_name(change: Json) -> None:
    letter, colour = LETTERS[change["kind"]]
    end = "/" if change["what"] == "folder" else ""
    mark = surface.paint("!", "red") if change["conflict"] else " "
    caution = surface.paint(f"   {display.safe(change['caution'])}", "yellow") if change["caution"] else ""
    surface.out(
        f"{surface.paint(letter, colour)} {mark} {display.exact(change['path'])}{end}{_kind_or_mode(change)}{caution}"
    )


def _kind_or_mode(change: Json) -> str:
    """What a name alone does not say: that it is a link, or that its mode is another one."""
    before, after = change["mode_before"], change["mode_after"]
    if change["what"] == "link":
        return "   link"
    if before is not None and after is not None and before != after:
        return f"   mode {before:03o} → {after:03o}"
    return ""


def show_text(unified: str) -> None:
    """A diff, byte for byte where a program reads it, coloured and without hidden signs for a person."""
    if not sys.stdout.isatty():
        # For git and patch, byte for byte.
        surface.data(unified)
        return
    for line in lines_of(display.exact(unified)):
        surface.out(surface.paint(line, _colour(line)) if _colour(line) else line)


def _colour(line: str) -> str:
    if line.startswith(("diff --git ", "--- ", "+++ ")):
        return "bold"
    return {"@": "cyan", "+": "green", "-": "red"}.get(line[:1], "")
