"""Writes events into a session's log with the code of the checkout that is named first: run by its own Python, never imported.

Arguments: checkout, folder of the log, session, how many events.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

sys.path.append(sys.argv[1])

from workbench.bench.journal import _conversation
from workbench.log import open_log

PIECE = 5000


async def _fill(folder: Path, session_id: str, count: int) -> None:
    log = await open_log(folder)
    try:
        # Whole rounds of five: the call of the last one has its result.
        events = itertools.islice(_conversation(), count - (count - 1) % 4)
        while piece := list(itertools.islice(events, PIECE)):
            await log.sessions.append(session_id, piece)
    finally:
        await log.close()


asyncio.run(_fill(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
