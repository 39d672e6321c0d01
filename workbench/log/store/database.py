"""The DuckDB file: opened with its limits, its views put as they are now, read through for damage, and taken out of the way when damaged."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Final

import duckdb

from workbench.contracts.log import LogUnusable
from workbench.log.asking.priority import give_way, threads
from workbench.log.journal.segments import put_aside
from workbench.log.store.time_zone import local_zone

Connection = duckdb.DuckDBPyConnection

FILE_NAME: Final = "log.duckdb"
VERSION: Final = 41
"""The version of `schema.sql`. Tables of an earlier one are made anew from the journal; views and macros have no version."""
_FOLDER: Final = resources.files("workbench.log.store")
_WAL: Final = ".wal"

_SETTINGS: Final = (
    # With two, a heavy question on two cores doubled the wait of those who write; with one they do not notice it.
    "threads = 1",
    "memory_limit = '1GB'",
    "max_temp_directory_size = '4GB'",
    # What a question gives back goes to the system in a second or two, and not only when somebody asks again.
    "allocator_background_threads = true",
    "checkpoint_threshold = '64MB'",
    # It would be drawn on the output of a slow statement's caller.
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


class Outdated(Exception):
    """The database's tables are of an earlier version; `position` is the last record of the journal that they have."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


class Damaged(Exception):
    """The database file or its WAL is damaged; the text is DuckDB's."""


def connect(file: Path) -> Connection:
    """Open the file, put its views as this program has them, and read it through once.

    Raises:
        Outdated: its tables are of an earlier version.
        Damaged: it does not open, or a block of it fails its checksum.
        LogUnusable: another program has it open, it is of a newer version, the disk is full.
    """
    connection: Connection | None = None
    try:
        before = threads()
        connection = duckdb.connect(str(file.absolute()))
        # What people ask by days and hours is meant in their own zone; on the wire moments are UTC.
        for setting in (f"TimeZone = '{local_zone()}'", *_SETTINGS):
            connection.execute(f"SET {setting}")
        for thread in threads() - before:
            give_way(thread)
        _prepare(connection, file)
        read_through(connection)
    except duckdb.Error as error:
        if connection is not None:
            connection.close()
        raise _cause(error, file) from error
    except (LogUnusable, Outdated):
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


def _prepare(connection: Connection, file: Path) -> None:
    """Make the tables of an empty database, refuse those of another version, and put views and macros as they are now.

    Raises:
        Outdated: the tables are of an earlier version.
        LogUnusable: the tables are of a later version.
    """
    connection.execute("CREATE SCHEMA IF NOT EXISTS kept")
    version, definitions = _version(connection)
    if version > VERSION:
        raise LogUnusable(
            f"{file} was written by a newer version of the workbench (its tables are {version}, not {VERSION}): install that "
            "version or a later one, or set WORKBENCH_HOME to another folder."
        )
    if 0 < version < VERSION:
        raise Outdated(*connection.execute("SELECT max(position) FROM kept.carried").fetchall()[0])
    scripts = _scripts()
    ours = hashlib.sha256("".join(scripts).encode()).hexdigest()
    if definitions == ours:
        return
    connection.execute("BEGIN")
    if version == 0:
        connection.execute(_FOLDER.joinpath("schema.sql").read_text(encoding="utf-8"))
    _drop_definitions(connection)
    for script in scripts:
        connection.execute(script)
    connection.execute("CREATE OR REPLACE TABLE kept.version (number INTEGER NOT NULL, definitions VARCHAR NOT NULL)")
    connection.execute("INSERT INTO kept.version VALUES (?, ?)", [VERSION, ours])
    connection.execute("DROP TABLE IF EXISTS kept.migrations")
    connection.execute("COMMIT")


def _version(connection: Connection) -> tuple[int, str]:
    """The version of the tables, 0 where there are none, and the digest of the views and macros beside them."""
    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "version" in tables:
        return connection.execute("SELECT number, definitions FROM kept.version").fetchall()[0]
    if "migrations" not in tables:
        return 0, ""
    # Versions before tables had a number noted the scripts that made them.
    scripts = [name for (name,) in connection.execute("SELECT max(name) FROM kept.migrations").fetchall()]
    return max((int(name[:4]) for name in scripts if name), default=1), ""


def _scripts() -> list[str]:
    """The SQL of all macros and views, the macros first."""
    files = [
        sorted(
            (file for file in _FOLDER.joinpath(folder).iterdir() if file.name.endswith(".sql")),
            key=lambda file: file.name,
        )
        for folder in ("macros", "views")
    ]
    return [file.read_text(encoding="utf-8") for group in files for file in group]


def _drop_definitions(connection: Connection) -> None:
    for (name,) in connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall():
        connection.execute(f"DROP VIEW {name}")
    kinds = connection.execute(
        "SELECT DISTINCT function_name, function_type FROM duckdb_functions() WHERE NOT internal AND function_type LIKE '%macro'"
    ).fetchall()
    for name, kind in kinds:
        connection.execute(f"DROP MACRO {'TABLE ' if kind == 'table_macro' else ''}{name}")


def read_through(connection: Connection) -> None:
    """Read every column of every table, as DuckDB checks a block only when it reads it: 0.35 s for a million events."""
    tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'kept'").fetchall()
    for (table,) in tables:
        connection.execute(f"SELECT bit_xor(hash(COLUMNS(*))) FROM kept.{table}").fetchall()
