"""Full text over memory stores: their lines, ranked and marked as places in sessions are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workbench.contracts.memory import MemoryRefused
from workbench.contracts.values import Clock, Json
from workbench.engine.memory import MemoryAccess
from workbench.text.full_text.marking import snippets
from workbench.text.full_text.question import BadQuestion, Filters, Question, read
from workbench.text.full_text.ranking import ranked

MOST_LINES: Final = 50_000
"""Of all stores together, those that were made last first."""


@dataclass(frozen=True)
class MemoryLine:
    """A line of a store; `number` counts from 1."""

    store_id: str
    store: str
    memory_id: str
    path: str
    number: int
    text: str


async def found_in_memories(memory: MemoryAccess, question: str, clock: Clock, *, limit: int) -> list[Json]:
    """The lines of stores that answer best; none for a question with filters, which are about sessions."""
    try:
        wanted = read(question, clock())
    except BadQuestion:
        return []
    if wanted.filters != Filters() or not wanted.has_words:
        return []
    lines: list[MemoryLine] = []
    for store in await memory.stores.newest():
        lines += await _lines(memory, store)
        if len(lines) >= MOST_LINES:
            break
    return await asyncio.to_thread(_best, lines[:MOST_LINES], wanted, limit)


async def _lines(memory: MemoryAccess, store: Json) -> list[MemoryLine]:
    try:
        heads = (await memory.memories.snapshot(store["id"])).sorted()
    except MemoryRefused:
        # It was deleted meanwhile.
        return []
    return [
        MemoryLine(store["id"], store["name"], head.memory_id, head.path, number, line)
        for head, content in zip(heads, await memory.memories.contents(heads), strict=True)
        for number, line in enumerate(content.split("\n"), 1)
        if line.strip()
    ]


def _best(lines: Sequence[MemoryLine], wanted: Question, limit: int) -> list[Json]:
    best = ranked([line.text for line in lines], wanted)[:limit]
    shown = snippets([lines[number].text for number, _ in best], wanted)
    return [
        {
            "memory_store_id": lines[number].store_id,
            "store": lines[number].store,
            "memory_id": lines[number].memory_id,
            "path": lines[number].path,
            "line": lines[number].number,
            "score": round(score, 3),
            "snippet": part.text,
            "marks": [list(mark) for mark in part.marks],
        }
        for (number, score), part in zip(best, shown, strict=True)
    ]
