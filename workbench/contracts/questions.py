"""What people may ask the log, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class QueryLimits:
    """How much a person's query may take."""

    rows: int = 10_000
    seconds: float = 30.0
    bytes: int | None = None
    """Where rows are cut as well; without it, a result of more than 64 MiB is refused."""


@dataclass(frozen=True)
class QueryResult:
    """A finished query: column names, DuckDB's type names, rows of JSON values (moments as RFC 3339 in UTC, decimals as text).

    `time_zone` is the one in which days and hours were counted.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool
    seconds: float
    time_zone: str = "UTC"


class QueryRefused(Exception):
    """The statement may not run or failed; the text says what is wrong and what to write instead."""


class Questions(Protocol):
    async def ask(self, sql: str, limits: QueryLimits) -> QueryResult:
        """Run one read-only statement; cancelling the task interrupts it within about 0.1 s.

        Raises:
            QueryRefused: not a single SELECT or EXPLAIN, an error in it, or over its time.
        """

    async def export(self, sql: str, limits: QueryLimits) -> bytes:
        """The result as a Parquet file."""
