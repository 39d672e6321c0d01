"""The team's lake: tables that many logs are pushed into, each event once, in a DuckLake or any other database that DuckDB attaches.

It needs the package duckdb and nothing of the workbench, so that the tests can run it with another release of DuckDB.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

EXTENSIONS: Final = {"postgres": "postgres", "mysql": "mysql", "sqlite": "sqlite"}
"""Of DuckDB, by the beginning of a catalog's address."""
BATCH: Final = 50_000
EVENTS: Final = "SELECT e.session_id, e.seq, e.id, e.type, e.thread_id, e.processed_at, CAST(e.body AS VARCHAR) AS body FROM events AS e"
SESSIONS: Final = (
    "SELECT session_id, title, agent, model, regexp_extract(project, '[^/]+$') AS project, created_at, archived_at, status, stop_reason,"
    " events, active_seconds, input_tokens, output_tokens, usd, last_text FROM sessions"
)
_COLUMNS: Final = {
    "events": "session_id VARCHAR, seq BIGINT, id VARCHAR, type VARCHAR, thread_id VARCHAR, processed_at TIMESTAMPTZ, body VARCHAR",
    "sessions": "session_id VARCHAR, title VARCHAR, agent VARCHAR, model VARCHAR, project VARCHAR, created_at TIMESTAMPTZ,"
    " archived_at TIMESTAMPTZ, status VARCHAR, stop_reason VARCHAR, events BIGINT, active_seconds DOUBLE, input_tokens BIGINT,"
    " output_tokens BIGINT, usd DOUBLE, last_text VARCHAR",
}
_PASSWORD: Final = re.compile(r"\bpassword\s*=|:[^:@/ ]+@", re.IGNORECASE)


class LakeFailed(Exception):
    """The lake cannot be reached or written; the text says what the database says."""


@dataclass(frozen=True)
class Lake:
    """`machine` names the log that is pushed from, `person` whose it is; both stand in every row."""

    connection: duckdb.DuckDBPyConnection
    machine: str
    person: str

    def prepare(self) -> None:
        """Have the tables there."""
        for table, columns in _COLUMNS.items():
            self.connection.execute(
                f"CREATE TABLE IF NOT EXISTS lake.{table} (machine VARCHAR, person VARCHAR, {columns})"
            )

    def known(self) -> dict[str, int]:
        """How far each session of this machine is there: the last place in its log."""
        rows = self.connection.execute(
            "SELECT session_id, max(seq) FROM lake.events WHERE machine = ? GROUP BY session_id", [self.machine]
        ).fetchall()
        return {str(session_id): int(seq) for session_id, seq in rows}

    def push(self, events: Path, sessions: Path) -> int:
        """Write what these Parquet files have beyond what is there, all of it or nothing; how many events that were."""
        with self._whole():
            own = [self.machine]
            new = self.connection.execute(
                "INSERT INTO lake.events SELECT ?, ?, n.* FROM read_parquet(?) AS n LEFT JOIN"
                " (SELECT session_id, max(seq) AS seq FROM lake.events WHERE machine = ? GROUP BY session_id) AS k"
                " USING (session_id) WHERE n.seq > coalesce(k.seq, 0)",
                [self.machine, self.person, str(events), self.machine],
            ).fetchall()
            self.connection.execute(
                "DELETE FROM lake.sessions WHERE machine = ? AND session_id IN (SELECT session_id FROM read_parquet(?))",
                [*own, str(sessions)],
            )
            self.connection.execute(
                "INSERT INTO lake.sessions SELECT ?, ?, * FROM read_parquet(?)", [*own, self.person, str(sessions)]
            )
        return int(new[0][0])

    def remove(self, session_ids: Sequence[str]) -> None:
        """Take sessions of this machine out of the lake."""
        with self._whole():
            for table in _COLUMNS:
                self.connection.execute(
                    f"DELETE FROM lake.{table} WHERE machine = ? AND list_contains(?, session_id)",
                    [self.machine, list(session_ids)],
                )

    def tidy(self) -> None:
        """Write what the catalog holds of small batches to Parquet: a filter passes over inlined rows one by one."""
        # Another kind of database has no such rows.
        with contextlib.suppress(duckdb.Error):
            self.connection.execute("CALL ducklake_flush_inlined_data('lake')")

    def ask(self, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Columns and rows of a question; `events` and `sessions` are those of the lake."""
        self.connection.execute("USE lake")
        result = self.connection.execute(statement)
        return [str(one[0]) for one in result.description or ()], result.fetchall()

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        self.connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")


@contextlib.contextmanager
def opened(catalog: str, data: str, machine: str, person: str, *, reads: bool = False) -> Iterator[Lake]:
    """The lake of a DuckLake catalog, with its files in `data`.

    Raises:
        LakeFailed: in DuckDB's own words.
    """
    connection = duckdb.connect()
    try:
        for extension in ("ducklake", *(name for word, name in EXTENSIONS.items() if catalog.startswith(f"{word}:"))):
            connection.execute(f"INSTALL {extension}")
            connection.execute(f"LOAD {extension}")
        mode = ", READ_ONLY" if reads else ""
        connection.execute(f"ATTACH {_quoted(f'ducklake:{catalog}')} AS lake (DATA_PATH {_quoted(data)}{mode})")
        lake = Lake(connection, machine, person)
        if not reads:
            lake.prepare()
        yield lake
    except duckdb.Error as error:
        raise LakeFailed(str(error).strip()) from None
    finally:
        connection.close()


def has_password(catalog: str) -> bool:
    """Whether a secret stands in the address, where it would be in a file and in lists of processes."""
    return _PASSWORD.search(catalog) is not None


def beyond(known: dict[str, int], session_ids: Sequence[str]) -> str:
    """The statement for the next events of these sessions that the lake does not have, in order."""
    wanted = " OR ".join(
        f"(e.session_id = {_quoted(one)} AND e.seq > {known.get(one, 0)})" for one in sorted(session_ids)
    )
    return f"{EVENTS} WHERE {wanted} ORDER BY e.session_id, e.seq LIMIT {BATCH}"


def records_of(session_ids: Sequence[str]) -> str:
    """The statement for how these sessions stand."""
    return f"{SESSIONS} WHERE session_id IN ({', '.join(_quoted(one) for one in sorted(session_ids))})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
