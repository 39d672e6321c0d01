"""examples:
workbench rm 3fK9aZ                            asks first
workbench rm -y 3fK9aZ 8xY2bB
"""

from __future__ import annotations

import argparse
import sys

from workbench.client import paths
from workbench.commands import surface


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", nargs="+", help="id, or its end")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    sessions = [surface.session(engine, named) for named in options.session]
    if not options.yes:
        _ask([session["id"] for session in sessions])
    return surface.on_each(
        sessions, lambda session_id: engine.delete(paths.session(session_id)), "deleted", as_json=options.json
    )


def _ask(session_ids: list[str]) -> None:
    if not sys.stdin.isatty():
        raise surface.Wrong("deleting takes history and files with it; say -y to mean it")
    surface.out("these sessions go with their history and files: " + ", ".join(session_ids))
    if surface.ask("delete? [y/N] ").lower() not in ("y", "yes"):
        raise surface.Wrong("nothing was deleted")
