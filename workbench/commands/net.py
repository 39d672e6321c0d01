"""examples:
workbench net 3fK9aZ                           every request that wanted out, and what was decided
workbench net -f 3fK9aZ                        then on, until Ctrl-C; there `a` allows the host that was refused last for the
                                               session, `e` for later ones of its environment too
workbench net 3fK9aZ --allow api.example.com   let this session reach one more host, from now on
workbench net 3fK9aZ --allow api.example.com --environment
                                               and every later session of its environment
"""

from __future__ import annotations

import argparse
import contextlib
import select
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json, paint
from workbench.text.display import exact, line

LOOK_EVERY_S = 0.5


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    parser.add_argument("--allow", metavar="HOST", help="let the session reach this host")
    parser.add_argument(
        "--environment", action="store_true", help="with --allow: for later sessions of its environment too"
    )
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    path = paths.own(session["id"], "network")
    if options.allow:
        scope = "environment" if options.environment else "session"
        allowed = engine.post(path, {"host": options.allow, "scope": scope})
        if options.json:
            surface.print_json(allowed)
        else:
            surface.out(f"{options.allow} is allowed for this {scope}")
        return 0
    watch = Watch(engine, path, as_json=options.json)
    watch.look()
    if options.follow:
        with single_keys() as pressed:
            while True:
                watch.answer(pressed(LOOK_EVERY_S))
                watch.look()
    return 0


class Watch:
    """Prints decisions as they are made, and allows the host that was refused last."""

    def __init__(self, engine: Client, path: str, *, as_json: bool) -> None:
        self._engine = engine
        self._path = path
        self._as_json = as_json
        self._seen = 0
        self._refused = ""

    def look(self) -> None:
        """Print what is new."""
        found = self._engine.get(self._path, [("after", str(self._seen))])
        self._seen = int(found["after"])
        for decision in found["data"]:
            if decision["reason"] == "host_not_allowed":
                self._refused = decision["host"]
            _print(decision, as_json=self._as_json)

    def answer(self, key: str) -> None:
        """Do what the key says; any other key is nothing."""
        scope = {"a": "session", "e": "environment"}.get(key)
        if scope and self._refused:
            self._engine.post(self._path, {"host": self._refused, "scope": scope})
            surface.say(f"{self._refused} is allowed for this {scope}")


@contextlib.contextmanager
def single_keys() -> Iterator[Callable[[float], str]]:
    """A function that waits so many seconds for one key of a terminal, and gives "" where none came or there is none."""
    if not sys.stdin.isatty():
        yield _no_key
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield lambda seconds: sys.stdin.read(1) if select.select([sys.stdin], [], [], seconds)[0] else ""
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _no_key(seconds: float) -> str:
    time.sleep(seconds)
    return ""


def _print(decision: Json, *, as_json: bool) -> None:
    if as_json:
        surface.print_json(decision)
    else:
        surface.out(_told(decision))


def _told(decision: Json) -> str:
    mark = paint("✓", "green") if decision["allowed"] else paint("✗", "red")
    place = line(exact(f"{decision['method']} {decision['host']}:{decision['port']}".strip()), 80)
    what = []
    if decision["where"]:
        what.append(f"secret put into the {decision['where']}")
    if decision["reason"]:
        what.append(decision["reason"].replace("_", " "))
    return f"{mark} {decision['decided_at'][11:19]} {place} {paint(' · '.join(what), 'dim')}".rstrip()
