"""examples:
workbench interrupt 3fK9aZ
"""

from __future__ import annotations

import argparse

from workbench.commands import surface


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", nargs="+", help="id, or its end")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    sessions = [surface.session(engine, named) for named in options.session]
    for session in sessions:
        engine.post(f"/v1/sessions/{session['id']}/events", {"events": [{"type": "user.interrupt"}]})
        if not options.json:
            print(f"interrupted {session['id']}")
    if options.json:
        surface.print_json([session["id"] for session in sessions])
    return 0
