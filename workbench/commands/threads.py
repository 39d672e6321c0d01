"""examples:
workbench threads 3fK9aZ                       the agents that it started and its workflow runs: who did what, and what it cost
workbench threads 3fK9aZ archive tester        end one of them for good; its history stays
workbench threads 3fK9aZ stop                  end its workflow run, which no interrupt does; its agent is told
"""

from __future__ import annotations

import argparse
from typing import Any

from workbench.client import paths
from workbench.client.agents import Agent, agents_of, standing_of
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.text.display import line, span


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    acts = "archive THREAD ends an agent for good, stop [RUN] a workflow run and its agents"
    parser.add_argument("act", nargs="?", choices=["archive", "stop"], help=acts)
    parser.add_argument("thread", nargs="?", help="the name of its agent or of the run, its id, or the end of that")
    surface.json_flag(parser)


def option(parser: argparse.ArgumentParser, what: str) -> None:
    """The option that names a thread of the session."""
    parser.add_argument("--thread", metavar="NAME", help=what)


def thread(engine: Client, session_id: str, named: str) -> Json:
    """The child thread meant by its agent's name, its id or a part of that, as the public API has it.

    Raises:
        Wrong: none or several fit.
    """
    children = _children(engine, session_id)
    if not children:
        raise Wrong(f"session {session_id} has started no other agents")
    named_ones = [{"id": one["id"], "name": one["agent"].get("name")} for one in children]
    found = surface.pick(named_ones, named, "thread")
    return next(one for one in children if one["id"] == found["id"])


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    if options.act == "stop":
        ended = _stopped(engine, session["id"], options.thread)
        surface.print_json(ended) if options.json else surface.out(run_line(ended))
        return 0
    if options.act:
        if not options.thread:
            raise Wrong(f"say which: workbench threads {surface.short(session['id'])} archive NAME")
        found = thread(engine, session["id"], options.thread)
        ended = engine.post(f"{paths.threads(session['id'], found['id'])}/archive")
        surface.print_json(ended) if options.json else surface.out(f"archived {found['id']}")
        return 0
    children = _children(engine, session["id"])
    runs: list[dict[str, Any]] = engine.get(paths.own(session["id"], "workflow_runs"))["data"]
    if options.json:
        surface.print_json({"threads": children, "workflow_runs": runs})
        return 0
    if not children and not runs:
        surface.say("its agent has started no others")
    open_ones = {one.thread_id: one for one in agents_of(engine.get(paths.own(session["id"], "state")))}
    for one in runs:
        surface.out(run_line(one))
    rows = [_row(one, open_ones.get(one["id"])) for one in children]
    if rows:
        surface.out(surface.table(rows, ["id", "agent", "status", "worked", "cost", "run", "last"]))
    return 0


def _stopped(engine: Client, session_id: str, named: str | None) -> Json:
    """The open run of this name or id, ended; without one the only one that is open."""
    runs = [one for one in engine.get(paths.own(session_id, "workflow_runs"))["data"] if one["result"] is None]
    if not runs:
        raise Wrong(f"no workflow run of session {session_id} is open")
    if named is None and len(runs) > 1:
        names = ", ".join(f"{one['name']} ({surface.short(one['id'])})" for one in runs)
        raise Wrong(f"several are open: say which: {names}")
    run_id = surface.pick(runs, named, "workflow run")["id"] if named else runs[0]["id"]
    return engine.post(paths.own(session_id, f"workflow_runs/{run_id}/stop"))


def _children(engine: Client, session_id: str) -> list[Json]:
    found = engine.pages(paths.threads(session_id), [("limit", "1000")])
    return [one for one in found if one["parent_thread_id"]]


def _row(one: Json, known: Agent | None) -> list[str]:
    """A thread; what it does, or said last, is known while it is not archived."""
    cents = float(((one["usage"] or {}).get("list_cost") or {}).get("amount") or 0)
    standing = "ended" if one["archived_at"] else known.standing if known else standing_of(one["status"], None, ())
    return [
        surface.short(one["id"]),
        line(one["agent"].get("name") or "", 24),
        standing,
        span((one["stats"] or {}).get("active_seconds", 0.0)),
        f"${cents / 100:.2f}",
        surface.short(one["workflow_run_id"]) if one["workflow_run_id"] else "",
        line(known.says if known else "", 60),
    ]


def run_line(one: Json) -> str:
    """A workflow run: how far it is, what failed, and what it has cost."""
    cents = float((one["list_cost"] or {}).get("amount") or 0)
    stands = "at work" if one["result"] is None else one["result"]["type"]
    at = next((place for place, phase in enumerate(one["phases"], 1) if phase["status"] == "running"), 0)
    parts = [
        f"run {surface.short(one['id'])} {line(one['name'], 60)}: {stands}",
        f"phase {at} of {len(one['phases'])}" if at else "",
        f"{one['done']} of {one['agents']} agents",
        f"{one['failed']} failed" if one["failed"] else "",
        f"${cents / 100:.2f}",
    ]
    return " · ".join(filter(None, parts))
