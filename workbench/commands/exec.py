"""examples:
workbench exec 3fK9aZ -- pytest -q tests          a program with its arguments, which no shell reads
workbench exec 3fK9aZ 'grep -c TODO *.py | sort'   one argument is a line for bash
workbench exec --cwd src -e CI=true --timeout 60 3fK9aZ -- make
workbench exec -i 3fK9aZ -- wc -l < data.csv       with what comes in

In the session's sandbox, beside what its agent does and apart from its shell. Output and errors come apart when the command has
ended, with its exit code; 124 says that its time was over. It ends when this is interrupted. The log has it as yours.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Iterator
from urllib.parse import urlencode

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong

TIMED_OUT = 124
"""As `timeout` has it."""
_PIECE = 1 << 20


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cwd", metavar="DIR", help="where it runs; without it in the session's working directory")
    parser.add_argument("--env", "-e", action="append", default=[], metavar="NAME=VALUE", help="can be repeated")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="ends it with all that it started")
    parser.add_argument("--stdin", "-i", action="store_true", help="give it what comes in here")
    surface.json_flag(parser)
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("argument", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="what runs there")


def run(options: argparse.Namespace) -> int:
    if options.argument[:1] != ["--"] and options.argument and options.argument[0].startswith("-"):
        raise Wrong(
            f"{options.argument[0]} stands behind the session: write options before it, and the command behind --"
        )
    words = options.argument[1:] if options.argument[:1] == ["--"] else options.argument
    if not words:
        raise Wrong("no command: write it behind the session, as in `workbench exec 3fK9aZ -- ls -l`")
    engine = surface.client()
    session_id = surface.session(engine, options.session)["id"]
    body: Json = {"command": words[0] if len(words) == 1 else words}
    body |= {name: value for name, value in (("cwd", options.cwd), ("timeout_s", options.timeout)) if value is not None}
    if options.env:
        body["env"] = dict(map(_variable, options.env))
    given = f"/tmp/workbench-stdin-{secrets.token_hex(8)}" if options.stdin else None
    try:
        if given is not None:
            engine.put(f"{paths.own(session_id, 'sandbox/files')}?{urlencode({'path': given})}", _input())
            body["stdin"] = given
        ran = engine.post(paths.own(session_id, "sandbox/exec"), body)
    finally:
        if given is not None:
            _forget(engine, session_id, given)
    surface.print_json(ran) if options.json else _show(ran)
    return TIMED_OUT if ran["timed_out"] else int(ran["exit_code"])


def _variable(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise Wrong(f"--env {given}: must be NAME=VALUE")
    return name, value


def _input() -> Iterator[bytes]:
    while piece := sys.stdin.buffer.read(_PIECE):
        yield piece


def _forget(engine: Client, session_id: str, path: str) -> None:
    engine.post(paths.own(session_id, "sandbox/exec"), {"command": ["rm", "-f", path]})


def _show(ran: Json) -> None:
    surface.data(ran["stdout"])
    surface.errors(ran["stderr"])
    for name in ("stdout", "stderr"):
        if cut := ran[f"{name}_cut_bytes"]:
            surface.say(f"{name}: {cut:,} bytes came before what is shown; have the command write them to a file")
    if ran["timed_out"]:
        surface.complain("the command was ended, as its time was over")
