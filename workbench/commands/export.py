"""examples:
  workbench export ~/past                        every session as JSONL, all events and the views as Parquet, into a folder
  workbench export ~/past --session ID           only this one; can be repeated
  workbench export --import ~/past               take exported sessions in again; those that are here already stay
  workbench export --import ~/past/events.parquet   the same from the one Parquet file
  workbench export --import ~/.claude/projects   Claude Code's transcripts: one's past is there from the first day

Imported sessions are archived: they can be asked, searched and dreamt of, and never go on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow

from workbench.client import ApiError, Client
from workbench.commands import past, surface, transcripts
from workbench.commands.surface import Json, Wrong

HEAD: Final = "workbench.session"
END: Final = "workbench.end"
VERSION: Final = 2
"""From this one on, a last line says how many events there are, so that a file that was cut short is known as one."""
VIEWS: Final = ("sessions", "messages", "tool_calls", "model_requests")
MOST_ROWS: Final = 1_000_000
EVENTS_AT_ONCE: Final = 5_000


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="PATH", help="where to write, or with --import what to read")
    parser.add_argument(
        "--session", action="append", default=[], metavar="ID", help="only this session; can be repeated"
    )
    parser.add_argument("--import", action="store_true", dest="takes_in", help="read sessions from PATH instead")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    if options.takes_in:
        return _take_in(options)
    engine = surface.client()
    if options.session:
        sessions = [surface.session(engine, named) for named in options.session]
    else:
        sessions = list(engine.pages("/v1/sessions", [("include_archived", "true"), ("limit", "200")]))
    folder = options.folder.expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    with past.PastFile(folder / past.NAME) as together:
        counts = {session["id"]: _write(engine, session, folder, together) for session in sessions}
    ids = ", ".join(f"'{session_id}'" for session_id in counts) or "''"
    for view in VIEWS:
        body = {
            "sql": f"SELECT * FROM {view} WHERE session_id IN ({ids})",
            "rows": MOST_ROWS,
            "format": "parquet",
            "unlisted": True,
        }
        past.write_new(folder / f"{view}.parquet", engine.post_for_bytes("/workbench/v1/sql", body))
    if options.json:
        surface.print_json(counts)
    else:
        surface.out(
            f"{len(counts)} sessions with {sum(counts.values()):,} events, and {len(VIEWS) + 1} Parquet files, in {folder}"
        )
    return 0


def _write(engine: Client, session: Json, folder: Path, together: past.PastFile) -> int:
    """One session: a first line about it, an event a line as they go over the wire, and how many they are."""
    count = 0
    file = folder / f"{session['id']}.jsonl"
    beside = file.with_suffix(".part")
    pages = engine.pages(f"/v1/sessions/{session['id']}/events", [("limit", "1000")])
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


# ── taking in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _take_in(options: argparse.Namespace) -> int:
    path = options.folder.expanduser()
    files = _files(path)
    engine = surface.client()
    taken: list[str] = []
    known: list[str] = []
    failed: dict[str, str] = {}
    for file in files:
        try:
            for body in _sessions(file):
                if body["id"] not in taken and body["id"] not in known:
                    (taken if _sent(engine, body) else known).append(body["id"])
        except past.NotOurs as foreign:
            # Beside it in a folder lie the views, which say nothing that the events do not.
            if file == path or "missing" in str(foreign):
                failed[str(file)] = str(foreign)
        except (OSError, ValueError, ApiError, KeyError, TypeError, pyarrow.ArrowException) as error:
            failed[str(file)] = (
                str(error) if isinstance(error, ApiError | OSError | _Cut) else f"{type(error).__name__}: {error}"
            )
    if options.json:
        surface.print_json({"taken": taken, "known": known, "failed": failed})
    else:
        surface.out(f"{len(taken)} sessions taken in, {len(known)} were here already")
        for name, reason in failed.items():
            surface.complain(f"{name} was left out: {reason}")
    return surface.FAILED if failed and not taken and not known else 0


class _Cut(ValueError):
    """An export that does not have all that it says that it has."""


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise Wrong(f"{path} is not there; give a folder or a file of an export, or ~/.claude/projects")
    found = [*sorted(path.rglob("*.jsonl")), *sorted(path.rglob("*.parquet"))] if path.is_dir() else [path]
    # A pipe would be waited for, and a link in a folder may lead to a device without an end.
    files = [file for file in found if file.is_file() and (file == path or not file.is_symlink())]
    if not files:
        raise Wrong(
            f"{path} has no .jsonl file and no .parquet file; give a folder of an export, or ~/.claude/projects"
        )
    return files


def _sessions(file: Path) -> Iterator[Json]:
    """What the file holds, as bodies of imports."""
    if file.suffix == ".parquet":
        for session, events in past.sessions_of(file):
            yield _body(session, events)
        return
    text = file.read_text(encoding="utf-8")
    lines = transcripts.read_lines(text)
    if lines and lines[0].get("type") == HEAD:
        found = _exported(lines)
    else:
        found = transcripts.session_of(lines) if transcripts.is_transcript(lines) else None
    if found is not None:
        yield found


def _exported(lines: list[Json]) -> Json | None:
    events = [line for line in lines[1:] if line.get("type") not in ("session.deleted", END)]
    if lines[0].get("version", 1) >= VERSION:
        last = lines[-1]
        count = sum(line.get("type") != END for line in lines[1:])
        if last.get("type") != END or last["events"] != count:
            whole = f" of {last['events']}" if last.get("type") == END else ""
            raise _Cut(f"the file is not whole: it has {count}{whole} events; export it again")
    return _body(lines[0]["session"], events) if events else None


def _body(session: Json, events: list[Json]) -> Json:
    return {
        "id": session["id"],
        "title": session["title"],
        "agent_name": session["agent"]["name"],
        "model": session["agent"]["model"]["id"],
        "project": session["metadata"].get("workbench.project"),
        "source": "export",
        "created_at": session["created_at"],
        "events": [event for event in events if event.get("type") != "session.deleted"],
    }


def _sent(engine: Client, body: Json) -> bool:
    """Whether it was taken in; False for one that is here already. What was begun and broken off before is gone on with."""
    parts = list(_parts(body))
    try:
        for part in parts if len(parts) > 1 else ():
            engine.post("/workbench/v1/import", part | {"only_check": True})
        engine.post("/workbench/v1/import", parts[0])
    except ApiError as refused:
        if refused.status == 409:
            return _gone_on_with(engine, body)
        raise
    for part in parts[1:]:
        engine.post("/workbench/v1/import", part)
    return True


def _gone_on_with(engine: Client, body: Json) -> bool:
    """Whether a session of an import that was broken off lacked something, which it has now."""
    # The engine has said that it has a session of this id: it is letters and digits.
    sql = f"SELECT count(*), max(s.agent_id) FROM events JOIN sessions AS s USING (session_id) WHERE session_id = '{body['id']}'"
    [[have, agent_id]] = engine.post("/workbench/v1/sql", {"sql": sql, "unlisted": True})["rows"]
    if agent_id != "agent_imported" or not 0 < have < len(body["events"]) or have % EVENTS_AT_ONCE:
        return False
    for part in _parts(body):
        if part["after"] >= have:
            engine.post("/workbench/v1/import", part)
    return True


def _parts(body: Json) -> Iterator[Json]:
    """The requests that a session needs, each after the one before."""
    every = body["events"]
    for start in range(0, len(every), EVENTS_AT_ONCE):
        yield body | {"events": every[start : start + EVENTS_AT_ONCE], "after": start}
