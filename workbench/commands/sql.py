"""examples:
  workbench sql "select tool, count(*), median(duration_ms) from tool_calls group by 1"
  workbench sql "from sessions" --format json
  workbench sql "from events" --format parquet -o events.parquet
  workbench sql "show tables"                    the views; describe tool_calls shows one
  workbench sql --saved                          the saved questions; --saved slowest asks one
  workbench sql "from search('port 5433')"       full text over all sessions, as workbench search has it
  workbench sql --history                        what was asked before, with times and errors
  echo "from errors" | workbench sql -

Read-only, and sees what happened a moment ago. Ctrl-C stops the query. Days and hours are those of your own time zone, and so are moments
in tables; in JSON, CSV and Parquet moments are UTC.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

from workbench.client import paths
from workbench.client.saved_questions import SAVED
from workbench.client.zoned_rows import zone_of, zoned_rows
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.text.display import line

CELL_WIDTH = 60


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sql", nargs="?", help="one statement; - reads it from standard input")
    parser.add_argument(
        "--saved", nargs="?", const="", metavar="NAME", help="ask a saved question; without a name, list them"
    )
    parser.add_argument("--history", action="store_const", const="history", dest="saved", help="what was asked before")
    parser.add_argument("--format", choices=["table", "json", "csv", "parquet"], default="table")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="short for --format json")
    parser.add_argument("-o", dest="file", type=Path, help="write to this file")
    parser.add_argument("--rows", type=int, default=10_000, help="at most this many rows (default 10000)")
    parser.add_argument("--seconds", type=float, default=30.0, help="at most this long (default 30)")


def run(options: argparse.Namespace) -> int:
    if options.saved == "" and options.sql is None:
        rows = [[saved.name, saved.title] for saved in SAVED]
        surface.out(surface.table(rows, ["name", "question"]))
        return 0
    statement = _statement(options)
    body: Json = {"sql": statement, "rows": options.rows, "seconds": options.seconds}
    engine = surface.client()
    if options.format == "parquet":
        if options.file is None and sys.stdout.isatty():
            raise Wrong("parquet is not for a terminal; add -o FILE.parquet")
        _write_bytes(engine.post_for_bytes(paths.SQL, body | {"format": "parquet"}), options.file)
        return 0
    result = engine.post(paths.SQL, body)
    if options.file is None:
        _show(result, options.format)
    else:
        with options.file.open("w", encoding="utf-8", newline="") as output:
            output.write(_written(result, options.format))
    if (zone := zone_of(result)) and options.format == "table":
        surface.say(f"times are those of {zone}")
    if result["truncated"]:
        surface.say(f"only the first {len(result['rows']):,} rows; --rows N shows more")
    return 0


def _statement(options: argparse.Namespace) -> str:
    if (options.sql is None) == (options.saved is None):
        raise Wrong(
            'write one statement: workbench sql "from sessions", or name a saved one: workbench sql --saved slowest'
        )
    if options.sql is not None:
        return sys.stdin.read() if options.sql == "-" else str(options.sql)
    found = next((saved.sql for saved in SAVED if saved.name == options.saved), None)
    if found is None:
        raise Wrong(f"there is no saved question {options.saved!r}; workbench sql --saved lists them")
    return found


def _write_bytes(content: bytes, file: Path | None) -> None:
    if file is None:
        sys.stdout.buffer.write(content)
    else:
        file.write_bytes(content)


def _show(result: Json, form: str) -> None:
    match form:
        case "json":
            surface.print_json_line(_named(result))
        case "csv":
            surface.data(_written(result, form))
        case _:
            surface.out(_table(result))


def _written(result: Json, form: str) -> str:
    match form:
        case "json":
            return json.dumps(_named(result), ensure_ascii=False) + "\n"
        case "csv":
            output = io.StringIO(newline="")
            writer = csv.writer(output, lineterminator=os.linesep)
            writer.writerow(result["columns"])
            writer.writerows([[_flat(cell) for cell in row] for row in result["rows"]])
            return output.getvalue()
        case _:
            return _table(result) + "\n"


def _named(result: Json) -> list[Json]:
    """Rows of named values; columns of the same name would swallow each other."""
    return [dict(zip(result["columns"], row, strict=True)) for row in result["rows"]]


def _table(result: Json) -> str:
    """The rows with moments in the zone in which days and hours are counted."""
    rows = [[line(_flat(cell), CELL_WIDTH) for cell in row] for row in zoned_rows(result)]
    return surface.table(rows, result["columns"])


def _flat(cell: Any) -> str:
    if cell is None:
        return ""
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list | bool) else str(cell)
