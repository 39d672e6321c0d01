"""examples:
workbench peek 3fK9aZ                          its last messages, and the whole call that it waits for
"""

from __future__ import annotations

import argparse

from workbench.client import paths
from workbench.commands import approvals, project, surface
from workbench.commands.transcript import Transcript


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("-n", type=int, default=12, metavar="N", help="how many events back (default 12)")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    state = engine.get(paths.own(session["id"], "state"))
    kinds = (
        "user.message",
        "agent.message",
        "agent.tool_use",
        "agent.tool_result",
        "agent.custom_tool_use",
        "session.error",
    )
    query = [("types[]", kind) for kind in kinds] + [("order", "desc"), ("limit", str(max(1, min(options.n, 1000))))]
    last = list(reversed(engine.get(paths.events(session["id"]), query)["data"]))
    if options.json:
        surface.print_json({"session": session, "state": state, "events": last})
        return 0
    surface.out(f"{session['id']}  {session['status']}  {session['title'] or ''}".rstrip())
    project.say_instructions(state)
    transcript = Transcript(users=True)
    for event in last:
        transcript.show(event)
    if state["queued"]:
        surface.say(f"{state['queued']} message(s) waiting to be taken up")
    if state["waiting_for"]:
        approvals.say_how(engine, session["id"], {})
    return 0
