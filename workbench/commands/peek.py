"""examples:
workbench peek 3fK9aZ                          its last messages, what it says and prints now, and the whole call that it waits for
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from workbench.client import background, paths
from workbench.client.agents import agents_of, runs_of
from workbench.clock import now
from workbench.commands import approvals, base, project, surface
from workbench.commands.surface import Json
from workbench.commands.transcript import Transcript
from workbench.contracts import thread_words
from workbench.text.display import span

LINES: Final = 10
"""Of what a running call has printed."""


KINDS: Final = (
    "user.message",
    "user.interrupt",
    "system.message",
    "agent.message",
    "agent.tool_use",
    "agent.tool_result",
    "agent.mcp_tool_use",
    "agent.mcp_tool_result",
    "agent.custom_tool_use",
    "user.custom_tool_result",
    # From when on a call ran, and what ran in its place.
    "user.tool_confirmation",
    "session.error",
    "user.define_outcome",
    "span.outcome_evaluation_start",
    "span.outcome_evaluation_end",
    *thread_words.TYPES,
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("-n", type=int, default=12, metavar="N", help="how many events back (default 12)")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    state = engine.get(paths.own(session["id"], "state"))
    query = [("types[]", kind) for kind in KINDS] + [("order", "desc"), ("limit", str(max(1, min(options.n, 1000))))]
    # First: what is finished meanwhile stands among the events, and is shown once.
    previews = engine.get(paths.own(session["id"], "previews"))["data"]
    last = list(reversed(engine.get(paths.events(session["id"]), query)["data"]))
    commands = engine.get(paths.own(session["id"], "background"))["data"]
    if options.json:
        shown = {"session": session, "state": state, "events": last, "previews": previews, "background": commands}
        surface.print_json(shown)
        return 0
    surface.out(f"{session['id']}  {session['status']}  {session['title'] or ''}".rstrip())
    project.say_instructions(state)
    transcript = Transcript(users=True)
    for event in [*last, *_unfinished(previews, last)]:
        transcript.show(event)
    transcript.end()
    _say_agents(state)
    if said := background.told(commands):
        surface.say(said)
    if waits := state["progress"]:
        surface.say(f"{waits['text']} · {span(_seconds_since(waits['since']))}")
    if state["queued"]:
        surface.say(f"{base.counted(state['queued'], 'message')} waiting to be taken up")
    if state["waiting_for"]:
        approvals.say_how(engine, session["id"], {})
    return 0


def _say_agents(state: Json) -> None:
    """Its workflow runs and the agents that it started, a line each."""
    for run_ in runs_of(state):
        surface.say(f"≡ run {run_.text}")
    for one in agents_of(state):
        surface.say(f"{one.standing:<7} {one.name}: {one.says}".rstrip(" :"))


def _unfinished(previews: Sequence[Json], events: Sequence[Json]) -> list[Json]:
    """What is being said and printed, unless an event has overtaken it; of an output the last lines."""
    ended = {event.get("tool_use_id") or event["id"] for event in events if event["type"] != "agent.tool_use"}
    shown = [_last_lines(one) for one in previews if one["type"] != "engine.progress"]
    return [one for one in shown if _id_of(one) not in ended]


def _id_of(preview: Json) -> str:
    event: Json = preview.get("event", {"id": preview.get("event_id") or preview.get("tool_use_id")})
    return str(event["id"])


def _last_lines(preview: Json) -> Json:
    if preview["type"] != "engine.tool_output":
        return preview
    lines = preview["text"].split("\n")
    cut = max(0, len(lines) - LINES - 1)
    return preview | {"text": "\n".join(lines[cut:]), "lines_before": preview["lines_before"] + cut}


def _seconds_since(moment: str) -> float:
    return (now() - datetime.fromisoformat(moment)).total_seconds()
