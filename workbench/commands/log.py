"""examples:
workbench down && workbench log rebuild        makes the DuckDB file anew from the journal
"""

from __future__ import annotations

import argparse
import asyncio

from workbench import settings
from workbench.client.sync import connect
from workbench.commands import surface
from workbench.contracts.log import LogUnusable
from workbench.log import rebuild


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["rebuild"])


def run(options: argparse.Namespace) -> int:
    place = settings.load()
    if connect(place) is not None:
        raise surface.Wrong(f"the engine is using the log; first: workbench down, then: workbench log {options.action}")
    said: list[str] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        surface.say(sentence)

    try:
        notices = asyncio.run(rebuild(place.log, say))
    except LogUnusable as error:
        raise surface.Wrong(str(error)) from None
    for notice in notices:
        if notice not in said:
            surface.say(notice)
    surface.out("rebuilt")
    return 0
