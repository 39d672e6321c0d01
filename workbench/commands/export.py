"""examples:
  workbench export ~/past                        every session as JSONL, and the views as Parquet, into a folder
  workbench export ~/past --session ID           only this one; can be repeated
  workbench export --import ~/past               take exported sessions in again; those that are here already stay
  workbench export --import ~/.claude/projects   Claude Code's transcripts: one's past is there from the first day

Imported sessions are archived: they can be asked, searched and dreamt of, and never go on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workbench.client import ApiError, Client
from workbench.commands import surface, transcripts
from workbench.commands.surface import Json, Wrong

HEAD: Final = "workbench.session"
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
    counts = {session["id"]: _write(engine, session, folder / f"{session['id']}.jsonl") for session in sessions}
    ids = ", ".join(f"'{session_id}'" for session_id in counts) or "''"
    for view in VIEWS:
        body = {
            "sql": f"SELECT * FROM {view} WHERE session_id IN ({ids})",
            "rows": MOST_ROWS,
            "format": "parquet",
            "unlisted": True,
        }
        (folder / f"{view}.parquet").write_bytes(engine.post_for_bytes("/workbench/v1/sql", body))
    if options.json:
        surface.print_json(counts)
    else:
        print(
            f"{len(counts)} sessions with {sum(counts.values()):,} events, and {len(VIEWS)} Parquet files, in {folder}"
        )
    return 0


def _write(engine: Client, session: Json, file: Path) -> int:
    """One session: a first line about it, then an event a line as they go over the wire; gives how many."""
    count = 0
    beside = file.with_suffix(".part")
    with beside.open("w", encoding="utf-8") as output:
        output.write(json.dumps({"type": HEAD, "session": session}, ensure_ascii=False) + "\n")
        for event in engine.pages(f"/v1/sessions/{session['id']}/events", [("limit", "1000")]):
            if event.get("processed_at"):
                output.write(json.dumps(event, ensure_ascii=False) + "\n")
                count += 1
    beside.replace(file)
    return count


# ── taking in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _take_in(options: argparse.Namespace) -> int:
    files = _files(options.folder.expanduser())
    engine = surface.client()
    taken: list[str] = []
    known: list[str] = []
    failed: dict[str, str] = {}
    for file in files:
        try:
            body = _session(file)
            if body is not None:
                (taken if _sent(engine, body) else known).append(body["id"])
        except (OSError, UnicodeDecodeError, ApiError, KeyError, TypeError) as error:
            failed[str(file)] = (
                f"{type(error).__name__}: {error}" if isinstance(error, KeyError | TypeError) else str(error)
            )
    if options.json:
        surface.print_json({"taken": taken, "known": known, "failed": failed})
    else:
        print(f"{len(taken)} sessions taken in, {len(known)} were here already")
        for name, reason in failed.items():
            surface.complain(f"{name} was left out: {reason}")
    return surface.FAILED if failed and not taken and not known else 0


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise Wrong(f"{path} is not there; give a folder of an export, or ~/.claude/projects")
    files = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
    if not files:
        raise Wrong(f"{path} has no .jsonl file; give a folder of an export, or ~/.claude/projects")
    return files


def _session(file: Path) -> Json | None:
    """What the file holds, as the body of an import; None where it holds no session."""
    lines = transcripts.read_lines(file.read_text(encoding="utf-8"))
    if not lines:
        return None
    if lines[0].get("type") == HEAD:
        return _exported(lines)
    return transcripts.session_of(lines) if transcripts.is_transcript(lines) else None


def _exported(lines: list[Json]) -> Json | None:
    session, events = lines[0]["session"], [line for line in lines[1:] if line.get("type") != "session.deleted"]
    if not events:
        return None
    return {
        "id": session["id"],
        "title": session["title"],
        "agent_name": session["agent"]["name"],
        "model": session["agent"]["model"]["id"],
        "project": session["metadata"].get("workbench.project"),
        "source": "export",
        "created_at": session["created_at"],
        "events": events,
    }


def _sent(engine: Client, body: Json) -> bool:
    """Whether it was taken in; False for one that is here already."""
    for part in _parts(body):
        try:
            engine.post("/workbench/v1/import", part)
        except ApiError as refused:
            if refused.status == 409 and not part.get("after"):
                return False
            raise
    return True


def _parts(body: Json) -> Iterator[Json]:
    """The requests that a session needs, each after the one before."""
    every = body["events"]
    for start in range(0, len(every), EVENTS_AT_ONCE):
        yield body | {"events": every[start : start + EVENTS_AT_ONCE], "after": start}
