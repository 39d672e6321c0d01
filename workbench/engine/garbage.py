"""Collects cyclic garbage when nobody waits for it: a whole collection stops every thread, 0.3 s with 50,000 events in memory."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import Callable, Iterator

_YOUNG = (10_000, 5)
"""How many new objects, and how many collections of those, before the collector looks at the young ones: 1 ms and 8 ms."""

_NEVER = 1 << 30
LOOK_EVERY_S = 30.0
AT_LATEST_S = 600.0


@contextlib.contextmanager
def rarely() -> Iterator[None]:
    """Old objects are collected by `in_quiet` alone meanwhile, and what is there now is not looked at.

    Not even once before: of the 200,000 objects that the modules are, a few hundred are garbage, and to find them takes as
    long as a tenth of them takes to be imported.
    """
    before, was_on = gc.get_threshold(), gc.isenabled()
    gc.freeze()
    gc.set_threshold(*_YOUNG, _NEVER)
    gc.enable()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
        if not was_on:
            gc.disable()


async def in_quiet(is_quiet: Callable[[], bool]) -> None:
    """Collect whenever it is quiet, and every ten minutes when it never is. Runs until it is cancelled."""
    collected = time.monotonic()
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        if is_quiet() or time.monotonic() - collected > AT_LATEST_S:
            gc.collect()
            collected = time.monotonic()
