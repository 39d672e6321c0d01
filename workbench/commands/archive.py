"""examples:
workbench archive 3fK9aZ 8xY2bB                their history stays: workbench logs, workbench sql
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
    return surface.on_each(
        sessions,
        lambda session_id: engine.post(f"{paths.session(session_id)}/archive"),
        "archived",
        as_json=options.json,
    )
