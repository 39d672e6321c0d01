"""What the engine's own tasks do with a failure that nobody expected: its log tells it, and they go on."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

logger = logging.getLogger("workbench.engine")


@contextlib.contextmanager
def survived(told: str, *about: object) -> Iterator[None]:
    """Tell a surprise in the engine's log, in these words, and end here; `about` is filled in as by `logging`."""
    try:
        yield
    except Exception:
        logger.exception(told, *about)
