"""Hunks that are named on the command line: looked up by their ids, shown, and handed to the engine."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import diff
from workbench.commands.surface import Json, Wrong

Named = tuple[str, Json]
"""A file's path and a hunk of it."""


def argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hunk",
        action="append",
        default=[],
        metavar="ID",
        help="a hunk, as workbench diff --hunks names it; again for more",
    )


def named(engine: Client, session_id: str, ids: Sequence[str]) -> list[Named]:
    """The hunks with these ids.

    Raises:
        Wrong: there is none.
    """
    if not ids:
        return []
    review = engine.get(paths.own(session_id, "hunks"))
    known = {hunk["id"]: (file["change"]["path"], hunk) for file in review["files"] for hunk in file["hunks"] or ()}
    if missing := [one for one in ids if one not in known]:
        raise Wrong(
            f"there is no hunk {', '.join(missing)} any more; workbench diff --hunks names those that there are"
        )
    return [known[one] for one in dict.fromkeys(ids)]


def show(hunks: Sequence[Named]) -> None:
    for path, hunk in hunks:
        diff.show_hunk(path, hunk)


def order(hunks: Sequence[Named]) -> list[Json]:
    """As the engine is asked for them."""
    return [{"path": path, "id": hunk["id"]} for path, hunk in hunks]
