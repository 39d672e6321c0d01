"""How often and after what pauses a model request is tried again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from workbench.contracts.brain import ModelFault

_LIMITS: Final = frozenset({"model_rate_limited_error", "model_overloaded_error"})


@dataclass(frozen=True)
class Retries:
    """At most `tries` attempts; pauses double from `first_s` to `most_s`, each shortened by chance by up to a half.

    So many answers in a row may be cut at the output limit (`continuations`), or ask for one call that is cut before it is
    complete (`cut_calls`); so many answers of one turn may call tools (`tool_rounds`).

    `sleep` and `chance` (a number from 0 to 1) are given by tests.
    """

    tries: int = 8
    first_s: float = 1.0
    most_s: float = 60.0
    continuations: int = 4
    cut_calls: int = 4
    tool_rounds: int = 500
    resumes: bool = False
    """Whether a session that a limit has stopped goes on by itself when it has passed."""
    longest_s: float = 12 * 3600.0
    """How long a session is parked in one piece."""
    parks: int = 48
    """How often in a row where nobody says when the limit has passed."""
    parked_s: float = 900.0
    """How long it is parked then."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random

    def park_s(self, fault: ModelFault, failures: int) -> float | None:
        """How long to wait for a limit of the model's that is not gone in a moment; None where it is no such thing."""
        asked = fault.retry_after_s
        if asked is not None and asked > self.most_s:
            return min(asked, self.longest_s)
        if failures < self.tries or not fault.retry or fault.kind not in _LIMITS:
            return None
        return self.parked_s if failures < self.tries + self.parks else None

    def pause_s(self, failures: int, asked_for_s: float | None) -> float:
        """The pause after the failure number `failures`; what a server asked for counts as the least, up to `most_s`."""
        grown = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 30))
        drawn = grown * (1 - self.chance() / 2)
        return min(self.most_s, max(drawn, asked_for_s or 0.0))
