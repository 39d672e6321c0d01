"""One-time links to answer a session's question from elsewhere: each for one session and the calls that wait then, used once.

Of a link only the hash of its token is kept. It shows these calls and takes allow or deny for each; it opens nothing else.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from workbench import events
from workbench.catalog.errors import Refused
from workbench.catalog.tokens import hashed
from workbench.contracts.call_text import call_diff, call_line, call_text
from workbench.contracts.log import Log
from workbench.contracts.values import Clock, Document, Json

KIND: Final = "answer_link"
GOOD_FOR: Final = timedelta(hours=12)
"""A night: who is asked in the evening may answer in the morning."""
MOST_CALLS: Final = 20
_LOOKED_AT: Final = 1_000
_CONFIRMED: Final = ("agent.tool_use", "agent.mcp_tool_use")
_GONE: Final = "this link is not valid: it has expired, or another question has come since"

Send = Callable[[str, Json], Awaitable[Any]]


@dataclass
class AnswerLinks:
    """The links of this engine; `base_url` is where their page is reached, None for no links at all."""

    log: Log
    send: Send
    clock: Clock
    base_url: str | None = None
    trouble: str = ""
    """Why the page cannot be reached, for people."""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def link(self, session_id: str) -> str | None:
        """The address with which the calls that wait now can be answered; None where none of them takes allow or deny."""
        if self.base_url is None or not (calls := await self._calls(session_id)):
            return None
        token, moment = secrets.token_urlsafe(32), self.clock()
        await self._forget(session_id, moment)
        record: Json = {
            "session_id": session_id,
            "calls": [call["id"] for call in calls],
            "expires_at": events.timestamp(moment + GOOD_FOR),
            "used_at": None,
        }
        await self.log.documents.put(Document(KIND, hashed(token), 1, record))
        return f"{self.base_url.rstrip('/')}/#{token}"

    async def shown(self, token: str) -> Json:
        """What the page shows: the session, and each call with its lines.

        Raises:
            Refused: 404 for a link that is not valid any more, 409 where it was used or the calls were answered elsewhere.
        """
        document, calls = await self._valid(token)
        session = await self.log.documents.get("session", document.body["session_id"])
        body = session.body if session else {}
        return {
            "session": body.get("title") or document.body["session_id"],
            "agent": body.get("agent", {}).get("name", ""),
            "project": (body.get("metadata") or {}).get("workbench.project", ""),
            "expires_at": document.body["expires_at"],
            "calls": [_shown(call) for call in calls],
        }

    async def answer(self, token: str, body: Json) -> Json:
        """Allow or deny every call of the link; it is used up before anything is sent.

        Raises:
            Refused: as `shown`; 400 unless each call has its answer.
        """
        async with self._turn:
            document, calls = await self._valid(token)
            given = body.get("answers")
            wanted = {call["id"] for call in calls}
            if (
                not isinstance(given, dict)
                or set(given) != wanted
                or not all(one in ("allow", "deny") for one in given.values())
            ):
                raise Refused("answers: each call of this link takes allow or deny, and no other does")
            used = document.body | {"used_at": events.timestamp(self.clock())}
            await self.log.documents.put(Document(KIND, document.id, 1, used))
        confirmed = [
            {"type": "user.tool_confirmation", "tool_use_id": call["id"], "result": given[call["id"]]} for call in calls
        ]
        await self.send(document.body["session_id"], {"events": confirmed})
        return {"answered": len(confirmed)}

    async def _valid(self, token: str) -> tuple[Document, list[Json]]:
        document = await self.log.documents.get(KIND, hashed(token)) if token else None
        if document is None or datetime.fromisoformat(document.body["expires_at"]) <= self.clock():
            raise Refused(_GONE, status=404, kind="not_found_error")
        if document.body["used_at"]:
            raise Refused(f"this link was used at {document.body['used_at'][:16]}", status=409, kind="conflict_error")
        calls = [
            call for call in await self._calls(document.body["session_id"]) if call["id"] in document.body["calls"]
        ]
        if not calls:
            raise Refused(
                "the question was answered elsewhere, or the session has ended", status=409, kind="conflict_error"
            )
        return document, calls

    async def _calls(self, session_id: str) -> list[Json]:
        """The calls that wait for allow or deny, in order."""
        waiting: Sequence[str] = self.log.states.state(session_id).waiting_for
        if not waiting:
            return []
        entries = await self.log.sessions.read(session_id, limit=_LOOKED_AT, newest_first=True)
        found = {entry.event.id: events.dump(entry.event) for entry in entries if entry.event.type in _CONFIRMED}
        return [found[one] for one in waiting if one in found][:MOST_CALLS]

    async def _forget(self, session_id: str, moment: datetime) -> None:
        """Links that have expired, and those of this session's questions of before."""
        for document in await self.log.documents.newest(KIND):
            is_over = datetime.fromisoformat(document.body["expires_at"]) <= moment
            if is_over or document.body["session_id"] == session_id:
                await self.log.documents.remove(KIND, document.id)


def _shown(call: Json) -> Json:
    return {
        "id": call["id"],
        "name": call["name"],
        "line": call_line(call),
        "text": call_text(call),
        "diff": call_diff(call),
    }
