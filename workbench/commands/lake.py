"""examples:
workbench lake set "postgres:host=db.example.com dbname=agents" --data s3://team/agents/
                                               a DuckLake of the team's; its password stands in ~/.pgpass
workbench lake share 3fK9aZ 7hQ2bC             these sessions may be seen by the team, from now on and as a whole
workbench lake push                            what is new of them
workbench lake push --follow                   and again every minute
workbench lake sql "select person, sum(usd) from sessions group by all"
workbench lake unshare 3fK9aZ                  and what was pushed of it is taken out

Only sessions that were shared leave this machine, each event once: what is there is asked before anything is sent.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import getpass
import json
import secrets
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workbench import settings
from workbench.client import paths
from workbench.client.errors import ApiError, EngineAway
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.text import display

if TYPE_CHECKING:
    from workbench.log.lake import Lake

FILE_NAME: Final = "lake.json"
EVERY_S: Final = 60.0
KEY: Final = "workbench.lake"


@dataclass(frozen=True)
class Place:
    """Where the lake is, and under which names this log's rows stand in it."""

    catalog: str
    data: str
    machine: str
    person: str


def arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True, metavar="set|share|unshare|push|sql|status")
    place = words.add_parser("set", help="say where the lake is")
    place.add_argument("catalog", help="of DuckLake, such as postgres:host=… dbname=…, or a file")
    place.add_argument("--data", required=True, metavar="PATH", help="where its Parquet files lie: a folder, or s3://…")
    place.add_argument("--person", default=getpass.getuser(), help="whose rows these are (default: your login)")
    for word, what in (("share", "give sessions to the lake"), ("unshare", "take sessions out of it")):
        words.add_parser(word, help=what).add_argument("session", nargs="+")
    push = words.add_parser("push", help="send what is new of shared sessions")
    push.add_argument("--follow", action="store_true", help="again every minute, until Ctrl-C")
    ask = words.add_parser("sql", help="ask all that the team has shared")
    ask.add_argument("statement", help="over `events` and `sessions`, each with `person` and `machine`")
    status = words.add_parser("status", help="where it is, and what is shared")
    for one in (push, ask, status):
        surface.json_flag(one)


def run(options: argparse.Namespace) -> int:
    # Late: DuckDB is not for every word.
    from workbench.log.lake import LakeFailed

    acts = {"set": _set, "share": _share, "unshare": _unshare, "push": _push, "sql": _sql, "status": _status}
    try:
        return acts[options.word](options)
    except LakeFailed as failed:
        raise Wrong(f"the lake: {failed}") from None


def _file() -> Path:
    return settings.load().config / FILE_NAME


def _place() -> Place:
    try:
        return Place(**json.loads(_file().read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise Wrong('no lake is set: workbench lake set "postgres:host=… dbname=…" --data PATH') from None
    except (OSError, ValueError, TypeError) as error:
        raise Wrong(f"{_file()}: {error}; set it again with `workbench lake set`") from None


def _set(options: argparse.Namespace) -> int:
    from workbench.log import lake

    if lake.has_password(options.catalog) or lake.has_password(options.data):
        raise Wrong("a password stands in no address: PostgreSQL reads ~/.pgpass, S3 the credential chain of its SDK")
    machine = f"{socket.gethostname()}-{secrets.token_hex(4)}"
    with contextlib.suppress(Wrong):
        machine = _place().machine
    place = Place(options.catalog, options.data, machine, options.person)
    with lake.opened(place.catalog, place.data, place.machine, place.person):
        pass
    settings.make_private(_file().parent)
    _file().write_text(json.dumps(asdict(place), indent=2) + "\n", encoding="utf-8")
    _file().chmod(0o600)
    surface.say("the lake is there; `workbench lake share SESSION` gives it a session, `workbench lake push` sends it")
    return 0


def _share(options: argparse.Namespace) -> int:
    return _mark(options, "yes", "shared with the lake")


def _unshare(options: argparse.Namespace) -> int:
    engine = surface.client()
    found = [surface.session(engine, one)["id"] for one in options.session]
    place = _place()
    with _alone(), _opened(place) as lake:
        code = _mark(options, None, "no more shared")
        lake.remove(found)
    return code


def _mark(options: argparse.Namespace, word: str | None, done: str) -> int:
    engine = surface.client()
    for session in [surface.session(engine, one) for one in options.session]:
        engine.post(paths.session(session["id"]), {"metadata": {KEY: word}})
        surface.say(f"{surface.short(session['id'])} {done}")
    return 0


def _shared(engine: Client) -> list[str]:
    found = engine.pages(paths.SESSIONS, [("include_archived", "true"), ("limit", "1000")])
    return [one["id"] for one in found if one["metadata"].get(KEY)]


def _push(options: argparse.Namespace) -> int:
    engine, place, pause = surface.client(), _place(), threading.Event()
    told = _once(engine, place)
    _tell(told, as_json=options.json)
    while options.follow:
        pause.wait(EVERY_S)
        try:
            told = _once(engine, place)
        except (Wrong, ApiError, EngineAway) as error:
            surface.complain(f"{error}; tried again in {EVERY_S:.0f} s")
            continue
        if told["events"]:
            _tell(told, as_json=options.json)
    return 0


def _once(engine: Client, place: Place) -> Json:
    """Send until nothing is new; each batch is there as a whole or not at all."""
    from workbench.log import lake

    shared, sent = _shared(engine), 0
    if not shared:
        return {"sessions": 0, "events": 0}
    with _alone(), _opened(place) as team, tempfile.TemporaryDirectory() as folder:
        events, sessions = Path(folder) / "events.parquet", Path(folder) / "sessions.parquet"
        _written(engine, lake.records_of(shared), sessions)
        while True:
            _written(engine, lake.beyond(team.known(), shared), events)
            new = team.push(events, sessions)
            sent += new
            if new < lake.BATCH:
                break
        team.tidy()
    return {"sessions": len(shared), "events": sent}


def _written(engine: Client, statement: str, file: Path) -> None:
    from workbench.log.lake import BATCH

    body = {"sql": statement, "format": "parquet", "rows": BATCH, "seconds": 120, "unlisted": True}
    file.write_bytes(engine.post_for_bytes(paths.SQL, body))


def _tell(told: Json, *, as_json: bool) -> None:
    if as_json:
        surface.print_json_line(told)
    elif not told["sessions"]:
        surface.say("no session is shared; workbench lake share SESSION gives the lake one")
    else:
        surface.out(f"{told['events']:,} new events of {told['sessions']} shared sessions are in the lake")


def _sql(options: argparse.Namespace) -> int:
    place = _place()
    with _opened(place, reads=True) as lake:
        columns, rows = lake.ask(options.statement)
    if options.json:
        surface.print_json([dict(zip(columns, map(_plain, row), strict=True)) for row in rows])
    else:
        surface.out(
            surface.table([[display.line(str(_plain(cell) or ""), 60) for cell in row] for row in rows], columns)
        )
    return 0


def _plain(cell: object) -> object:
    return cell if cell is None or isinstance(cell, str | int | float | bool) else str(cell)


def _status(options: argparse.Namespace) -> int:
    place, engine = _place(), surface.client()
    told = {**asdict(place), "shared": _shared(engine)}
    if options.json:
        surface.print_json(told)
        return 0
    surface.out(f"{place.catalog}, files in {place.data}; rows of {place.person} on {place.machine}")
    surface.out(f"{len(told['shared'])} sessions are shared")
    return 0


@contextlib.contextmanager
def _opened(place: Place, *, reads: bool = False) -> Iterator[Lake]:
    from workbench.log import lake

    with lake.opened(place.catalog, place.data, place.machine, place.person, reads=reads) as found:
        yield found


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One push at a time from this machine: two would each send what the other has not finished sending."""
    with open(_file().with_suffix(".lock"), "w", encoding="ascii") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
