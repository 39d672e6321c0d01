"""What full text search promises: places in sessions and whole sessions, the best first, with what was found marked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class SearchRefused(Exception):
    """The question cannot be looked for; the text says what to write instead."""


@dataclass(frozen=True)
class Hit:
    """A place that was found: an entry of a session's log, its score, and the part of its text that shows why.

    `marks` are pairs of first character and end in `snippet`. `text` is what the index knows of it: of a message the first
    20,000 characters, of a call or a result the first 2,000.
    """

    session_id: str
    seq: int
    event_id: str
    thread_id: str | None
    type: str
    tool: str | None
    processed_at: datetime | None
    score: float
    text: str
    snippet: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class FoundSession:
    """A session by the best of its places: each further one counts half as much as the one before."""

    session_id: str
    score: float
    best: Hit


@dataclass(frozen=True)
class Found:
    """What was found. `indexed` is 1.0 where everything was looked through, less while the index is being made anew."""

    hits: tuple[Hit, ...]
    sessions: tuple[FoundSession, ...]
    indexed: float = 1.0


class Search(Protocol):
    async def find(self, question: str, *, limit: int = 20) -> Found:
        """The best `limit` places and sessions; what was acknowledged before is found.

        Raises:
            SearchRefused: a filter that cannot be read, or too much to look through in its time.
        """
