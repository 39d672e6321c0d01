"""Recorded tool calls once more for real, in a new session's sandbox: which of them give something else than they gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from workbench.catalog.errors import Refused
from workbench.catalog.own_brain import refuse_for_others
from workbench.catalog.sessions import session_of
from workbench.contracts.hands import Hands
from workbench.contracts.log import Log
from workbench.contracts.tools import IN_SANDBOX
from workbench.contracts.values import Call, Json
from workbench.engine.replays import NO_REPLAY
from workbench.engine.sessions import SessionLifecycle
from workbench.events import AgentToolResult, AgentToolUse, new_id, text_of

MOST_TEXT: Final = 2000
"""Characters of each result that are shown."""


@dataclass(frozen=True, kw_only=True)
class LiveTools:
    """Runs what a session's agent ran, in the same order; no model is asked."""

    log: Log
    sessions: SessionLifecycle
    hands: Hands

    async def run(self, session_id: str) -> Json:
        """A call each, with what it gave then and gives now; the new session is archived at the end.

        Raises:
            Refused: 404, or a session whose tools run with workers.
        """
        record = (await self.sessions.records.document(session_id)).body
        refuse_for_others(session_of(record).acp, *NO_REPLAY)
        if session_of(record).is_self_hosted:
            raise Refused("live_tools: the tools of this session run with workers, and not on this machine")
        made = await self.sessions.create(_like(record))
        try:
            return {"live_session_id": made["id"], "calls": await self._ran(session_id, made["id"])}
        finally:
            await self.sessions.archive(made["id"])

    async def _ran(self, session_id: str, new_session_id: str) -> list[Json]:
        session = session_of((await self.sessions.records.document(new_session_id)).body)
        told = [entry.event for entry in await self.log.sessions.read(session_id)]
        results = {one.tool_use_id: one for one in told if one.type == "agent.tool_result"}
        found: list[Json] = []
        for use in told:
            if use.type != "agent.tool_use" or use.name not in IN_SANDBOX or not _was_run(use, results):
                continue
            call = Call(new_id("sevt"), use.name, dict(use.input))
            outcome = await self.hands.execute(session, call)
            await self.hands.acknowledge(session, call.id)
            then, now = text_of(results[use.id].content or ()), text_of(outcome.content)
            is_same = (then.strip(), bool(results[use.id].is_error)) == (now.strip(), outcome.is_error)
            shown = {"recorded": then[:MOST_TEXT], "now": now[:MOST_TEXT]} if not is_same else {}
            found.append({"event_id": use.id, "name": use.name, "same": is_same, **shown})
        return found


def _was_run(use: AgentToolUse, results: Mapping[str, AgentToolResult]) -> bool:
    """Whether the call has a result that is none of a refusal."""
    return use.id in results and use.evaluated_permission != "deny"


def _like(record: Json) -> Json:
    """The body of a session that begins as this one began."""
    kept = {key: value for key, value in record["metadata"].items() if key == "workbench.project"}
    return {
        "agent": {"type": "agent", "id": record["agent"]["id"], "version": record["agent"]["version"]},
        "environment_id": record["environment_id"],
        "title": f"tools of {record['title'] or record['id']}"[:60],
        "metadata": kept,
    }
