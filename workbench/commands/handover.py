"""examples:
workbench handover 3fK9aZ                      as Markdown: task, how it stands, files, commits, how to go on
workbench handover 3fK9aZ -o handover.md
workbench handover 3fK9aZ | workbench run -    give it to another agent

The sandbox's changes and the whole log stay on this machine: `workbench patch` and `workbench export --session` carry them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import approvals, base, past, surface
from workbench.commands.session_report import SAID, changes, commits, quoted, section
from workbench.commands.surface import Json
from workbench.contracts.call_text import call_text
from workbench.text import display
from workbench.text.lines import lines_of

MOST_EVENTS: Final = 400
LAST_CALLS: Final = 8


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("-o", dest="file", metavar="FILE", help="write it there")


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    text = "\n".join(_parts(engine, session)) + "\n"
    if options.file is None:
        surface.data(text)
        return 0
    file = Path(options.file).expanduser()
    past.write_new(file, text.encode())
    surface.say(f"written to {file}")
    return 0


def _parts(engine: Client, session: Json) -> Iterator[str]:
    state = engine.get(paths.own(session["id"], "state"))
    kinds = (*SAID, "agent.message", "agent.tool_use", "agent.tool_result", "session.error")
    query = [("types[]", kind) for kind in kinds]
    newest = engine.get(paths.events(session["id"]), [*query, ("order", "desc"), ("limit", str(MOST_EVENTS))])["data"]
    first = engine.get(paths.events(session["id"]), [*(("types[]", kind) for kind in SAID), ("limit", "1")])["data"]
    yield f"# {display.line(session['title'] or session['id'], 200)}"
    yield ""
    yield from _head(session, state)
    yield from section("Task", [quoted(event) for event in first])
    since = [event for event in reversed(newest) if event["type"] in SAID]
    yield from section("Said since by people", [quoted(event) for event in since if event not in first])
    yield from section("Where it stands", _standing(engine, session, state, newest))
    yield from section("Last calls", list(_calls(newest)))
    yield from section("Changed files", list(changes(engine, session)))
    yield from section("Commits", list(commits(engine, session)))
    yield from section("To go on", list(_ways(session, state)))


def _head(session: Json, state: Json) -> Iterator[str]:
    cents = int((session["usage"].get("list_cost") or {"amount": 0})["amount"])
    facts = {
        "session": session["id"],
        "began": session["created_at"],
        "agent": f"{session['agent']['name']} with {session['agent']['model']['id']}",
        "environment": session["environment_id"],
        "works on": state["project"] or "an empty folder",
        "instructions read": ", ".join(state["instructions"]["files"]),
        "memory stores": ", ".join(one["memory_store_id"] for one in session["resources"] if "memory_store_id" in one),
        "cost": f"${cents / 100:.2f} at list price",
    }
    yield from (f"- {name}: {display.line(value, 300)}" for name, value in facts.items() if value)


def _standing(engine: Client, session: Json, state: Json, newest: list[Json]) -> list[str]:
    stop = (state["stop_reason"] or {}).get("type", "")
    lines = [f"{state['status']}{f' ({stop})' if stop and state['status'] == 'idle' else ''}."]
    if state["last_error"]:
        lines.append(f"It stopped with: {display.line(state['last_error'], 500)}")
    if state["queued"]:
        lines.append(f"{base.counted(state['queued'], 'message')} not taken up yet.")
    for call in approvals.waiting_calls(engine, session["id"]):
        lines += [f"It waits for an answer about `{call['name']}`:", "", *_code(call_text(call))]
    if said := next((event for event in newest if event["type"] == "agent.message"), None):
        lines += ["", "It said last:", "", quoted(said).rstrip("\n")]
    return lines


def _code(text: str) -> Iterator[str]:
    yield from (f"    {line}" for line in lines_of(display.exact(text)))


def _calls(newest: list[Json]) -> Iterator[str]:
    failed = {event["tool_use_id"]: event.get("is_error") for event in newest if event["type"] == "agent.tool_result"}
    calls = [event for event in newest if event["type"] == "agent.tool_use"][:LAST_CALLS]
    for call in reversed(calls):
        how = {True: "failed", None: "no result yet"}.get(failed.get(call["id"]), "done")
        title = display.line(call_text(call), 120).replace("`", "'")
        yield f"- {call['name']} `{title}`: {how}"


def _ways(session: Json, state: Json) -> Iterator[str]:
    short = surface.short(session["id"])
    if state["waiting_for"]:
        yield f"- `workbench allow {short}` or `workbench deny {short}` answers what it waits for"
    yield f'- `workbench send {short} "…"` goes on with it, `workbench attach {short}` opens it'
    if state["project"]:
        yield f"- `workbench diff {short}` shows what it changed, `workbench apply {short}` brings it into the project"
        yield f"- `workbench patch {short} > changes.patch` carries it to another machine"
    yield f"- `workbench export FOLDER --session {short}` carries its whole log; `workbench import FOLDER` takes it in"
