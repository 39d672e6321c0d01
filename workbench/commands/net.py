"""examples:
workbench net 3fK9aZ                           every request that wanted out, and what was decided
workbench net -f 3fK9aZ                        then on, until Ctrl-C
workbench net 3fK9aZ --allow api.example.com   let this session reach one more host, from now on
workbench net 3fK9aZ --allow api.example.com --environment
                                               and every later session of its environment
"""

from __future__ import annotations

import argparse
import sys
import time

from workbench.client import Client
from workbench.commands import surface
from workbench.commands.surface import Json, paint
from workbench.text import line

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
    path = f"/workbench/v1/sessions/{session['id']}/network"
    if options.allow:
        scope = "environment" if options.environment else "session"
        allowed = engine.post(path, {"host": options.allow, "scope": scope})
        if options.json:
            surface.print_json(allowed)
        else:
            print(f"{options.allow} is allowed for this {scope}")
        return 0
    seen = _print_after(engine, path, 0, as_json=options.json)
    while options.follow:
        time.sleep(LOOK_EVERY_S)
        seen = _print_after(engine, path, seen, as_json=options.json)
    return 0


def _print_after(engine: Client, path: str, after: int, *, as_json: bool) -> int:
    """Print the decisions from this one on; how many there are now."""
    found = engine.get(path, [("after", str(after))])
    for decision in found["data"]:
        if as_json:
            surface.print_json(decision)
        else:
            print(_told(decision))
    sys.stdout.flush()
    return int(found["after"])


def _told(decision: Json) -> str:
    mark = paint("✓", "green") if decision["allowed"] else paint("✗", "red")
    place = line(f"{decision['method']} {decision['host']}:{decision['port']}".strip(), 80)
    what = []
    if decision["where"]:
        what.append(f"secret put into the {decision['where']}")
    if decision["reason"]:
        what.append(decision["reason"].replace("_", " "))
    return f"{mark} {decision['decided_at'][11:19]} {place} {paint(' · '.join(what), 'dim')}".rstrip()
