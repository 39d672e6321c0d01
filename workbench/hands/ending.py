"""Ends a task and waits until it has ended."""

from __future__ import annotations

import asyncio


async def end(task: asyncio.Task[None]) -> None:
    """Cancel it and wait; what it failed of is raised here, a cancellation of the caller stays one."""
    task.cancel()
    await ended(task)


async def ended(task: asyncio.Task[None]) -> None:
    """Wait for it without cancelling it; what it failed of is raised here."""
    await asyncio.wait({task})
    if not task.cancelled() and (fault := task.exception()) is not None:
        raise fault
