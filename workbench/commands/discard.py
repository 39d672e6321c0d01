"""examples:
workbench discard 3fK9aZ src/main.py           its changes of this file go, in its sandbox; the agent is told
workbench discard 3fK9aZ --hunk 5f2c91d0aa41   only this hunk: workbench diff --hunks has the ids
workbench discard 3fK9aZ .                     everything that it changed in the project

Your project stays as it is. workbench rewind takes a discard back, with everything that the session did since.
"""

from __future__ import annotations

import argparse
import sys

from workbench.client import paths
from workbench.commands import base, diff, hunks, surface
from workbench.commands.surface import Wrong


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("files", nargs="*", default=[], metavar="FILE", help="a path in the project")
    hunks.argument(parser)
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    if not options.files and not options.hunk:
        raise Wrong("name a file, or a hunk with --hunk; '.' names everything")
    engine = surface.client()
    session = surface.session(engine, options.session)
    named = hunks.named(engine, session["id"], options.hunk)
    base.say_background(engine, session["id"])
    if not options.yes:
        if not sys.stdin.isatty():
            raise Wrong("discarding changes the session's files; look at workbench diff, then say -y to mean it")
        hunks.show(named)
        what = ", ".join([*options.files, *(["this hunk" if len(named) == 1 else "these hunks"] if named else [])])
        if surface.ask(f"discard {what} in the session? [y/N] ").lower() not in ("y", "yes"):
            raise Wrong("nothing was discarded")
    order = {"paths": options.files, "hunks": hunks.order(named)}
    discarded = engine.post(paths.own(session["id"], "discard"), order)
    if options.json:
        surface.print_json(discarded)
        return 0
    diff.show_names({"changes": [change | {"conflict": False, "merge": ""} for change in discarded["changes"]]})
    back = f"; workbench rewind {surface.short(session['id'])} --to {discarded['before']} brings it back"
    surface.say(f"as in the project now; the agent is told{back if discarded['before'] else ''}")
    return 0
