"""How cost grows: the same question at one, ten and a hundred times the size, with the exponent of its curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.bench.against import rows
from workbench.bench.against.builds import served, this_build
from workbench.bench.figure import median
from workbench.bench.model import model_apart

STEPS: Final = (1, 10, 100)
RUNS: Final = 5
GOAL: Final = 0.2
_BAR: Final = 40


@dataclass(frozen=True)
class Curve:
    """Medians in milliseconds at sizes that grow tenfold."""

    what: str
    sizes: tuple[int, ...]
    taken_ms: tuple[float, ...]

    @property
    def exponent(self) -> float:
        """The slope of the line through the points on logarithmic axes: 0 does not grow, 1 grows with the size."""
        xs, ys = [math.log(size) for size in self.sizes], [math.log(max(taken, 1e-3)) for taken in self.taken_ms]
        middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
        above = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
        return above / sum((x - middle_x) ** 2 for x in xs)

    def plot(self) -> Iterator[str]:
        """A bar a size, as long as it took beside the longest."""
        longest = max(self.taken_ms)
        for size, taken in zip(self.sizes, self.taken_ms, strict=True):
            yield f"  {size:>9,}  {'█' * max(1, round(_BAR * taken / longest))} {taken:,.1f} ms"


def curves(base: int, steps: Sequence[int] = STEPS) -> Iterator[Curve]:
    """`base` events in a session, and a tenth of it as many sessions, at the first of the steps."""
    with model_apart() as url, served(this_build(), url) as one:
        events = [base * step for step in steps]
        known = [rows.long_session(one, count, rows.WINDOW) for count in events]
        yield _curve("a page of a session's events", events, known, lambda it: rows.page_of_events_ms(one, it))
        yield _curve("waking a session", events, known, lambda it: rows.woken({one.build.name: it}, one))
        sessions, counts, listed, started = 0, [], [], []
        for step in steps:
            rows.new_sessions(one, max(1, base // 10) * step - sessions)
            sessions = max(1, base // 10) * step
            counts.append(sessions)
            listed.append(median([rows.page_of_sessions_ms(one) for _ in range(RUNS)]))
            started.append(median([rows.killed_and_asked_ms(one) for _ in range(3)]))
        yield Curve("a page of sessions", tuple(counts), tuple(listed))
        yield Curve("kill -9, until ps answers", tuple(counts), tuple(started))


def _curve(what: str, sizes: Sequence[int], known: Sequence[str], ask: Callable[[str], float]) -> Curve:
    return Curve(what, tuple(sizes), tuple(median([ask(one) for _ in range(RUNS)]) for one in known))
