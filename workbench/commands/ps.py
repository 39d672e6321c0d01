"""examples:
workbench ps                                   what is there, newest first
workbench ps --status running --json
workbench ps --threads                         with the agents of each and its workflow runs
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from workbench.client import paths
from workbench.client.agents import DONE, FAILED, RETRIES, WAITS, WORKS, agents_of, runs_of, team_line
from workbench.client.forks import beside_title, title_of
from workbench.commands import surface
from workbench.commands.surface import Json
from workbench.text.display import line, span

CLOCKS_DIFFER_S = 60

THREAD_MARKS = {WAITS: "?", WORKS: "●", RETRIES: "◐", FAILED: "!", DONE: "✔"}
MARKS = {"idle": "○", "running": "●", "rescheduling": "◐", "terminated": "×", "waiting": "?"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", "-a", action="store_true", help="archived ones too")
    parser.add_argument("--status", choices=["idle", "running", "rescheduling", "terminated"])
    parser.add_argument("--threads", action="store_true", help="the agents that each has started, too")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    query = [("limit", "1000"), ("include_archived", "true" if options.all else "false")]
    if options.status:
        query.append(("statuses[]", options.status))
    engine = surface.client()
    sessions = list(engine.pages(paths.SESSIONS, query))
    # Made while the clock was ahead: they are no newer than what is made now.
    sessions.sort(key=lambda session: is_ahead(session["created_at"]))
    if options.json:
        surface.print_json(sessions)
    elif not sessions:
        surface.say('no sessions; start one with: workbench run "…"')
    else:
        states = {state["session_id"]: state for state in engine.get(paths.STATES)["data"]}
        rows = []
        for session in sessions:
            state = states.get(session["id"], session)
            rows += [_row(session, state), *(_thread_rows(state) if options.threads else ())]
        surface.out(surface.table(rows, ["id", "", "status", "agent", "model", "cost", "age", "title"], fits=True))
    return 0


def _row(session: Json, state: Json) -> list[str]:
    cents = int((session["usage"].get("list_cost") or {"amount": 0})["amount"])
    project = session["metadata"].get("workbench.project", "")
    # One that waits for an answer is blocked, whatever its other agents do.
    status = "waiting" if state.get("waiting_for") else session["status"]
    return [
        surface.short(session["id"]),
        MARKS[status],
        status,
        line(session["agent"]["name"], 20),
        session["agent"]["model"]["id"],
        f"${cents / 100:.2f}",
        age(session["created_at"]),
        _name(state, project),
    ]


def _thread_rows(state: Json) -> list[list[str]]:
    """A row for each open workflow run and for each agent that is not of one."""
    rows = [["", "≡", "running", "└ run", "", "", "", one.text] for one in runs_of(state)]
    for one in agents_of(state):
        if not one.run_id:
            worked = span(one.active_s) if one.active_s else ""
            mark = THREAD_MARKS.get(one.standing, "○")
            short = surface.short(one.thread_id)
            rows.append([short, mark, one.standing, f"└ {line(one.name, 18)}", "", "", worked, line(one.says, 40)])
    return rows


def _name(state: Json, project: str) -> str:
    """Its title, or else its folder, of what it is a fork, what its agents do, and what it waits for."""
    waits = line((state.get("progress") or {}).get("text", ""), 60)
    team = line(team_line(agents_of(state), runs_of(state)), 60)
    count = state.get("changed_files") or 0
    left = f"{count} file{'s' * (count != 1)} to apply" if count else ""
    said = filter(None, (left, line(title_of(state) or project, 40), line(beside_title(state), 40), team, waits))
    return " · ".join(said)


def age(stamp: str) -> str:
    """How long ago, in one number: 40s, 12m, 5h, 3d; `in 3d` where the clock was ahead."""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(stamp)).total_seconds()
    return f"in {span(-seconds)}" if is_ahead(stamp) else span(seconds)


def is_ahead(stamp: str) -> bool:
    """Whether a moment lies in a time to come, by more than two clocks differ."""
    return (datetime.fromisoformat(stamp) - datetime.now(UTC)).total_seconds() > CLOCKS_DIFFER_S
