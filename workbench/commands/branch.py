"""examples:
workbench branch 3fK9aZ                        what it committed, as the branch workbench/3fK9aZ
workbench branch 3fK9aZ fix-login              as a branch of this name; again, when it has committed more
workbench branch 3fK9aZ --from side            from a branch of the sandbox that is not checked out there
workbench branch 3fK9aZ --worktree ../fix-login    and check it out there, in a work tree of its own

The commits are checked object by object and fetched; your files, index, settings and other branches stay as they are. No hook runs.
"""

from __future__ import annotations

import argparse
import os

from workbench.client import paths
from workbench.commands import base, surface


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="the branch; workbench/ and the end of the id by default"
    )
    parser.add_argument(
        "--from", dest="ref", metavar="BRANCH", help="a branch of the sandbox's, not what is checked out"
    )
    parser.add_argument("--worktree", metavar="DIR", help="a new folder, in which the branch is checked out")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    body = {"name": options.name, "ref": options.ref}
    if options.worktree is not None:
        body["worktree"] = os.path.abspath(os.path.expanduser(options.worktree))
    brought = engine.post(paths.own(session["id"], "branch"), body)
    base.show_brought(brought, as_json=options.json)
    if options.worktree is not None and not options.json:
        surface.say(f"checked out in {body['worktree']}; git worktree remove {options.worktree} takes it away")
    return 0
