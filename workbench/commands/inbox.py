"""examples:
workbench inbox                                y allows, n denies, a always allows, e edits and runs, Y answers all identical
workbench inbox | cat                          who waits, as lines
workbench inbox --json
"""

from __future__ import annotations

import argparse
import sys

from workbench.client import paths
from workbench.commands import approvals, opening, surface
from workbench.commands.surface import short
from workbench.contracts.call_text import call_line


def arguments(parser: argparse.ArgumentParser) -> None:
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    if not options.json and sys.stdin.isatty() and sys.stdout.isatty():
        return opening.app("inbox")
    engine = surface.client()
    waiting = [
        (session, call)
        for session in engine.pages(paths.SESSIONS, [("limit", "1000"), ("statuses[]", "idle")])
        for call in approvals.waiting_calls(engine, session["id"])
    ]
    if options.json:
        surface.print_json([{"session_id": session["id"], "call": call} for session, call in waiting])
        return 0
    for session, call in waiting:
        surface.out(
            f"{short(session['id'])}  {session['title'] or session['agent']['name']}  {call['name']}: {call_line(call)}"
        )
    if not waiting:
        surface.say("nothing needs you")
    return 0
