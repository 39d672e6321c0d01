"""Takes exported sessions and the records of other agents into the log, and says of every file what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow

from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.client.sync import Client
from workbench.commands import past, surface
from workbench.commands.claude_code import folder
from workbench.commands.claude_code.conversation import UNRECORDED, digest
from workbench.commands.session_files import Cut, Outcome, Told, exported_in, files_of
from workbench.commands.surface import Json

EVENTS_AT_ONCE: Final = 5_000
_IDS_AT_ONCE: Final = 1_000
_MOST_ROWS: Final = 1_000_000
_MOST_RESTORED: Final = 100
_GONE: Final = 410
_ELSEWHERE: Final = "events that another session has"
_TOTALS: Final = "totals that go on from those of another session, which is not among these files"
_BETWEEN: Final = "new events among old ones; remove the session and import it again to have them"


def take_in(places: Sequence[Path], *, as_json: bool) -> int:
    """Import everything under the paths; gives the exit code."""
    outcome = taken(places)
    tell(outcome, as_json=as_json)
    return surface.FAILED if outcome.failed and not (outcome.taken or outcome.known) else 0


def taken(places: Sequence[Path], *, is_growing: bool = False) -> Outcome:
    """What became of everything under the paths; of files that are growing, answers that may grow are left for later."""
    outcome = Outcome()
    files = [file for path in places for file in files_of(path, outcome)]
    engine = surface.client()
    transcripts: list[folder.Transcript] = []
    for file in files:
        with _Failing(outcome, file, is_named=file in places):
            for body in exported_in(file, transcripts, outcome):
                told = Told(str(file))
                outcome.files.append(told)
                _take(engine, body, outcome, told)
    later = [one for one in transcripts if is_growing and one.leave_growing()]
    outcome.is_later = bool(later)
    for other in outcome.others:
        told = Told(str(other.place), left_out=other.left_out)
        with _Failing(outcome, other.place, is_named=True):
            _take(engine, other.body(), outcome, told)
        outcome.files.append(told)
    for session in folder.sessions_of(transcripts):
        own = session.files[0]
        told = Told(str(own.path), left_out=own.left_out, notes=own.notes)
        with _Failing(outcome, own.path, is_named=True):
            _take(engine, session.body, outcome, told)
        outcome.files.append(told)
        outcome.files += [Told(str(one.path), session.body["id"], left_out=one.left_out) for one in session.files[1:]]
    told_of = {told.file for told in outcome.files}
    outcome.files += [Told(str(one.path), left_out=one.left_out) for one in transcripts if str(one.path) not in told_of]
    return outcome


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
            case ApiError() | OSError() | Cut():
                self._outcome.failed[str(self._file)] = str(error)
            case ValueError() | KeyError() | TypeError() | AttributeError() | pyarrow.ArrowException():
                self._outcome.failed[str(self._file)] = f"{type(error).__name__}: {error}"
            case _:
                return False
        return True


def tell(outcome: Outcome, *, as_json: bool) -> None:
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
        if told.left_out or told.notes or not (told.taken or told.known or told.session):
            surface.out(f"{told.file}: {told.words()}")
    for name, reason in outcome.failed.items():
        surface.complain(f"{name} was left out: {reason}")


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
    raise Cut(f"session {body['id']} was removed and restored {_MOST_RESTORED} times")


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
    own = ", ".join(f"'{one}'" for one in _own_ids(body["id"]))
    here: set[str] = set()
    others: set[str] = set()
    for start in range(0, len(ids), _IDS_AT_ONCE):
        # Ids that this program made: letters and digits.
        named = ", ".join(f"'{one}'" for one in ids[start : start + _IDS_AT_ONCE])
        sql = f"SELECT id, session_id IN ({own}) FROM events WHERE session_id LIKE 'sesn_cc%' AND id IN ({named})"
        for event_id, is_own in engine.post(paths.SQL, {"sql": sql, "rows": _MOST_ROWS, "unlisted": True})["rows"]:
            (here if is_own else others).add(event_id)
    if others:
        # The program's count of a fork goes on from its parent's: without that, nothing tells what of it is the fork's own.
        is_fork = ids[0] in others
        totals = {start for start, purpose in body["purposes"].items() if is_fork and purpose == UNRECORDED} - here
        kept = [
            event
            for event in body["events"]
            if event["id"] not in others | totals and event.get("model_request_start_id") not in totals
        ]
        told.left_out[_ELSEWHERE] += len(ids) - len(kept) - 2 * len(totals)
        told.left_out += Counter({_TOTALS: len(totals)})
        body["events"] = kept
