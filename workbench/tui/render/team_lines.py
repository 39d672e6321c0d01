"""Agents of a session and its workflow runs as lines. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from rich.text import Text

from workbench.client.agents import DONE, FAILED, RETRIES, STANDINGS, WAITS, WORKS, Agent, Run
from workbench.text.display import exact, line, span
from workbench.tui.render.board_lines import DIM, age
from workbench.tui.render.cells import cells
from workbench.tui.state.team import Team

Json = dict[str, Any]

MOST_KEYS: Final = 9
"""Agents that have a key of their own."""
_MARKS: Final = {
    WAITS: ("?", "bold #E69F00"),
    FAILED: ("!", "bold #D55E00"),
    WORKS: ("●", "bold"),
    RETRIES: ("◐", DIM),
    DONE: ("✔", "#56B4E9"),
}
_NO_MARK: Final = ("×", DIM)
_PHASES: Final = {"done": "✔", "running": "●", "waiting": "○"}


def tree_lines(
    agents: Sequence[Agent], runs: Sequence[Run], team: Team, now: datetime, width: int, *, most: int, key: str
) -> list[tuple[str, Text]]:
    """The agents under their session, in so many lines at most, those that need a person first among what has room; each with
    its thread's id. `key` shows all."""
    if not agents and not runs:
        return []
    numbered = list(enumerate([one for one in agents if not one.run_id], 1))
    planned = [(0, one) for one in agents if one.run_id]
    room = max(1, most - len(runs))
    urgent = sorted(numbered + planned, key=lambda one: (STANDINGS.index(one[1].standing), one[0] or MOST_KEYS))
    shown = urgent if len(urgent) <= room else urgent[: room - 1]
    kept = [one for one in numbered + planned if one in shown]
    lines = [(one.run_id, _open_run(one, width)) for one in runs[:most]]
    lines += [(one.thread_id, agent_line(one, team, now, width, number=number)) for number, one in kept]
    if len(urgent) > len(kept):
        lines.append(("", Text(line(f"   … {len(urgent) - len(kept)} more agents · {key} shows all", width), DIM)))
    return lines


def _open_run(run: Run, width: int) -> Text:
    phase = f" · {run.phase_name}" if run.phase_name else ""
    return Text(line(f" ≡ run {run.text}{phase}", width), "bold", no_wrap=True)


def agent_line(agent: Agent, team: Team, now: datetime, width: int, *, number: int = 0) -> Text:
    """Who stands how, since when, what it does or said last, and what it has cost."""
    shape, style = _MARKS.get(agent.standing, _NO_MARK)
    lasts = age(agent.since, now) if agent.works else span(agent.active_s) if agent.active_s else ""
    cents = team.cost(agent.thread_id)
    name = max(10, width * 22 // 100)
    cost = 7 if width >= 60 else 0
    said = max(4, width - 6 - name - 1 - 8 - 5 - cost)
    return cells(
        [
            (f" {shape}", 3, style),
            (str(number) if 0 < number <= MOST_KEYS else "", 3, DIM),
            (agent.name, name, "bold" if agent.standing in (WAITS, WORKS, FAILED) else ""),
            (" ", 1, ""),
            (agent.standing, 8, style),
            (agent.says, said, style if agent.standing == FAILED else "" if agent.works else DIM),
            (lasts, -5, DIM),
            ("" if cents is None else f"{cents / 100:.2f}", -cost, DIM),
        ]
    )


def run_lines(run: Json, width: int, now: datetime) -> list[Text]:
    """A run whole: how far it is, its phases, what failed, what it has cost, and what it gave."""
    ended, result = run["ended_at"], run["result"] or {}
    stands = {"completed": "has ended", "stopped": "was stopped", "error": "failed"}.get(
        result.get("type", ""), "at work"
    )
    lasted = age(datetime.fromisoformat(run["started_at"]), datetime.fromisoformat(ended) if ended else now)
    cents = float((run["list_cost"] or {}).get("amount") or 0)
    counts = [f"{run['done']} of {run['agents']} agents", f"{run['failed']} failed" if run["failed"] else ""]
    head = " · ".join(
        filter(None, (f"run {line(exact(run['name']), 60)} {stands}", *counts, lasted, f"${cents / 100:.2f}"))
    )
    is_bad = result.get("type") == "error" or bool(run["failed"])
    lines = [Text(line(f" ≡ {head}", width), "bold #D55E00" if is_bad else "bold", no_wrap=True)]
    if run["phases"]:
        phases = "  ".join(f"{_PHASES[one['status']]} {line(exact(one['name']), 40)}" for one in run["phases"])
        lines.append(Text(line(f"   {phases}", width), no_wrap=True))
    told = [result["error"]["message"]] if result.get("type") == "error" else list(run["errors"])[:3]
    lines += [Text(line(f"   ! {exact(one)}", width), "#D55E00", no_wrap=True) for one in told]
    if ended and run["value"] is not None:
        lines.append(Text(line(f"   gave {exact(str(run['value']))}", width), DIM, no_wrap=True))
    return lines
