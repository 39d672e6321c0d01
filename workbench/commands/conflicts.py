"""Lines in conflict on the command line: shown from both sides, and what is to become of them asked for or given."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.text.display import exact

AGAIN: Final = "applied/again"
TAKES: Final = ("mine", "theirs", "markers")
TO_COMMIT: Final = TAKES[:2]
"""What has markers in it is no commit."""
_CONFLICT: Final = 409


def argument(parser: argparse.ArgumentParser, takes: Sequence[str] = TAKES) -> None:
    both = ", or both between markers" if "markers" in takes else ""
    parser.add_argument(
        "--take", choices=takes, help=f"of lines in conflict: mine{',' if both else ' or'} theirs (the session's){both}"
    )
    parser.add_argument("--force", dest="take", action="store_const", const="theirs", help="the same as --take theirs")


def settled(engine: Client, session_id: str, word: str, order: Mapping[str, Any], options: argparse.Namespace) -> Json:
    """What the engine answers to an order; where lines are in conflict, after they were shown and a person has chosen."""
    path = paths.own(session_id, word)
    try:
        return engine.post(path, {**order, "take": options.take})
    except ApiError as refused:
        if refused.status != _CONFLICT or options.take or not show(_files(engine, session_id, word)):
            raise
        if options.yes or options.json or not sys.stdin.isatty():
            raise
    takes = TO_COMMIT if word == "commit" else TAKES
    both = "" if word == "commit" else " or markers (both)"
    chosen = surface.ask(f"of these lines take mine{' or' if not both else ','} theirs{both}? [nothing] ").lower()
    if chosen not in takes:
        raise Wrong("nothing was applied")
    return engine.post(path, {**order, "take": chosen})


def _files(engine: Client, session_id: str, word: str) -> list[Json]:
    """The files that an order is about, or more of them."""
    if word == AGAIN:
        missing: list[Json] = engine.get(paths.own(session_id, "applied"))["missing"]
        return missing
    return of_session(engine, session_id)


def of_session(engine: Client, session_id: str) -> list[Json]:
    """The files that the session changed."""
    files: list[Json] = engine.get(paths.own(session_id, "hunks"))["files"]
    return files


def show(files: Iterable[Json]) -> bool:
    """Those of the files that are in conflict with what the project has by now, beside the output; whether there is one."""
    found = [file for file in files if file["change"]["conflict"]]
    for file in found:
        surface.say(f"! {exact(file['change']['path'])}{'' if file['conflicts'] else said(file['change'])}")
        for line in file["conflicts"]:
            surface.say(f"    {exact(line)}")
    return bool(found)


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
