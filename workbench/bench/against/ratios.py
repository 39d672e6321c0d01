"""What was measured of two builds, and the ratio of their medians beside the one that is wanted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from workbench.bench.against.builds import Served
from workbench.bench.figure import median, spread


@dataclass(frozen=True)
class Ratio:
    """`goal` is the most that this build may take of what that one takes; the least where more is better."""

    row: int
    what: str
    this: tuple[float, ...]
    that: tuple[float, ...]
    unit: str
    goal: float
    at_least: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        return median(self.this) / median(self.that) if median(self.that) else float("inf")

    @property
    def reached(self) -> bool:
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal

    def cells(self) -> list[str]:
        return [
            "✓" if self.reached else "✗",
            str(self.row),
            self.what,
            f"{self.ratio:.2f}×",
            f"{'≥' if self.at_least else '≤'} {self.goal:g}×",
            spread(self.this, self.unit),
            spread(self.that, self.unit),
            self.note,
        ]


HEAD = ["", "row", "what", "ratio", "wanted", "this build", "that build", "how"]

Sample = Callable[[Served], float]


def by_turns(sample: Sample, this: Served, that: Served, runs: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Each build's values; whatever else the machine does falls on both, and which is first changes."""
    values: dict[str, list[float]] = {this.build.name: [], that.build.name: []}
    for number in range(runs):
        for one in (this, that) if number % 2 else (that, this):
            values[one.build.name].append(sample(one))
    return tuple(values[this.build.name]), tuple(values[that.build.name])


@dataclass(frozen=True)
class Sizes:
    """How much is measured: `whole` for figures, `least` to see that it works."""

    runs: int
    sessions: int
    long: int
    megabytes: int


WHOLE: Final = Sizes(runs=15, sessions=300, long=10_000, megabytes=100)
LEAST: Final = Sizes(runs=1, sessions=3, long=201, megabytes=1)


def took_ms(act: Callable[[], object]) -> float:
    since = time.perf_counter()
    act()
    return (time.perf_counter() - since) * 1000
