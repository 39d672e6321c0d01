"""Lines of a memory that nobody reads: proposed for removal when enough sessions had the store and none of them opened the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from workbench.catalog.sessions import KIND as SESSION
from workbench.contracts.log import Documents
from workbench.contracts.questions import QueryLimits, Questions
from workbench.engine.memory_given import covers
from workbench.memory.dreaming.proposals import Line, Proposal, removal_of

AFTER_SESSIONS: Final = 20
"""So many sessions have a store and do not open a file before its lines are proposed for removal."""
LIMITS: Final = QueryLimits(rows=100_000, seconds=30)
_READ: Final = "SELECT session_id, coalesce(path, '/') FROM memory_reads WHERE store = '{slug}'"


async def unread(
    documents: Documents, questions: Questions, store_id: str, lines: Sequence[Line], changed_at: Mapping[str, datetime]
) -> list[Proposal]:
    """Removals of the lines of files that no session opened since they were changed, although enough had them."""
    had: list[tuple[str, datetime, str]] = []
    for document in await documents.newest(SESSION):
        for one in document.body["resources"]:
            if one.get("memory_store_id") == store_id:
                slug = one["mount_path"].rpartition("/")[2]
                had.append((document.id, datetime.fromisoformat(document.body["created_at"]), slug))
    if len(had) < AFTER_SESSIONS:
        return []
    opened: set[tuple[str, str]] = set()
    for slug in sorted({slug for _, _, slug in had}):
        rows = (await questions.ask(_READ.format(slug=slug), LIMITS)).rows
        opened |= {(session_id, path) for session_id, path in rows}
    forgotten = {
        path
        for path, moment in changed_at.items()
        if len(later := [session_id for session_id, made_at, _ in had if made_at > moment]) >= AFTER_SESSIONS
        and not any(session_id in later and covers(place, path) for session_id, place in opened)
    }
    return [removal_of(line) for line in lines if line.path in forgotten and not line.is_pinned]
