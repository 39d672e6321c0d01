"""How many requests a token may make in a minute: those that create, and all others, counted apart as the hosted service does."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from workbench.catalog.errors import Refused
from workbench.catalog.tokens import Permit

_MINUTE_S: Final = 60.0


class TooMany(Refused):
    """429: `after_s` says when there is room again."""

    def __init__(self, message: str, after_s: float) -> None:
        super().__init__(message, status=429, kind="rate_limit_error")
        self.after_s = after_s


@dataclass
class PerMinute:
    """Requests of the last minute, by token."""

    clock: Callable[[], float] = time.monotonic
    _times: dict[tuple[str, str], deque[float]] = field(default_factory=dict)

    def count(self, permit: Permit, method: str) -> None:
        """Raises: TooMany: the token's bound is reached; the request is not counted then."""
        what = "create" if method == "POST" else "read"
        most = permit.creates if what == "create" else permit.reads
        if most is None:
            return
        now, times = self.clock(), self._times.setdefault((permit.token_id, what), deque())
        while times and times[0] <= now - _MINUTE_S:
            times.popleft()
        if len(times) >= most:
            after = times[0] + _MINUTE_S - now
            words = f"the token {permit.name!r} may make {most} requests a minute that {what}; there is room in {after:.0f} s"
            raise TooMany(words, after)
        times.append(now)
