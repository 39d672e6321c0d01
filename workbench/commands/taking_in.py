"""Takes exported sessions and transcripts of Claude Code into the log, and says of every file what became of it."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow

from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.client.sync import Client
from workbench.commands import past, surface
from workbench.commands.claude_code import folder
from workbench.commands.claude_code.conversation import digest
from workbench.commands.claude_code.lines import Read, read_lines
from workbench.commands.past import END, HEAD, REQUESTS, VERSION
from workbench.commands.surface import Json, Wrong

EVENTS_AT_ONCE: Final = 5_000
MOST_BYTES: Final = 1 << 29
"""Of one file: it is read into memory whole."""
_IDS_AT_ONCE: Final = 1_000
_MOST_ROWS: Final = 1_000_000
_MOST_RESTORED: Final = 100
_GONE: Final = 410
_ELSEWHERE: Final = "events that another session has"
_IRREGULAR: Final = "pipe, link or device"
_BETWEEN: Final = "new events among old ones; remove the session and import it again to have them"


class _Cut(ValueError):
    """An export that does not have all that it says that it has."""


@dataclass
class Told:
    """What became of a file: the session that it went to, its events that are new and that were here, and what was left out."""

    file: str
    session: str = ""
    taken: int = 0
    known: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def words(self) -> str:
        parts = [f"{self.taken:,} events taken"] if self.taken else []
        parts += [f"{self.known:,} were here already"] if self.known else []
        parts += [
            "left out: " + ", ".join(f"{count:,} {what}" for what, count in sorted(self.left_out.items()))
        ] * bool(self.left_out)
        return "; ".join(parts) or "nothing in it"


@dataclass
class Outcome:
    """What became of all files, and of the sessions in them; `continued` are those taken ones that were here in part."""

    taken: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    continued: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    files: list[Told] = field(default_factory=list)


def take_in(path: Path, *, as_json: bool) -> int:
    """Import everything under the path; gives the exit code."""
    outcome = Outcome()
    files = _files(path, outcome)
    engine = surface.client()
    transcripts: list[folder.Transcript] = []
    for file in files:
        with _Failing(outcome, file, is_named=file == path):
            for body in _exported_in(file, transcripts, outcome):
                told = Told(str(file))
                outcome.files.append(told)
                _take(engine, body, outcome, told)
    for session in folder.sessions_of(transcripts):
        own = session.files[0]
        told = Told(str(own.path), left_out=own.left_out)
        with _Failing(outcome, own.path, is_named=True):
            _take(engine, session.body, outcome, told)
        outcome.files.append(told)
        outcome.files += [Told(str(one.path), session.body["id"], left_out=one.left_out) for one in session.files[1:]]
    told_of = {told.file for told in outcome.files}
    outcome.files += [Told(str(one.path), left_out=one.left_out) for one in transcripts if str(one.path) not in told_of]
    _tell(outcome, as_json=as_json)
    return surface.FAILED if outcome.failed and not (outcome.taken or outcome.known) else 0


class _Failing:
    """Notes why a file failed; the others go on."""

    def __init__(self, outcome: Outcome, file: Path, *, is_named: bool) -> None:
        self._outcome, self._file, self._is_named = outcome, file, is_named

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        match error:
            case past.NotOurs():
                # Beside it in a folder lie the views, which say nothing that the events do not.
                if self._is_named or "missing" in str(error):
                    self._outcome.failed[str(self._file)] = str(error)
            case ApiError() | OSError() | _Cut():
                self._outcome.failed[str(self._file)] = str(error)
            case ValueError() | KeyError() | TypeError() | AttributeError() | pyarrow.ArrowException():
                self._outcome.failed[str(self._file)] = f"{type(error).__name__}: {error}"
            case _:
                return False
        return True


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        every = [vars(one) | {"left_out": dict(one.left_out)} for one in outcome.files]
        surface.print_json(
            {
                "taken": outcome.taken,
                "known": outcome.known,
                "continued": outcome.continued,
                "failed": outcome.failed,
                "files": every,
            }
        )
        return
    more = f" ({len(outcome.continued)} of them went on)" if outcome.continued else ""
    surface.out(f"{len(outcome.taken)} sessions taken in{more}, {len(outcome.known)} were here already")
    for told in outcome.files:
        if told.left_out or not (told.taken or told.known or told.session):
            surface.out(f"{told.file}: {told.words()}")
    for name, reason in outcome.failed.items():
        surface.complain(f"{name} was left out: {reason}")


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _files(path: Path, outcome: Outcome) -> list[Path]:
    """The regular files of the path: a pipe would be waited for, and a link in a folder may lead to a device without an end."""
    if not path.exists():
        raise Wrong(f"{path} is not there; give a folder or a file of an export, or ~/.claude/projects")
    found = [*sorted(path.rglob("*.jsonl")), *sorted(path.rglob("*.parquet"))] if path.is_dir() else [path]
    files = []
    for file in found:
        about = file.stat() if file == path else file.lstat()
        if not stat.S_ISREG(about.st_mode):
            outcome.files.append(Told(str(file), left_out=Counter([_IRREGULAR])))
        elif about.st_size > MOST_BYTES and file.suffix != ".parquet":
            outcome.failed[str(file)] = f"{about.st_size >> 20:,} MiB; at most {MOST_BYTES >> 20} MiB are read"
        else:
            files.append(file)
    if not files and not any("MiB" in reason for reason in outcome.failed.values()):
        raise Wrong(
            f"{path} has no .jsonl file and no .parquet file; give a folder of an export, or ~/.claude/projects"
        )
    return files


def _exported_in(file: Path, transcripts: list[folder.Transcript], outcome: Outcome) -> Iterator[Json]:
    """The exported sessions of the file as bodies of imports; a transcript joins the others, as they are read together."""
    if file.suffix == ".parquet":
        for session, events in past.sessions_of(file):
            yield _body(session, events)
        return
    with file.open("rb") as source:
        content = source.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _Cut(f"at most {MOST_BYTES >> 20} MiB are read")
    read = read_lines(content)
    if read.lines and read.lines[0].get("type") == HEAD:
        if (body := _exported(read)) is not None:
            yield body
        else:
            outcome.files.append(Told(str(file)))
    elif folder.is_transcript(read.lines):
        transcripts.append(folder.transcript_of(file, read))
    elif read.lines or read.left_out:
        what = ", ".join(f"{count} lines {reason}" for reason, count in read.left_out.items())
        raise _Cut("neither an export nor a transcript of Claude Code" + (f" ({what})" if what else ""))
    else:
        outcome.files.append(Told(str(file)))


def _exported(read: Read) -> Json | None:
    head, *lines = read.lines
    events = [line for line in lines if line.get("type") not in ("session.deleted", END)]
    if head.get("version", 1) >= VERSION:
        last = lines[-1] if lines else {}
        count = sum(line.get("type") != END for line in lines)
        if last.get("type") != END or last["events"] != count:
            whole = f" of {last['events']}" if last.get("type") == END else ""
            raise _Cut(f"the file is not whole: it has {count}{whole} events; export it again")
    return _body(head["session"], events) if events else None


def _body(session: Json, events: Sequence[Json]) -> Json:
    requests = [one for one in session.get(REQUESTS, ()) if one.get("model")]

    def named(name: str) -> dict[str, Any]:
        return {one["model_request_start_id"]: one[name] for one in requests if one.get(name)}

    return {
        "id": session["id"],
        "title": session["title"],
        "agent_name": session["agent"]["name"],
        "model": session["agent"]["model"]["id"],
        "project": session["metadata"].get("workbench.project"),
        "source": "export",
        "created_at": session["created_at"],
        "events": [event for event in events if event.get("type") != "session.deleted"],
        "models": named("model"),
        "purposes": {start: purpose for start, purpose in named("purpose").items() if purpose != "answer"},
        "hour_tokens": named("cache_creation_1h_tokens"),
        "web_searches": named("web_searches"),
    }


# ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _take(engine: Client, body: Json, outcome: Outcome, told: Told) -> None:
    """Take a session in, or what it has gone on with since it was; a session that was removed comes back under a new id."""
    if body["source"] == "claude-code":
        _leave_others(engine, body, told)
    for session_id in _own_ids(body["id"]):
        here = body | {"id": session_id}
        told.session = session_id
        if not body["events"] or here["id"] in (*outcome.taken, *outcome.known):
            told.known = len(body["events"])
            return
        try:
            _send(engine, here)
        except ApiError as refused:
            if refused.status == _GONE:
                continue
            if refused.status != 409:
                raise
            _go_on(engine, here, outcome, told)
        else:
            outcome.taken.append(here["id"])
            told.taken = len(here["events"])
        return
    raise _Cut(f"session {body['id']} was removed and restored {_MOST_RESTORED} times")


def _own_ids(session_id: str) -> list[str]:
    """The session's id, and those under which it comes back after it was removed."""
    return [session_id, *("sesn_" + digest("restored", f"{session_id} {time}") for time in range(1, _MOST_RESTORED))]


def _send(engine: Client, body: Json) -> None:
    """All of a session; one in several parts is checked whole before the first is taken."""
    parts = list(_parts(body))
    for part in parts if len(parts) > 1 else ():
        engine.post("/workbench/v1/import", part | {"only_check": True})
    for part in parts:
        engine.post("/workbench/v1/import", part)


def _go_on(engine: Client, body: Json, outcome: Outcome, told: Told) -> None:
    """Of a session that is here: what came behind its last event, as in a transcript that has grown or an import that broke off."""
    # The engine has said that it has a session of this id: it is letters and digits.
    sql = f"SELECT e.id, s.agent_id FROM events AS e JOIN sessions AS s USING (session_id) WHERE session_id = '{body['id']}' ORDER BY e.seq"
    rows = engine.post(paths.SQL, {"sql": sql, "rows": _MOST_ROWS, "unlisted": True})["rows"]
    here = [row[0] for row in rows]
    ids = [event["id"] for event in body["events"]]
    told.known = len(set(ids) & set(here))
    new = len(ids) - told.known
    is_imported = bool(rows) and rows[0][1] == "agent_imported"
    if new and is_imported and ids[: len(here)] == here:
        for part in _parts(body, len(here)):
            engine.post("/workbench/v1/import", part)
        told.taken = new
        outcome.taken.append(body["id"])
        outcome.continued.append(body["id"])
        return
    if new:
        told.left_out[_BETWEEN] += new
    outcome.known.append(body["id"])


def _parts(body: Json, after: int = 0) -> Iterator[Json]:
    """The requests that a session needs, each after the one before."""
    every = body["events"]
    for start in range(after, len(every), EVENTS_AT_ONCE):
        yield body | {"events": every[start : start + EVENTS_AT_ONCE], "after": start}


def _leave_others(engine: Client, body: Json, told: Told) -> None:
    """Leave out the events that other sessions have: of a file that was resumed, when its beginning was imported before."""
    ids = [event["id"] for event in body["events"]]
    others: set[str] = set()
    own = ", ".join(f"'{one}'" for one in _own_ids(body["id"]))
    for start in range(0, len(ids), _IDS_AT_ONCE):
        # Ids that this program made: letters and digits.
        named = ", ".join(f"'{one}'" for one in ids[start : start + _IDS_AT_ONCE])
        sql = (
            f"SELECT id FROM events WHERE session_id NOT IN ({own}) AND session_id LIKE 'sesn_cc%' AND id IN ({named})"
        )
        rows = engine.post(paths.SQL, {"sql": sql, "rows": _MOST_ROWS, "unlisted": True})["rows"]
        others |= {row[0] for row in rows}
    if others:
        kept = [event for event in body["events"] if event["id"] not in others]
        told.left_out[_ELSEWHERE] += len(ids) - len(kept)
        body["events"] = kept
