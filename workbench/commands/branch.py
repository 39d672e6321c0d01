"""examples:
workbench branch 3fK9aZ                        what it committed, as the branch workbench/3fK9aZ
workbench branch 3fK9aZ fix-login              as a branch of this name; again, when it has committed more
workbench branch 3fK9aZ --from side            from a branch of the sandbox that is not checked out there
workbench branch 3fK9aZ --worktree ../fix-login    and check it out there, in a work tree of its own
workbench branch 3fK9aZ --push                 and push it to origin, with the token that the session's vault has for it
workbench branch 3fK9aZ --push upstream        to another remote of the project

The push leaves the sandbox by the vault, so the session's network must allow the remote's host, over https also where the address
is one of ssh. A remote takes nothing over another's commits: no push is forced.

The commits are checked object by object and fetched; your files, index, settings and other branches stay as they are. No hook runs.
"""

from __future__ import annotations

import argparse
import os

from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.commands import base, surface
from workbench.text import display


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="the branch; workbench/ and the end of the id by default"
    )
    parser.add_argument(
        "--from", dest="ref", metavar="BRANCH", help="a branch of the sandbox's, not what is checked out"
    )
    parser.add_argument("--worktree", metavar="DIR", help="a new folder, in which the branch is checked out")
    parser.add_argument(
        "--push",
        nargs="?",
        const="origin",
        metavar="REMOTE",
        help="and push it to a remote of the project, origin by default",
    )
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    body = {"name": options.name, "ref": options.ref}
    if options.worktree is not None:
        body["worktree"] = os.path.abspath(os.path.expanduser(options.worktree))
    brought = engine.post(paths.own(session["id"], "branch"), body)
    if options.push is not None:
        wanted = {"name": brought["branch"], "ref": options.ref, "remote": options.push}
        try:
            brought["pushed"] = engine.post(paths.own(session["id"], "push"), wanted)
        except ApiError:
            # The branch is there all the same.
            base.show_brought(brought, as_json=options.json)
            raise
    base.show_brought(brought, as_json=options.json)
    if options.push is not None and not options.json:
        surface.say(f"{options.push} has {display.safe(brought['branch'])} now")
    if options.worktree is not None and not options.json:
        surface.say(f"checked out in {body['worktree']}; git worktree remove {options.worktree} takes it away")
    return 0
