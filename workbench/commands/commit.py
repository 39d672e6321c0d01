"""examples:
workbench commit 3fK9aZ                        shows what would change, asks, applies it and commits it
workbench commit 3fK9aZ -y -m "Fix the login"  with a message of yours; else the title and the agent's last answer
workbench commit 3fK9aZ src -y                 only what is in this folder

Nothing else that you have staged is committed. Hooks do not run, yours neither: they would run on what an agent wrote. To have them,
use workbench apply, and git commit.
"""

from __future__ import annotations

import argparse
import sys

from workbench.client import paths
from workbench.commands import base, diff, surface
from workbench.commands.surface import Wrong


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("files", nargs="*", metavar="FILE", help="a path in the project; all changes by default")
    parser.add_argument("-m", "--message", metavar="TEXT", help="the commit's message")
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
        diff.show_names(engine.get(paths.own(session["id"], "changes")))
        if surface.ask("apply and commit this? [y/N] ").lower() not in ("y", "yes"):
            raise Wrong("nothing was committed")
    given = {"message": options.message, "paths": options.files or None}
    base.show_brought(engine.post(paths.own(session["id"], "commit"), given), as_json=options.json)
    return 0
