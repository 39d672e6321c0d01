"""The terminal app in a terminal of its own, and Claude Code beside it by turns: paint, keys, streams, long and many, rest."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from workbench import settings, start
from workbench.bench.figure import Figure, NotMeasured, median, percentile, spread
from workbench.bench.rival import Rival, rival_beside
from workbench.bench.scripted_engine import session_id
from workbench.bench.terminal import FRAME_ENDS, Screen, screen_of
from workbench.bench.wire import engine_apart

STARTS = 7
ROUNDS = 3
LETTERS = 24
ENOUGH_MS = 10_000
"""An app that takes so long for its letters is asked for no more of them."""
WATCHED_S = 5.0
IDLE_S = 10.0
RATE = 50.0
PANES = 16
# Letters that no text of the scripted sessions has: seen again, they are the key's own echo.
NEVER_SEEN = "αβγδεζηθικλμνξοπρστυφχψω"


@dataclass
class Streamed:
    """What streaming cost, over all rounds."""

    echoes_ms: list[float] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    """Of one core."""
    sent_kib_s: list[float] = field(default_factory=list)

    def look_at(self, screen: Screen, watched: float = WATCHED_S) -> None:
        """One round at a screen whose streams run."""
        screen.watch(min(2.0, watched))
        before, since, received = screen.cpu_s(), time.perf_counter(), screen.received
        screen.watch(watched)
        spent = time.perf_counter() - since
        self.share.append((screen.cpu_s() - before) / spent)
        self.sent_kib_s.append((screen.received - received) / spent / 1024)
        self.echoes_ms += echoes_ms(screen)

    @property
    def p95_ms(self) -> float:
        return percentile(self.echoes_ms, 0.95)


def terminal_app(rival: str = "") -> Iterator[Figure]:
    """All figures; `rival` is the program that is measured beside it, `claude` by default.

    Raises:
        NotMeasured: at the end, where there is no rival to be measured beside; its own figures have come by then.
    """
    with contextlib.ExitStack() as stack:
        missing, beside = "", None
        try:
            beside = stack.enter_context(rival_beside(rival, RATE))
        except NotMeasured as cannot:
            missing = str(cannot)
        yield from _first_paint(beside)
        yield from _streams(beside)
    yield from _long_transcript()
    yield from _many_sessions()
    yield from _idle()
    if missing:
        raise NotMeasured(f"side by side with Claude Code: {missing}")


@contextlib.contextmanager
def app(environment: dict[str, str], *words: str) -> Iterator[Screen]:
    """`workbench` in a terminal of 120 × 40; killed at the end."""
    with screen_of(start.command("workbench", *words), environment) as screen:
        yield screen


@contextlib.contextmanager
def scripted(
    *, sessions: int = 16, streaming: int = 0, messages: int = 10, rate: float = RATE, changing: int = 0
) -> Iterator[dict[str, str]]:
    """An engine of sessions that only talk, on the socket of a home of its own; the environment in which it is found."""
    with tempfile.TemporaryDirectory(prefix="wb", ignore_cleanup_errors=True) as home:
        environment = {**os.environ, "WORKBENCH_HOME": home}
        lay_out(environment, streaming if streaming > 1 else 0)
        place = settings.load(environment)
        settings.make_private(place.runtime)
        numbers = [str(number) for number in (sessions, streaming, rate, messages, changing)]
        command = start.command("workbench.bench.scripted_engine", str(place.engine_socket), *numbers)
        with subprocess.Popen(command, stdout=subprocess.PIPE) as engine:
            assert engine.stdout is not None
            engine.stdout.readline()
            try:
                yield environment
            finally:
                engine.kill()


def lay_out(environment: dict[str, str], panes: int) -> None:
    view = settings.load(environment).view
    settings.make_private(view.parent)
    ids = ", ".join(f'"{session_id(number)}"' for number in range(panes))
    # Welcomed: what is measured is not the first run.
    view.write_text(f'{{"panes": [{ids}], "layout": "4", "welcomed": true}}', encoding="utf-8")


def _first_paint(beside: Rival | None) -> Iterator[Figure]:
    ours, theirs = [], []
    with engine_apart() as apart:
        lay_out(apart.environment, 0)
        for _ in range(STARTS):
            with app(apart.environment) as screen:
                ours.append(screen.until("engine ok"))
            if beside is not None:
                theirs.append(beside.agents_s())
    note = f"until the Board shows what the engine says; {spread(ours, 's')}"
    yield Figure("terminal app: first paint", median(ours), "s", 0.4, note=note)
    if beside is not None:
        note = f"by turns; Claude Code {beside.version}: {spread(theirs, 's')}"
        yield Figure("first paint, of that of `claude agents`", median(ours) / median(theirs), "", 0.6, note=note)


def _streams(beside: Rival | None) -> Iterator[Figure]:
    one, many, theirs = Streamed(), Streamed(), Streamed()
    for _ in range(ROUNDS):
        with scripted(streaming=1) as environment, app(environment, "attach", session_id(0)) as screen:
            screen.until("Enter")
            one.look_at(screen)
        with scripted(streaming=PANES) as environment, app(environment, "panes") as screen:
            screen.until("Enter")
            many.look_at(screen)
        if beside is not None:
            with beside.streaming() as screen:
                theirs.look_at(screen)
    panes = f"{PANES} panes at {RATE:g} tokens/s"
    yield Figure("key to paint, one stream, p95", one.p95_ms, "ms", 20, note=spread(one.echoes_ms, "ms"))
    yield Figure(f"key to paint, {panes}, p95", many.p95_ms, "ms", 25, note=spread(many.echoes_ms, "ms"))
    yield Figure(f"written to the terminal, {panes}", median(many.sent_kib_s), "KiB/s", 100, note=_one_beside(one))
    if beside is None:
        note = f"{spread(_percent(many), '%')}; 0.7 of what one Claude Code stream took on the reference machine (27 %)"
        yield Figure(f"processor, {panes}", median(many.share) * 100, "% of a core", 19, note=note)
        return
    note = (
        f"{spread(_percent(many), '%')}; theirs {spread(_percent(theirs), '%')}; one pane {spread(_percent(one), '%')}"
    )
    ratio = median([ours / other for ours, other in zip(many.share, theirs.share, strict=True)])
    yield Figure(f"processor, {panes}, of one Claude Code stream", ratio, "", 0.7, note=note)
    note = f"theirs p95 {theirs.p95_ms:.1f} ms, {spread(theirs.echoes_ms, 'ms')}"
    yield Figure("key to paint, one stream, of Claude Code's, p95", one.p95_ms / theirs.p95_ms, "", 1, note=note)


def _percent(streamed: Streamed) -> list[float]:
    return [share * 100 for share in streamed.share]


def _one_beside(one: Streamed) -> str:
    return f"one stream: {median(one.sent_kib_s):.0f} KiB/s"


def echoes_ms(screen: Screen) -> list[float]:
    taken = []
    for letter in NEVER_SEEN[:LETTERS]:
        since = time.perf_counter()
        screen.press(letter)
        screen.until(letter)
        taken.append((time.perf_counter() - since) * 1000)
        if sum(taken) > ENOUGH_MS:
            break
        screen.watch(0.12)
    return taken


@dataclass
class Opened:
    """How it was to open a session from the Board, each time."""

    seconds: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)

    def open(self, messages: int) -> None:
        with scripted(sessions=1, messages=messages) as environment, app(environment) as screen:
            screen.until("task 0")
            screen.settle(0.5)
            before = screen.memory_mib()
            screen.press("\r")
            self.seconds.append(screen.until(f"message {messages}"))
            screen.settle(0.5)
            self.mib.append(screen.memory_mib() - before)


def _long_transcript() -> Iterator[Figure]:
    long, short = Opened(), Opened()
    for _ in range(ROUNDS):
        long.open(10_000)
        short.open(10)
    note = f"{spread(long.seconds, 's')}; with 10 messages {spread(short.seconds, 's')}"
    yield Figure("open 10,000 messages", median(long.seconds), "s", 0.35, note=note)
    note = f"{spread(long.mib, 'MiB')}; the rest comes as one scrolls"
    yield Figure("memory for 10,000 messages", max(long.mib), "MiB", 60, note=note)


def _many_sessions() -> Iterator[Figure]:
    with scripted(sessions=500) as environment, app(environment) as screen:
        screen.until("task 18")
        screen.settle(0.5)
        taken = [_frame_ms(screen, key) for key in ["j", "G", "g", *("j" * 57)]]
    note = f"from the key to the end of its frame; {spread(taken, 'ms')}"
    yield Figure("Board of 500 sessions, a frame of scrolling, p95", percentile(taken, 0.95), "ms", 33, note=note)


def _frame_ms(screen: Screen, key: str) -> float:
    since = time.perf_counter()
    screen.press(key)
    screen.until(FRAME_ENDS)
    taken = (time.perf_counter() - since) * 1000
    screen.watch(0.1)
    return taken


def _idle() -> Iterator[Figure]:
    shares: Sequence[float]
    with scripted(sessions=16) as environment, app(environment) as screen:
        screen.until("task 15")
        screen.watch(3.0)
        received, shares = screen.received, [_share(screen, IDLE_S / ROUNDS) for _ in range(ROUNDS)]
        sent = screen.received - received
    note = f"over {IDLE_S:g} s; {spread([share * 100 for share in shares], '%')}"
    yield Figure("idle, 16 sessions", sum(shares) / ROUNDS * 100, "% of a core", 1, note=note)
    yield Figure("bytes written while idle", sent, "bytes", 0, note=f"over {IDLE_S:g} s")


def _share(screen: Screen, seconds: float) -> float:
    before, since = screen.cpu_s(), time.perf_counter()
    screen.watch(seconds)
    return (screen.cpu_s() - before) / (time.perf_counter() - since)
