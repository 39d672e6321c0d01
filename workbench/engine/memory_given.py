"""Memory as a session has it: the lines that its stores had when it began, and which of them its agent read since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from workbench.contracts.memory import MemoryRefused
from workbench.contracts.questions import QueryLimits, Questions
from workbench.contracts.values import Json
from workbench.engine.memory import MemoryAccess
from workbench.memory.stores.snapshot import snapshot_of

LIMITS: Final = QueryLimits(rows=100_000, seconds=30)
_READ: Final = (
    "SELECT store, coalesce(path, '/'), tool_use_id, seq FROM memory_reads WHERE session_id = '{id}' ORDER BY seq"
)


async def given(memory: MemoryAccess, questions: Questions, session: Json) -> list[Json]:
    """Each memory of the stores of a session: its lines at the session's beginning, and the calls that named its file since.

    A store that was deleted has `is_gone`, and no lines.
    """
    rows = (await questions.ask(_READ.format(id=session["id"]), LIMITS)).rows
    found: list[Json] = []
    for resource in session["resources"]:
        if (store_id := resource.get("memory_store_id")) is None:
            continue
        slug = resource["mount_path"].rpartition("/")[2]
        about = {"memory_store_id": store_id, "store": slug}
        try:
            files = await _at(memory, store_id, datetime.fromisoformat(session["created_at"]))
        except MemoryRefused:
            found.append(about | {"path": None, "lines": [], "reads": [], "is_gone": True})
            continue
        for path, lines in files:
            reads = [read for read in rows if read[0] == slug and covers(read[1], path)]
            found.append(about | {"path": path, "lines": lines, "reads": _calls(reads), "is_gone": False})
    return found


async def _at(memory: MemoryAccess, store_id: str, moment: datetime) -> list[tuple[str, list[str]]]:
    """What a store held at a moment, without its empty lines."""
    versions = [one for one in await memory.memories.history(store_id) if one.created_at <= moment]
    heads = snapshot_of(versions).sorted()
    contents = await memory.memories.contents(heads)
    return [
        (head.path, [line for line in content.split("\n") if line.strip()])
        for head, content in zip(heads, contents, strict=True)
    ]


def _calls(reads: Sequence[Sequence[Any]]) -> list[Json]:
    return [{"event_id": event_id, "seq": seq} for _, _, event_id, seq in reads]


def covers(place: str, path: str) -> bool:
    """Whether a place that was named is the file, or a folder above it."""
    return path == place or path.startswith(place.rstrip("/") + "/")
