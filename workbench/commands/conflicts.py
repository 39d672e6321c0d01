"""Lines in conflict on the command line: shown from both sides, and what is to become of them asked for or given."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any, Final

from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.text.display import exact

TAKES: Final = ("mine", "theirs", "markers")
_CONFLICT: Final = 409


def argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--take",
        choices=TAKES,
        help="of lines in conflict: mine, theirs (the session's), or both between markers",
    )
    parser.add_argument("--force", dest="take", action="store_const", const="theirs", help="the same as --take theirs")


def settled(engine: Client, session_id: str, word: str, order: Mapping[str, Any], options: argparse.Namespace) -> Json:
    """What the engine answers to an order; where lines are in conflict, after they were shown and a person has chosen."""
    path = paths.own(session_id, word)
    try:
        return engine.post(path, {**order, "take": options.take})
    except ApiError as refused:
        if refused.status != _CONFLICT or options.take or not show(engine, session_id):
            raise
        if options.yes or options.json or not sys.stdin.isatty():
            raise
    chosen = surface.ask("of these lines take mine, theirs or markers (both)? [nothing] ").lower()
    if chosen not in TAKES:
        raise Wrong("nothing was applied")
    return engine.post(path, {**order, "take": chosen})


def show(engine: Client, session_id: str) -> bool:
    """Every conflict of the session with what the project has by now, beside the output; whether there is one."""
    files = [file for file in engine.get(paths.own(session_id, "hunks"))["files"] if file["change"]["conflict"]]
    for file in files:
        surface.say(f"! {exact(file['change']['path'])}{'' if file['conflicts'] else said(file['change'])}")
        for line in file["conflicts"]:
            surface.say(f"    {exact(line)}")
    return bool(files)


def said(change: Json) -> str:
    """How a change meets what the project has by now, in some words behind its name."""
    match change["merge"]:
        case "clean":
            return "   merged with your changes"
        case "conflict":
            return "   in conflict with your changes"
        case "unknown":
            return "   seen from your file as it is now: what the session began with is not known"
    return ""
