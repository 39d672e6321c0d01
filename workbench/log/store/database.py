"""The DuckDB file: opened with its limits, migrated, read through for damage, and taken out of the way when damaged."""

from __future__ import annotations

from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Final

import duckdb

from workbench.contracts.log import LogUnusable
from workbench.contracts.values import Progress
from workbench.log.asking.priority import give_way, threads
from workbench.log.journal.segments import put_aside

Connection = duckdb.DuckDBPyConnection

FILE_NAME: Final = "log.duckdb"
_WAL: Final = ".wal"

_SETTINGS: Final = (
    "TimeZone = 'UTC'",
    # With two, a heavy question on two cores doubled the wait of those who write; with one they do not notice it.
    "threads = 1",
    "memory_limit = '1GB'",
    "max_temp_directory_size = '4GB'",
    # What a question gives back goes to the system in a second or two, and not only when somebody asks again.
    "allocator_background_threads = true",
    "checkpoint_threshold = '64MB'",
    # It would be drawn on the output of whoever asks for something slow.
    "enable_progress_bar = false",
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
    "allow_community_extensions = false",
    "allow_persistent_secrets = false",
    "python_enable_replacements = false",
    "enable_external_access = false",
    # Nothing can be set after this one.
    "lock_configuration = true",
)
_DAMAGE: Final = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.SerializationException,
    duckdb.ConnectionException,
)
_NOT_DAMAGE: Final = {
    "lock on file": "another program has it open; close that program",
    "Permission denied": "the file may not be read; give yourself the right to it",
    "No space left": "the disk is full; free some space",
    "Too many open files": "too many files are open; raise the limit (ulimit -n)",
}


class Damaged(Exception):
    """The database file or its WAL is damaged; the text is DuckDB's."""


def connect(file: Path, progress: Progress = lambda _: None) -> Connection:
    """Open the file, bring its tables up to date and read it through once.

    Raises:
        Damaged: it does not open, or a block of it fails its checksum.
        LogUnusable: another program has it open, it is of a newer version, the disk is full.
    """
    connection: Connection | None = None
    try:
        before = threads()
        connection = duckdb.connect(str(file.absolute()))
        for setting in _SETTINGS:
            connection.execute(f"SET {setting}")
        for thread in threads() - before:
            give_way(thread)
        _migrate(connection, file, progress)
        read_through(connection)
    except duckdb.Error as error:
        if connection is not None:
            connection.close()
        raise _cause(error, file) from error
    except LogUnusable:
        if connection is not None:
            connection.close()
        raise
    return connection


def is_serious(error: duckdb.Error) -> bool:
    """Whether the error says that the file may be damaged, or that the open database cannot be used any more."""
    return isinstance(error, _DAMAGE)


def roll_back(connection: Connection) -> None:
    # Also refused after an error that has ended the transaction by itself; the error to report is the first one.
    with suppress(duckdb.Error):
        connection.execute("ROLLBACK")


def put_database_aside(folder: Path) -> list[Path]:
    """Move the closed database and its WAL aside; gives their new names."""
    files = [folder / FILE_NAME, folder / (FILE_NAME + _WAL)]
    return [put_aside(file, folder) for file in files if file.exists()]


def remove_database(file: Path) -> None:
    """Remove a closed database that was not finished."""
    file.unlink(missing_ok=True)
    file.with_name(file.name + _WAL).unlink(missing_ok=True)


def _cause(error: duckdb.Error, file: Path) -> Damaged | LogUnusable:
    for words, cure in _NOT_DAMAGE.items():
        if words in str(error):
            return LogUnusable(f"{file} cannot be opened: {cure}, then start again. ({error})")
    return Damaged(str(error).partition("\n")[0])


def _migrate(connection: Connection, file: Path, progress: Progress) -> None:
    """Apply the numbered SQL files that this database has not seen, each in one transaction."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS kept")
    connection.execute("CREATE TABLE IF NOT EXISTS kept.migrations (name VARCHAR NOT NULL)")
    applied = {name for (name,) in connection.execute("SELECT name FROM kept.migrations").fetchall()}
    ours = {
        script.name: script.read_text(encoding="utf-8")
        for script in resources.files("workbench.log").joinpath("migrations").iterdir()
        if script.name.endswith(".sql")
    }
    if unknown := sorted(applied - set(ours)):
        raise LogUnusable(
            f"{file} was written by a newer version of the workbench (it has {unknown[-1]}): install that version or a "
            "later one, or set WORKBENCH_HOME to another folder."
        )
    missing = sorted(set(ours) - applied)
    for place, name in enumerate(missing, 1):
        if applied:
            progress(
                f"Bringing the log up to this version: step {place} of {len(missing)}; "
                "a million events take half a minute."
            )
        connection.execute("BEGIN")
        connection.execute(ours[name])
        connection.execute("INSERT INTO kept.migrations VALUES (?)", [name])
        connection.execute("COMMIT")


def read_through(connection: Connection) -> None:
    """Read every column of every table, as DuckDB checks a block only when it reads it: 0.35 s for a million events."""
    tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'kept'").fetchall()
    for (table,) in tables:
        connection.execute(f"SELECT bit_xor(hash(COLUMNS(*))) FROM kept.{table}").fetchall()
