"""examples:
workbench apply 3fK9aZ                         shows what would change in the project, and asks
workbench apply 3fK9aZ src/main.py docs -y     only this file and what is in this folder
workbench apply 3fK9aZ --hunk 5f2c91d0aa41     only this hunk: workbench diff --hunks has the ids
workbench apply 3fK9aZ --hunk 5f2c91d0aa41:3-5 only these lines of it, as they are numbered there
workbench apply 3fK9aZ --take theirs           where lines are in conflict, those of the session
workbench apply 3fK9aZ --again                 what was applied before and is not in the project any more
workbench apply 3fK9aZ --commits               its commits, merged into the branch that is checked out
workbench apply 3fK9aZ --commits --rebase      the same, as commits on top of it

Where the project's file changed as well since the session began, both changes are merged, as git does it. Where lines are in
conflict, they are shown and nothing is applied until you say what is to become of them: --take mine (yours), theirs (the session's)
or markers (both, between git's markers); the other lines are merged all the same. What was applied is kept, should you lose it:
workbench diff --applied shows it, and --again applies it once more.
New files that git ignores come only when they are named ('.' names all). Nothing of a git repository is ever applied:
its commits come with --commits, or by workbench branch, and no hook or setting of the agent's reaches the git of this machine.
Where commits conflict, or would touch what you have not committed, nothing is applied. Your own hooks do not run.
"""

from __future__ import annotations

import argparse
import sys

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import base, conflicts, diff, hunks, surface
from workbench.commands.surface import Json, Wrong
from workbench.text import display


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument(
        "files", nargs="*", default=[], metavar="FILE", help="a path in the project; all changes by default"
    )
    hunks.argument(parser)
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    conflicts.argument(parser)
    parser.add_argument("--again", action="store_true", help="what was applied before, once more")
    parser.add_argument("--commits", action="store_true", help="the session's commits in place of its files")
    parser.add_argument("--rebase", action="store_true", help="with --commits: on top of yours, without a merge")
    parser.add_argument("--from", dest="ref", metavar="BRANCH", help="with --commits: a branch of the sandbox's")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    if (options.rebase or options.ref) and not options.commits:
        raise Wrong("--rebase and --from say how commits come; add --commits")
    if options.hunk and (options.files or options.commits or options.again):
        raise Wrong("--hunk names what to apply; leave files, --commits and --again away")
    base.say_background(engine, session["id"])
    if options.commits:
        return _commits(engine, session["id"], options)
    if options.hunk:
        return _hunks(engine, session["id"], options)
    if options.again:
        return _again(engine, session["id"], options)
    if not options.yes:
        base.say_moves(engine, session["id"])
        _ask(engine.get(paths.own(session["id"], "changes")), options.files)
    return _tell(conflicts.settled(engine, session["id"], "apply", {"paths": options.files or None}, options), options)


def _tell(applied: Json, options: argparse.Namespace) -> int:
    if options.json:
        surface.print_json(applied)
        return 0
    diff.show_names({"changes": [change | {"conflict": False, "merge": ""} for change in applied["changes"]]})
    for sentence in applied["left_out"]:
        surface.say(display.line(sentence, 300))
    count = len(applied["changes"])
    kept, marked = (", ".join(map(display.exact, applied[which])) for which in ("kept", "marked"))
    if count or not kept:
        surface.say(f"applied {count} change{'s' * (count != 1)}" if count else "nothing was left to apply")
    if kept:
        surface.say(f"as it was, with your lines: {kept}")
    if marked:
        surface.say(
            f"lines of both sides stand between markers in {marked}: settle them, then workbench commit --applied"
        )
    return 0


def _again(engine: Client, session_id: str, options: argparse.Namespace) -> int:
    missing = engine.get(paths.own(session_id, "applied"))["missing"]
    if not missing:
        surface.say("all that was applied of it is in the project")
        return 0
    if not options.yes:
        _ask({"changes": [one["change"] for one in missing], "left_out": []}, options.files)
    return _tell(
        conflicts.settled(engine, session_id, conflicts.AGAIN, {"paths": options.files or None}, options), options
    )


def _hunks(engine: Client, session_id: str, options: argparse.Namespace) -> int:
    named = hunks.named(engine, session_id, options.hunk)
    if not options.yes:
        base.say_moves(engine, session_id)
        if not sys.stdin.isatty():
            raise Wrong("applying changes your project; look at workbench diff --hunks, then say -y to mean it")
        hunks.show(named)
        if surface.ask("apply this to the project? [y/N] ").lower() not in ("y", "yes"):
            raise Wrong("nothing was applied")
    given = {"hunks": hunks.order(named)}
    return _tell(conflicts.settled(engine, session_id, "hunks/apply", given, options), options)


def _commits(engine: Client, session_id: str, options: argparse.Namespace) -> int:
    if options.files:
        raise Wrong("--commits brings whole commits; leave the files away")
    if not options.yes:
        base.say_moves(engine, session_id)
        if not sys.stdin.isatty():
            raise Wrong("applying changes your project; look at workbench patch, then say -y to mean it")
        if surface.ask("apply its commits to the project? [y/N] ").lower() not in ("y", "yes"):
            raise Wrong("nothing was applied")
    brought = engine.post(paths.own(session_id, "commits"), {"ref": options.ref, "rebase": options.rebase})
    base.show_brought(brought, as_json=options.json)
    return 0


def _ask(found: Json, files: list[str]) -> None:
    if not sys.stdin.isatty():
        raise Wrong("applying changes your project; look at workbench diff, then say -y to mean it")
    diff.show_names(found)
    for sentence in found["left_out"]:
        surface.say(display.line(sentence, 300))
    what = "these " + ", ".join(files) if files else "all of these"
    if surface.ask(f"apply {what} to the project? [y/N] ").lower() not in ("y", "yes"):
        raise Wrong("nothing was applied")
