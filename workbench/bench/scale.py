"""How cost grows: the same question at one, ten and a hundred times the size, with the exponent of its curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.bench import journal, search
from workbench.bench.against import asking, rows
from workbench.bench.against.builds import Served, served, this_build
from workbench.bench.figure import median
from workbench.bench.model import model_apart

STEPS: Final = (1, 10, 100)
RUNS: Final = 5
GOAL: Final = 0.2
_BAR: Final = 40


@dataclass(frozen=True)
class Curve:
    """Medians at sizes that grow tenfold."""

    what: str
    sizes: tuple[int, ...]
    taken: tuple[float, ...]
    unit: str = "ms"

    @property
    def exponent(self) -> float:
        """The slope of the line through the points on logarithmic axes: 0 does not grow, 1 grows with the size."""
        xs, ys = [math.log(size) for size in self.sizes], [math.log(max(taken, 1e-3)) for taken in self.taken]
        middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
        above = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
        return above / sum((x - middle_x) ** 2 for x in xs)

    def plot(self) -> Iterator[str]:
        """A bar a size, as long as it took beside the longest."""
        longest = max(self.taken)
        for size, taken in zip(self.sizes, self.taken, strict=True):
            yield f"  {size:>9,}  {'█' * max(1, round(_BAR * taken / longest))} {taken:,.3g} {self.unit}"


def curves(base: int, steps: Sequence[int] = STEPS) -> Iterator[Curve]:
    """`base` events in a session or in the log, and a tenth of it as many sessions, at the first of the steps."""
    with model_apart() as url, served(this_build(), url) as one:
        yield from _of_events(one, [base * step for step in steps])
    with model_apart() as url, served(this_build(), url) as one:
        yield from _of_sessions(one, [max(1, base // 10) * step for step in steps])
    in_log = tuple(base * step for step in steps)
    yield Curve("an acknowledged event, by events in the log", in_log, tuple(map(journal.event_ms, in_log)))
    yield Curve("search of a rare word, by events in the log", in_log, tuple(map(search.rare_word_ms, in_log)))


def _of_events(one: Served, counts: Sequence[int]) -> Iterator[Curve]:
    known = [asking.long_session(one, count, rows.WINDOW) for count in counts]
    asked: dict[str, Callable[[str], float]] = {
        "a page of a session's events": lambda it: asking.page_of_events_ms(one, it),
        "waking a session": lambda it: asking.woken({one.build.name: it}, one),
    }
    for what, ask in asked.items():
        yield Curve(what, tuple(counts), tuple(median([ask(it) for _ in range(RUNS)]) for it in known))


def _of_sessions(one: Served, counts: Sequence[int]) -> Iterator[Curve]:
    sessions = 0
    taken: dict[str, list[float]] = {name: [] for name in ("page", "start", "delta", "memory")}
    for count in counts:
        asking.new_sessions(one, count - sessions)
        sessions = count
        one.settle()
        taken["page"].append(median([asking.page_of_sessions_ms(one) for _ in range(RUNS)]))
        taken["delta"].append(median([asking.first_delta(one) for _ in range(RUNS)]))
        taken["memory"].append(one.memory_mib())
        taken["start"].append(median([asking.killed_and_asked_ms(one) for _ in range(3)]))
    sizes = tuple(counts)
    yield Curve("a page of sessions", sizes, tuple(taken["page"]))
    yield Curve("kill -9, until ps answers, by sessions", sizes, tuple(taken["start"]))
    yield Curve("a first delta, by sessions at rest", sizes, tuple(taken["delta"]))
    yield Curve("engine and vault, by sessions at rest", sizes, tuple(taken["memory"]), "MiB")
