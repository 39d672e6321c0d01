"""Dreams put together: what makes them, and what begins them at night."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from workbench.contracts.brain import Models
from workbench.contracts.log import Log
from workbench.contracts.values import Clock, Json
from workbench.engine.dreams.dreaming import Dreaming
from workbench.engine.dreams.schedule import Schedule
from workbench.engine.event_writer import EventWriter
from workbench.engine.memory import MemoryAccess


def dreams(
    log: Log,
    writer: EventWriter,
    memory: MemoryAccess,
    models: Models,
    archive: Callable[[str], Awaitable[Json]],
    clock: Clock,
) -> tuple[Dreaming, Schedule]:
    """Over one log."""
    dreaming = Dreaming(log=log, writer=writer, memory=memory, models=models, archive=archive)
    schedule = Schedule(documents=log.documents, states=log.states, memory=memory, dreaming=dreaming, clock=clock)
    return dreaming, schedule
