"""examples:
workbench fork 3fK9aZ                          a second session with the same history and files
workbench fork 3fK9aZ --at x7Kq2m              as it was before this event's turn, or after it where it ended one
workbench send $(workbench fork 3fK9aZ) "try it the other way"
"""

from __future__ import annotations

import argparse

from workbench.client import paths
from workbench.commands import surface


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument(
        "--at", metavar="EVENT", help="an event's id or its end, from workbench logs --ids; the end by default"
    )
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    forked = engine.post(paths.own(session["id"], "fork"), {"at": options.at})
    if options.json:
        surface.print_json(forked)
    else:
        surface.out(forked["id"])
    return 0
