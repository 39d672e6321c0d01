"""One measured figure: what it is, what came out, what it should be."""

from __future__ import annotations

import contextlib
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`value` in `unit`; reached when it is at most (or at least) `target`. `note` tells how it was measured."""

    name: str
    value: float
    unit: str
    target: float
    at_least: bool = False
    note: str = ""

    @property
    def reached(self) -> bool:
        return self.value >= self.target if self.at_least else self.value <= self.target

    @property
    def wanted(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.target:g} {self.unit}".rstrip()


class NotMeasured(Exception):
    """A figure cannot be measured here; the text says what is missing."""


@contextlib.contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    """Give up on what may wait for ever; within a limit that ends sooner that one holds, and on another thread than the main one none.

    Raises:
        NotMeasured: the time is over.
    """
    outer, since = signal.getitimer(signal.ITIMER_REAL)[0], time.monotonic()
    if threading.current_thread() is not threading.main_thread() or 0 < outer < seconds:
        yield
        return

    def give_up(*_: object) -> None:
        raise NotMeasured(f"{what} took more than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, outer - (time.monotonic() - since)))


def times_ms(act: Callable[[], object], count: int) -> list[float]:
    """How long each of `count` runs took, in milliseconds."""
    taken = []
    for _ in range(count):
        since = time.perf_counter()
        act()
        taken.append((time.perf_counter() - since) * 1000)
    return taken


def spread(values: Sequence[float], unit: str) -> str:
    """The least, the middle and the most of what was measured, and how often that was."""
    least, middle, most = (_short(value) for value in (min(values), median(values), max(values)))
    return f"min {least} · median {middle} · max {most} {unit}, n={len(values)}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share (0 to 1) of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
