"""examples:
workbench rewind 3fK9aZ                        its files as they were before its last turn
workbench rewind 3fK9aZ --to x7Kq2m            as they were before this event's turn, or after it where it ended one

The conversation stays, and the agent is told. To have the conversation go back as well: workbench fork --at EVENT.
"""

from __future__ import annotations

import argparse

from workbench.client import paths
from workbench.commands import base, surface


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("--to", metavar="EVENT", help="an event's id or its end, from workbench logs --ids")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    base.say_background(engine, session["id"])
    rewound = engine.post(paths.own(session["id"], "rewind"), {"to": options.to})
    if options.json:
        surface.print_json(rewound)
    else:
        surface.out(f"rewound {session['id']} to {rewound['to'] or 'its beginning'}")
    return 0
