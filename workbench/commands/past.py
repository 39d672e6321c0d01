"""Whole sessions in one Parquet file: written event by event, and read again as the lines of their exports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import pyarrow
import pyarrow.parquet

Json = dict[str, Any]

HEAD: Final = "workbench.session"
END: Final = "workbench.end"
VERSION: Final = 2
"""From this one on, a last line says how many events there are, so that a file that was cut short is known as one."""
REQUESTS: Final = "workbench_requests"
"""In a session's record: what the log knows of its model requests besides their events."""
NAME: Final = "events.parquet"
_MARK: Final = (b"workbench", b"sessions 1")
_SCHEMA: Final = pyarrow.schema(
    [
        ("session_id", pyarrow.string()),
        ("seq", pyarrow.int64()),
        ("id", pyarrow.string()),
        ("type", pyarrow.string()),
        ("processed_at", pyarrow.timestamp("us", tz="UTC")),
        ("body", pyarrow.string()),
        ("session", pyarrow.string()),
    ],
    metadata=dict([_MARK]),
)
"""An event a row; `session` is about its session, the same in all of its rows."""
_AT_ONCE: Final = 4096


class NotOurs(ValueError):
    """A Parquet file that holds no exported sessions."""


def write_new(file: Path, content: bytes) -> None:
    """Write a file anew: a link in its place is removed and not followed."""
    file.unlink(missing_ok=True)
    with file.open("xb") as output:
        output.write(content)


class PastFile:
    """The file while it is written; it stands under its name when it is whole."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._beside = file.with_suffix(".part")
        # A link in its place would be written through.
        self._beside.unlink(missing_ok=True)
        # Opened here: a path would be read as text, and perhaps as the address of another file system.
        self._output = self._beside.open("xb")
        self._writer = pyarrow.parquet.ParquetWriter(self._output, _SCHEMA, compression="zstd")

    def __enter__(self) -> PastFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._writer.close()
        self._output.close()
        if kind is None:
            self._beside.replace(self._file)
        else:
            self._beside.unlink(missing_ok=True)

    def through(self, session: Json, events: Iterable[Json]) -> Iterator[Json]:
        """The same events, of which each batch is written when it has gone by."""
        about, rows = json.dumps(session, ensure_ascii=False), []
        for seq, event in enumerate(events, 1):
            moment = datetime.fromisoformat(event["processed_at"])
            body = json.dumps(event, ensure_ascii=False)
            rows.append((session["id"], seq, event["id"], event["type"], moment, body, about))
            yield event
            if len(rows) == _AT_ONCE:
                self._write(rows)
                rows = []
        self._write(rows)

    def _write(self, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            self._writer.write_table(pyarrow.table(columns, schema=_SCHEMA))


def sessions_of(file: Path) -> Iterator[tuple[Json, list[Json]]]:
    """Each session of the file with its events, in order.

    Raises:
        NotOurs: it is another kind of Parquet file, or sessions in it are not whole.
        OSError, pyarrow.ArrowException: it is no Parquet file, or a damaged one.
    """
    with file.open("rb") as content, closing(pyarrow.parquet.ParquetFile(content)) as parquet:
        if (parquet.schema_arrow.metadata or {}).get(_MARK[0]) != _MARK[1]:
            raise NotOurs(f"this is no file of exported sessions; those are called {NAME}")
        about, events = "", list[Json]()
        for batch in parquet.iter_batches(_AT_ONCE, columns=["session", "seq", "body"]):
            for session, seq, body in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                if session != about:
                    if events:
                        yield json.loads(about), events
                    about, events = session, []
                if seq != len(events) + 1:
                    raise NotOurs(f"event {len(events) + 1} of a session is missing; export it again")
                events.append(json.loads(body))
        if events:
            yield json.loads(about), events
