"""Writing a statement's whole answer into a file of this machine: CSV, JSON or Parquet, by the file's ending."""

from __future__ import annotations

import asyncio
import csv
import json
import os
from pathlib import Path
from typing import Any, Final

from workbench.client import paths
from workbench.client.app import Engine

Json = dict[str, Any]

ENDINGS: Final = (".csv", ".json", ".parquet")
MOST_ROWS: Final = 1_000_000


class NotWritten(Exception):
    """The file cannot be written; the text says why."""


def free_name(folder: Path) -> str:
    """A name that no file of the folder has, whatever its ending."""
    taken = {file.stem for file in folder.iterdir()}
    return next(f"workbench-{number}" for number in range(1, len(taken) + 2) if f"workbench-{number}" not in taken)


async def export(engine: Engine, statement: str, name: str, result: Json) -> str:
    """Write the answer of a statement, of which `result` is on the screen, into a new file; gives what was done.

    Raises:
        NotWritten: the name has no known ending, the file is there already, or the disk refuses.
        ApiError, EngineAway: the engine does not answer it again.
    """
    file = Path(name.strip()).expanduser()
    if file.suffix not in ENDINGS:
        raise NotWritten(f"the name says what is written: end it with {', '.join(ENDINGS)}")
    if file.exists():
        raise NotWritten(f"{file.name} is there already: take another name ({file.parent})")
    if not file.parent.is_dir():
        raise NotWritten(f"{file.parent} is no folder: make it first")
    whole = {"sql": statement, "rows": MOST_ROWS, "seconds": 120, "unlisted": True}
    if file.suffix == ".parquet":
        content = await engine.post_for_bytes(paths.SQL, whole | {"format": "parquet"})
        said = f"{len(content):,} bytes"
    else:
        if result["truncated"]:
            result = await engine.post(paths.SQL, whole)
        content = await asyncio.to_thread(_csv if file.suffix == ".csv" else _json, result)
        said = f"{len(result['rows']):,} rows" + (", which is not all of them" if result["truncated"] else "")
    try:
        await asyncio.to_thread(_write, file, content)
    except OSError as error:
        raise NotWritten(f"{file.name} cannot be written: {error.strerror or error} ({file.parent})") from error
    return f"{file.name}: {said} ({file.absolute().parent})"


def _write(file: Path, content: bytes) -> None:
    with file.open("xb") as output:
        output.write(content)


def _csv(result: Json) -> bytes:
    lines = _Lines()
    writer = csv.writer(lines, lineterminator=os.linesep)
    writer.writerow(result["columns"])
    writer.writerows([[cell_text(cell) for cell in row] for row in result["rows"]])
    return "".join(lines.written).encode(errors="surrogatepass")


def _json(result: Json) -> bytes:
    named = [dict(zip(result["columns"], row, strict=True)) for row in result["rows"]]
    return json.dumps(named, ensure_ascii=False).encode(errors="surrogatepass")


class _Lines:
    """What the CSV writer writes to."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, line: str) -> None:
        self.written.append(line)


def cell_text(cell: Any) -> str:
    """A value as it stands in a row."""
    if cell is None:
        return ""
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list | bool) else str(cell)
