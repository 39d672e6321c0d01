"""Recap: what happened in all sessions since a moment, for a person who comes back."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from workbench import events
from workbench.catalog.sessions import KIND
from workbench.contracts.log import Documents
from workbench.contracts.questions import QueryLimits, Questions
from workbench.contracts.values import Json, SessionState
from workbench.engine.dreams.records import KIND as DREAM
from workbench.engine.dreams.records import store_of
from workbench.engine.dreams.review import LANDED
from workbench.engine.feed import SessionFeed

LIMITS: Final = QueryLimits(rows=10_000, seconds=20)
ORDER: Final = ("waiting", "failed", "budget", "interrupted", "ended", "working", "archived")
_SPENT: Final = (
    "SELECT session_id, sum(usd) FROM model_requests WHERE ended_at > TIMESTAMPTZ '{since}' GROUP BY session_id"
)


class Recap:
    """Reads states for how sessions stand and the log for what they spent."""

    def __init__(self, feed: SessionFeed, documents: Documents, questions: Questions) -> None:
        self._feed: Final = feed
        self._documents: Final = documents
        self._questions: Final = questions

    async def since(self, moment: datetime) -> Json:
        """Sessions in which something happened since, and all that wait, in the order of what asks for a person most.

        `files_to_apply` differ from the project, whoever of the session changed them and whenever; `cost_usd` of the time since is at
        list price, where the price is known. `text` is what it said last, or why it stopped.
        """
        stamp = events.timestamp(moment)
        spent = {row[0]: row[1] for row in await self._rows(_SPENT.format(since=stamp))}
        known = {document.id: document for document in await self._documents.newest(KIND)}
        sessions: list[Json] = []
        for state in await self._feed.states():
            document = known.get(state.session_id)
            if state.deleted or document is None or (how := _how(state, document.body, moment)) is None:
                continue
            sessions.append(
                {
                    "session_id": state.session_id,
                    "title": document.body["title"],
                    "project": document.body["workbench"]["project"],
                    "how": how,
                    "last_event_at": events.timestamp(state.last_event_at) if state.last_event_at else None,
                    "text": (state.last_error if how == "failed" else state.last_text) or "",
                    "files_to_apply": state.changed_files,
                    "cost_usd": round(spent.get(state.session_id) or 0.0, 6),
                }
            )
        sessions.sort(key=lambda one: (ORDER.index(one["how"]), one["last_event_at"] or ""))
        total = sum(usd or 0.0 for usd in spent.values())
        return {
            "since": stamp,
            "cost_usd": round(total, 6),
            "files_to_apply": sum(one["files_to_apply"] for one in sessions),
            "sessions": sessions,
            "memory": await self._landed(moment),
        }

    async def _landed(self, moment: datetime) -> list[Json]:
        """The lines of memory that landed since by themselves, by dream, which can be undone."""
        found = []
        for document in await self._documents.newest(DREAM):
            ended_at, own = document.body["ended_at"], document.body["workbench"]
            if not ended_at or datetime.fromisoformat(ended_at) <= moment or not own["landing"]["is_allowed"]:
                continue
            if lines := [one["text"] for one in own["proposals"] if one["decision"] == LANDED]:
                found.append({"dream_id": document.id, "memory_store_id": store_of(document.body), "lines": lines})
        return found

    async def _rows(self, sql: str) -> tuple[tuple[str, float], ...]:
        return (await self._questions.ask(sql, LIMITS)).rows


def _how(state: SessionState, record: Json, moment: datetime) -> str | None:
    """How the session stands, if that is news."""
    if record["archived_at"]:
        return "archived" if datetime.fromisoformat(record["archived_at"]) > moment else None
    stop = (state.stop_reason or {}).get("type")
    if state.waiting_for:
        return "waiting"
    if state.last_event_at is None or state.last_event_at <= moment:
        return None
    if state.standing in ("running", "rescheduling"):
        return "working"
    if stop == "budget_reached":
        return "budget"
    rests = "interrupted" if state.is_interrupted else "ended"
    return "failed" if state.last_error or stop in ("retries_exhausted", "refusal") else rests
