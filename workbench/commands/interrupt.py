"""examples:
workbench interrupt 3fK9aZ
"""

from __future__ import annotations

import argparse

from workbench.client import paths
from workbench.commands import surface


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", nargs="+", help="id, or its end")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    sessions = [surface.session(engine, named) for named in options.session]
    stop = {"events": [{"type": "user.interrupt"}]}
    return surface.on_each(
        sessions,
        lambda session_id: engine.post(paths.events(session_id), stop),
        "interrupted",
        as_json=options.json,
    )
