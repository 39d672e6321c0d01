"""examples:
workbench diff 3fK9aZ                          what it changed in the project, as a diff
workbench diff -i 3fK9aZ                       review it in the terminal app: comments, hunk by hunk; q comes back here
workbench diff 3fK9aZ --hunks                  every hunk under its id, its lines numbered, for workbench apply and discard
workbench diff 3fK9aZ --stat                   only the names; ! marks a conflict with what you have changed meanwhile
workbench diff 3fK9aZ --applied                what was applied of it, for workbench apply --again or git apply
workbench diff 3fK9aZ | git apply --check -    git takes it

It is what the session changed since it began: what you have changed meanwhile is not in it, and apply merges the two.
New files that git ignores are listed apart and are not in the diff; .git is in neither.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection

from workbench.client import paths
from workbench.commands import conflicts, opening, surface
from workbench.commands.surface import Json, Wrong
from workbench.text import display
from workbench.text.lines import lines_of

LETTERS = {"added": ("A", "green"), "modified": ("M", "yellow"), "deleted": ("D", "red")}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("-i", "--interactive", action="store_true", help="review it in the terminal app")
    parser.add_argument("--hunks", action="store_true", help="each hunk with its id")
    parser.add_argument("--stat", action="store_true", help="names only")
    parser.add_argument("--applied", action="store_true", help="what was applied before")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    if options.interactive:
        opening.need_terminal(f"workbench diff {options.session}")
        return opening.app("review", surface.session(surface.client(), options.session)["id"])
    engine = surface.client()
    session = surface.session(engine, options.session)
    if options.hunks:
        return _show_hunks(engine.get(paths.own(session["id"], "hunks")), as_json=options.json)
    if options.applied:
        return _show_applied(engine.get(paths.own(session["id"], "applied")), as_json=options.json)
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
            surface.say(
                f"{ignored} new file{'s' * (ignored != 1)} that git ignores not shown; workbench diff --stat names them"
            )
    for sentence in found["left_out"]:
        surface.say(display.line(sentence, 300))
    if not options.stat and any(change["conflict"] for change in found["changes"]):
        surface.say("in conflict with what you have changed since the session began:")
        conflicts.show(conflicts.of_session(engine, session["id"]))
    if not found["changes"]:
        surface.say("nothing differs from the project")
    return 0


def _show_applied(found: Json, *, as_json: bool) -> int:
    if as_json:
        surface.print_json(found)
        return 0
    show_text(found["text"])
    if found["truncated"]:
        surface.say("the diff is longer than can be shown and ends early")
    if not found["text"]:
        surface.say("nothing of it was applied, or only its commits were")
    return 0


def _show_hunks(review: Json, *, as_json: bool) -> int:
    if as_json:
        surface.print_json(review)
        return 0
    for file in review["files"]:
        if not file["hunks"]:
            surface.out(
                surface.paint(f"{display.exact(file['change']['path'])}   {file['whole'] or 'no lines'}", "bold")
            )
        for hunk in file["hunks"] or ():
            show_hunk(file["change"]["path"], hunk)
    for sentence in review["left_out"]:
        surface.say(display.line(sentence, 300))
    if not review["files"]:
        surface.say("nothing differs from the project")
    return 0


def show_hunk(path: str, hunk: Json, lines: Collection[int] = ()) -> None:
    """A hunk under its id, its lines with their numbers in it; only these where some are given."""
    surface.out(f"{surface.paint(hunk['id'], 'yellow')}  {surface.paint(display.exact(path), 'bold')}")
    head = f"@@ -{hunk['old_start']},{hunk['old_lines']} +{hunk['new_start']},{hunk['new_lines']} @@"
    surface.out(surface.paint(head, _colour(head)))
    width = len(str(len(hunk["lines"])))
    for number, line in enumerate(hunk["lines"], 1):
        if not lines or number in lines:
            told = display.exact(line)
            surface.out(f"{number:>{width}} {surface.paint(told, _colour(told)) if _colour(told) else told}")


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
        f"{surface.paint(letter, colour)} {mark} {display.exact(change['path'])}{end}{_kind_or_mode(change)}{conflicts.said(change)}{caution}"
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
