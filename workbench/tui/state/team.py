"""Threads and workflow runs of a session that is shown, as its engine tells of them besides the feed: what each cost, and those that have ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from workbench.client import paths
from workbench.client.agents import ENDED, Agent, standing_of
from workbench.client.app import Engine, pages
from workbench.client.errors import ApiError, EngineAway
from workbench.text.display import line
from workbench.tui.state.rows import Row

Json = dict[str, Any]

EVERY_S: Final = 3.0


@dataclass(frozen=True)
class Team:
    """All child threads, in order of making, and all runs; `cents` by thread, for those that have come to rest."""

    agents: tuple[Agent, ...] = ()
    runs: tuple[Json, ...] = ()
    cents: tuple[tuple[str, float], ...] = ()

    def cost(self, thread_id: str) -> float | None:
        return dict(self.cents).get(thread_id)


async def read(engine: Engine, session_id: str) -> Team:
    """What is there now."""
    threads = [one async for one in pages(engine, paths.threads(session_id), [("limit", "1000")])]
    children = [one for one in threads if one["parent_thread_id"]]
    runs = (await engine.get(paths.own(session_id, "workflow_runs")))["data"] if children else []
    costs = [(one["id"], float(((one["usage"] or {}).get("list_cost") or {}).get("amount") or 0)) for one in children]
    return Team(tuple(_agent(one) for one in children), tuple(runs), tuple(costs))


def _agent(body: Json) -> Agent:
    """A thread as the public API has it, which does not say what it waits for; the feed does, while it is open."""
    standing = ENDED if body["archived_at"] else standing_of(body["status"], None, ())
    name = line((body["agent"] or {}).get("name") or "", 60)
    return Agent(
        body["id"],
        name,
        standing,
        run_id=body["workflow_run_id"] or "",
        since=datetime.fromisoformat(body["created_at"]),
        active_s=(body["stats"] or {}).get("active_seconds", 0.0),
    )


def all_agents(team: Team, row: Row | None) -> list[Agent]:
    """Those that have ended, and the open ones as the feed has them just now."""
    known = {one.thread_id: one for one in row.agents} if row is not None else {}
    made = {one.thread_id: one for one in team.agents}
    return [known.get(thread_id, one) for thread_id, one in made.items()] + [
        one for thread_id, one in known.items() if thread_id not in made
    ]


async def follow(
    engine: Engine, session_id: str, row: Callable[[], Row | None], changed: Callable[[Team], None], *, always: bool
) -> None:
    """Read it anew when something happened in the session, until this is cancelled; `always`, or only while it has agents."""
    seen: int | None = None
    while True:
        known = row()
        if known is not None and known.position != seen and (always or known.agents or known.runs):
            seen = known.position
            with contextlib.suppress(ApiError, EngineAway):
                changed(await read(engine, session_id))
        await asyncio.sleep(EVERY_S if seen is not None else 0.2)
