"""Other services on the engine's log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from workbench.contracts.log import Log
from workbench.contracts.values import Clock, Json
from workbench.engine.feed import SessionFeed
from workbench.engine.hosted.mirror import HostedMirror
from workbench.engine.hosted.passing import HostedSessions
from workbench.engine.hosted.services import HostedServices
from workbench.engine.rooms import WebSide


def hosted_of(
    log: Log,
    web: WebSide | None,
    clock: Clock,
    changing: Callable[[str], asyncio.Lock],
    feed: Callable[[], SessionFeed],
    delete: Callable[[], Callable[[str], Awaitable[Json]]],
) -> HostedSessions:
    """Made before the sessions of this engine, which must know those of others: what is made later is asked for when it is used."""
    services = HostedServices(log.documents, web.ways.ask if web else None, clock)
    mirror = HostedMirror(log=log, services=services, made=lambda one: feed().made(one), changing=changing)
    return HostedSessions(services, mirror, delete)
