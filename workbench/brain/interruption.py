"""Waiting for something that a person may cut short."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def unless(interrupted: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """The work's result, or None when `interrupted` was set first; the work has ended in either case."""
    async with asyncio.TaskGroup() as group:
        running = group.create_task(work)
        watching = group.create_task(interrupted.wait())
        await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
        watching.cancel()
        running.cancel()
    return None if running.cancelled() else running.result()
