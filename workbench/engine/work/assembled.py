"""The queue of self-hosted environments on the engine's log, and the work that keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from workbench.catalog.environments import Environments
from workbench.contracts.log import Log
from workbench.contracts.values import Clock
from workbench.engine.work.leases import WorkLeases
from workbench.engine.work.queue import WorkQueue


def work_queue_of(log: Log, clock: Clock) -> WorkQueue:
    environments = Environments(log.documents, clock)
    return WorkQueue(documents=log.documents, environments=environments, states=log.states, clock=clock)


def works_of(
    queue: WorkQueue,
    log: Log,
    clock: Clock,
    changing: Callable[[str], asyncio.Lock],
    wake: Callable[[str, str | None], None],
) -> tuple[Coroutine[Any, Any, None], ...]:
    """What goes on beside the sessions, as long as the engine works."""
    leases = WorkLeases(queue=queue, log=log, clock=clock, changing=changing, wake=wake)
    return leases.keep(), leases.follow()
