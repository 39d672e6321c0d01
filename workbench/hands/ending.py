"""Ends a task and waits until it has ended; or has it end, whoever is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def end(task: asyncio.Task[None]) -> None:
    """Cancel it and wait; what it failed of is raised here, a cancellation of the caller stays one."""
    task.cancel()
    await ended(task)


async def ended(task: asyncio.Task[None]) -> None:
    """Wait for it without cancelling it; what it failed of is raised here."""
    await asyncio.wait({task})
    if not task.cancelled() and (fault := task.exception()) is not None:
        raise fault


async def to_the_end(work: Awaitable[T]) -> T:
    """Await what must not be left half done; a cancellation is raised when it has ended."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
