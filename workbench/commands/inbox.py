"""examples:
workbench inbox                                y allows, n denies, a always allows, e edits and runs, Y answers all identical
workbench inbox | cat                          who waits, as lines
workbench inbox --json
"""

from __future__ import annotations

import argparse
import sys

from workbench.client import paths
from workbench.client.agents import agents_of
from workbench.client.forks import title_of
from workbench.commands import approvals, opening, surface
from workbench.commands.surface import short
from workbench.contracts.call_text import call_line
from workbench.text.display import line


def arguments(parser: argparse.ArgumentParser) -> None:
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    if not options.json and sys.stdin.isatty() and sys.stdout.isatty():
        return opening.app("inbox")
    engine = surface.client()
    # A session is at work while an agent that it started asks: what waits counts, and not the status.
    asking = [one for one in engine.get(paths.STATES)["data"] if one["waiting_for"] and not one["archived_at"]]
    waiting = [(state, call) for state in asking for call in approvals.waiting_calls(engine, state["session_id"])]
    if options.json:
        surface.print_json([{"session_id": state["session_id"], "call": call} for state, call in waiting])
        return 0
    for state, call in waiting:
        name = line(title_of(state) or state["agent_name"], 60)
        who = [one.name for one in agents_of(state) if one.thread_id == call.get("session_thread_id")]
        asked = f"{call['name']}: {call_line(call)}"
        surface.out("  ".join([short(state["session_id"]), name, " ".join([*who, asked])]))
    if not waiting:
        surface.say("nothing needs you")
    return 0
