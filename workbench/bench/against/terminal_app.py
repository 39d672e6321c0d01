"""The terminal apps of two builds by turns, both at this build's scripted engine: an older build's own streams 50 tokens/s at most."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from workbench.bench.against.builds import Build, Served, pair
from workbench.bench.against.ratios import Ratio, Sizes, by_turns
from workbench.bench.terminal import WAIT_S, Screen, screen_of
from workbench.bench.tui import PANES, WATCHED_S, Streamed, lay_out, scripted

RATE: Final = 100.0
CHANGING: Final = 500
ECHO_MS: Final = 10.0
FRAME_MS: Final = 16.0
WANTED: Final = "beside what is wanted"


def terminal_apps(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    """First paint, sixteen panes, a Board that changes all the time, and rest: keys and processor time."""
    yield from _first_paint(this, that, sizes)
    turns = max(1, sizes.runs // 3)
    watched = WATCHED_S if sizes.runs > 1 else 0.5
    panes = f"{PANES} panes at {RATE:g} tokens/s"
    many = {"this": Streamed(), "that": Streamed()}
    _each(this, that, turns, lambda build: _at_panes(build, many[build.name], watched))
    yield _beside(f"key to paint, {panes}, p95", many["this"].p95_ms, ECHO_MS, many["that"].p95_ms)
    shares = tuple(one * 100 for one in many["this"].share), tuple(one * 100 for one in many["that"].share)
    yield Ratio(12, f"processor, {panes}", *shares, "% of a core", 0.6)
    board = {"this": Streamed(), "that": Streamed()}
    _each(this, that, turns, lambda build: _at_board(build, board[build.name], watched))
    changing = f"a Board of {CHANGING} rows that change each second"
    yield _beside(f"key to paint, {changing}, p95", board["this"].p95_ms, FRAME_MS, board["that"].p95_ms)
    rest: dict[str, list[float]] = {"this": [], "that": []}
    _each(this, that, turns, lambda build: rest[build.name].append(_resting(build, watched * 4)))
    yield Ratio(12, "processor, idle, 16 sessions", tuple(rest["this"]), tuple(rest["that"]), "ms/s", 0.3)


def _each(this: Build, that: Build, turns: int, act: Callable[[Build], None]) -> None:
    for number in range(turns):
        for build in (this, that) if number % 2 else (that, this):
            act(build)


def _first_paint(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    with pair(this, that) as (one, other):
        for served in (one, other):
            lay_out(served.environment, 0)

        def painted(served: Served) -> float:
            with _app(served.build, served.environment) as screen:
                return screen.until("engine ok") * 1000

        by_turns(painted, one, other, 1)
        taken = by_turns(painted, one, other, sizes.runs)
        yield Ratio(12, "first paint", *taken, "ms", 0.65, note="until the Board shows what the engine says")


def _at_panes(build: Build, streamed: Streamed, watched: float) -> None:
    with scripted(streaming=PANES, rate=RATE) as environment, _app(build, environment, "panes") as screen:
        screen.until("Enter")
        streamed.look_at(screen, watched)


def _at_board(build: Build, streamed: Streamed, watched: float) -> None:
    with scripted(sessions=CHANGING, changing=CHANGING) as environment, _app(build, environment) as screen:
        try:
            screen.until("step")
            streamed.look_at(screen, watched)
        except RuntimeError:
            # Nothing came for so long: it draws without an end, and takes no key.
            streamed.echoes_ms.append(WAIT_S * 1000)


def _resting(build: Build, seconds: float) -> float:
    """Milliseconds of processor time a second."""
    with scripted(sessions=16) as environment, _app(build, environment) as screen:
        screen.until("task 15")
        screen.watch(3.0)
        before = screen.cpu_s()
        screen.watch(seconds)
        return (screen.cpu_s() - before) / seconds * 1000


@contextlib.contextmanager
def _app(build: Build, environment: dict[str, str], *words: str) -> Iterator[Screen]:
    with screen_of(build.command(*words), environment) as screen:
        yield screen


def _beside(what: str, ours_ms: float, wanted_ms: float, theirs_ms: float) -> Ratio:
    return Ratio(12, what, (ours_ms,), (wanted_ms,), "ms", 1, note=f"{WANTED}; that build {theirs_ms:.1f} ms")
