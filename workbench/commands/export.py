"""examples:
  workbench export ~/past                        every session as JSONL, all events and the views as Parquet, into a folder
  workbench export ~/past --session ID           only this one; can be repeated

`workbench import PATH` takes them in again; --import is an older way to say so.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import past, surface, taking_in
from workbench.commands.past import END, HEAD, REQUESTS, VERSION
from workbench.commands.surface import Json

VIEWS: Final = ("sessions", "messages", "tool_calls", "model_requests")
MOST_ROWS: Final = 1_000_000
REQUEST: Final = (
    "model_request_start_id",
    "model",
    "purpose",
    "cache_creation_1h_tokens",
    "web_searches",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="PATH", help="where to write, or with --import what to read")
    parser.add_argument(
        "--session", action="append", default=[], metavar="ID", help="only this session; can be repeated"
    )
    parser.add_argument("--import", action="store_true", dest="takes_in", help="as workbench import PATH")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    if options.takes_in:
        return taking_in.take_in([options.folder.expanduser()], as_json=options.json)
    engine = surface.client()
    if options.session:
        sessions = [surface.session(engine, named) for named in options.session]
    else:
        sessions = list(engine.pages(paths.SESSIONS, [("include_archived", "true"), ("limit", "200")]))
    folder = options.folder.expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    with past.PastFile(folder / past.NAME) as together:
        counts = {session["id"]: _write(engine, _whole(engine, session), folder, together) for session in sessions}
    ids = ", ".join(f"'{session_id}'" for session_id in counts) or "''"
    for view in VIEWS:
        body = {
            "sql": f"SELECT * FROM {view} WHERE session_id IN ({ids})",
            "rows": MOST_ROWS,
            "format": "parquet",
            "unlisted": True,
        }
        past.write_new(folder / f"{view}.parquet", engine.post_for_bytes(paths.SQL, body))
    if options.json:
        surface.print_json(counts)
    else:
        surface.out(
            f"{len(counts)} sessions with {sum(counts.values()):,} events, and {len(VIEWS) + 1} Parquet files, in {folder}"
        )
    return 0


def _whole(engine: Client, session: Json) -> Json:
    """The session with what the log knows of its model requests besides their events."""
    # An id of the engine's own: letters and digits.
    sql = f"SELECT {', '.join(REQUEST)} FROM model_requests WHERE session_id = '{session['id']}' ORDER BY seq"
    rows = engine.post(paths.SQL, {"sql": sql, "rows": MOST_ROWS, "unlisted": True})["rows"]
    return session | {REQUESTS: [dict(zip(REQUEST, row, strict=True)) for row in rows]}


def _write(engine: Client, session: Json, folder: Path, together: past.PastFile) -> int:
    """One session: a first line about it, an event a line as they go over the wire, and how many they are."""
    count = 0
    file = folder / f"{session['id']}.jsonl"
    beside = file.with_suffix(".part")
    pages = engine.pages(paths.events(session["id"]), [("limit", "1000")])
    beside.unlink(missing_ok=True)
    # Not through a link that somebody has put there.
    with beside.open("x", encoding="utf-8") as output:
        output.write(json.dumps({"type": HEAD, "version": VERSION, "session": session}, ensure_ascii=False) + "\n")
        for event in together.through(session, (event for event in pages if event.get("processed_at"))):
            output.write(json.dumps(event, ensure_ascii=False) + "\n")
            count += 1
        output.write(json.dumps({"type": END, "events": count}) + "\n")
    beside.replace(file)
    return count
