"""/workbench/v1/log: the end of what the engine writes about itself, and what came since a place in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.wire import answer
from workbench.contracts.values import Json
from workbench.memory.stores.secrets import without_secrets

MOST_BYTES: Final = 64 * 1024
MOST_LINE: Final = 1000


def routes(file: Callable[[], Path]) -> list[Route]:
    async def log(request: Request) -> Response:
        after = lists.number(request, "after", least=0) if request.query_params.get("after") else None
        return answer(await asyncio.to_thread(tail, file(), after))

    return [Route("/workbench/v1/log", log, methods=["GET"])]


def tail(file: Path, after: int | None) -> Json:
    """Whole lines behind a position, or the last ones; `is_new` where the file was begun again or more came than is told."""
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, 2)
            begin = max(0, size - MOST_BYTES)
            goes_on = after is not None and begin <= after <= size
            opened.seek(after if after is not None and goes_on else begin)
            raw = opened.read(MOST_BYTES)
            position = opened.tell()
    except FileNotFoundError:
        return {"lines": [], "position": 0, "is_new": True}
    whole, _, rest = raw.rpartition(b"\n")
    lines = whole.decode(errors="replace").split("\n") if whole else []
    if not goes_on and begin:
        # Where it was cut, the first one is a part of a line.
        lines = lines[1:]
    told = [without_secrets(line)[:MOST_LINE] for line in lines]
    return {"lines": told, "position": position - len(rest), "is_new": not goes_on}
