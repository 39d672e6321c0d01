"""Hunks that are named on the command line: looked up by their ids, shown, and handed to the engine."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import diff
from workbench.commands.surface import Json, Wrong


@dataclass(frozen=True)
class Named:
    """A hunk of a file, and the numbers of the lines of it that are meant; none where all of them are."""

    path: str
    hunk: Json
    lines: tuple[int, ...] = ()


def argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hunk",
        action="append",
        default=[],
        metavar="ID[:LINES]",
        help="a hunk, as workbench diff --hunks names it, or lines of it, as in ID:3,5-7; again for more",
    )


def named(engine: Client, session_id: str, ids: Sequence[str]) -> list[Named]:
    """The hunks with these ids, each with its lines behind a colon or with none.

    Raises:
        Wrong: there is none, or its lines are written wrongly.
    """
    if not ids:
        return []
    review = engine.get(paths.own(session_id, "hunks"))
    known = {hunk["id"]: (file["change"]["path"], hunk) for file in review["files"] for hunk in file["hunks"] or ()}
    wanted = {one: one.partition(":")[0] for one in ids}
    if missing := [one for one in wanted.values() if one not in known]:
        raise Wrong(
            f"there is no hunk {', '.join(missing)} any more; workbench diff --hunks names those that there are"
        )
    return [Named(*known[one], _numbers(name, len(known[one][1]["lines"]))) for name, one in wanted.items()]


def _numbers(name: str, most: int) -> tuple[int, ...]:
    """The lines that a name has behind its colon, of so many."""
    hunk, colon, told = name.partition(":")
    if not colon:
        return ()
    numbers: set[int] = set()
    for part in told.split(","):
        first, _, last = part.partition("-")
        begin, end = (int(one) if one.isdecimal() else 0 for one in (first, last or first))
        if not 1 <= begin <= end <= most:
            raise Wrong(f"{name}: lines are numbers from 1 to {most} and ranges of them, as in {hunk}:1,3-5")
        numbers.update(range(begin, end + 1))
    return tuple(sorted(numbers))


def show(hunks: Sequence[Named]) -> None:
    for one in hunks:
        diff.show_hunk(one.path, one.hunk, one.lines)


def order(hunks: Sequence[Named]) -> list[Json]:
    """As the engine is asked for them."""
    return [
        {"path": one.path, "id": one.hunk["id"], **({"lines": list(one.lines)} if one.lines else {})} for one in hunks
    ]
