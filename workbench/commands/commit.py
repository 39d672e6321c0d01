"""examples:
workbench commit 3fK9aZ                        shows what would change, asks, applies it and commits it
workbench commit 3fK9aZ -y -m "Fix the login"  with a message of yours; else the title, and how its last answer begins
workbench commit 3fK9aZ src -y                 only what is in this folder
workbench commit 3fK9aZ --applied -y           only what was applied already, as hunks in a review, and nothing more

What was applied before and is not committed yet is committed with it.

Nothing else that you have staged is committed. Hooks do not run, yours neither: they would run on what an agent wrote. To have them,
use workbench apply, and git commit.
"""

from __future__ import annotations

import argparse
import sys

from workbench.client import paths
from workbench.commands import base, conflicts, diff, surface
from workbench.commands.surface import Wrong
from workbench.text.display import exact, line


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument(
        "files", nargs="*", default=[], metavar="FILE", help="a path in the project; all changes by default"
    )
    parser.add_argument("-m", "--message", metavar="TEXT", help="the commit's message")
    parser.add_argument("--applied", action="store_true", help="apply nothing more: only what was applied already")
    conflicts.argument(parser, conflicts.TO_COMMIT)
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    base.say_background(engine, session["id"])
    if not options.yes:
        if not sys.stdin.isatty():
            raise Wrong("committing changes your project; look at workbench diff, then say -y to mean it")
        base.say_moves(engine, session["id"])
        found = engine.get(paths.own(session["id"], "base"))
        if found["applied"]:
            surface.say(f"applied already, and not committed: {_named(found['applied'])}")
        if yours := [path for path in found["applied"] if path in found["yours"]]:
            surface.say(f"in it is also what you had not committed: {_named(yours)}")
        if not options.applied:
            diff.show_names(engine.get(paths.own(session["id"], "changes")))
        asked = "commit this? [y/N] " if options.applied else "apply and commit this? [y/N] "
        if surface.ask(asked).lower() not in ("y", "yes"):
            raise Wrong("nothing was committed")
    given = {"message": options.message, "paths": options.files or None, "only_applied": options.applied}
    base.show_brought(conflicts.settled(engine, session["id"], "commit", given, options), as_json=options.json)
    return 0


def _named(found: list[str]) -> str:
    return ", ".join(line(exact(path), 200) for path in found)
