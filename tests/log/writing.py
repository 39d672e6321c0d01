"""A writer for a process of its own, which tests kill: prints each acknowledged event's id, one a line."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.log.making import said
from workbench.log import Tuning, open_log


async def write(folder: Path, prefix: str) -> None:
    """Write until killed, in four sessions at once."""
    log = await open_log(folder, tuning=Tuning(carry_every_s=0.25))

    async def one(session_id: str) -> None:
        number = 0
        while True:
            number += 1
            entries = await log.sessions.append(session_id, [said(f"{number} " + "word " * 40), said("again")])
            sys.stdout.write("".join(f"{session_id} {entry.seq} {entry.event.id}\n" for entry in entries))
            sys.stdout.flush()

    async with asyncio.TaskGroup() as writing:
        for number in range(4):
            writing.create_task(one(f"{prefix}_{number}"))


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2]))
