"""The rows of the table: each asks both builds the same by commands and HTTP, by turns."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from workbench.bench import fork, wire
from workbench.bench.against.asking import (
    TASK,
    first_delta,
    killed_and_asked_ms,
    long_session,
    new_sessions,
    page_of_known_ms,
    page_of_sessions_ms,
    until_idle,
    woken,
)
from workbench.bench.against.builds import Build, Served, pair, served
from workbench.bench.against.own_figures import own_figures
from workbench.bench.against.ratios import Ratio, Sizes, by_turns, took_ms
from workbench.bench.against.set_up import set_up
from workbench.bench.against.streaming import recoveries, streams
from workbench.bench.against.terminal_app import terminal_apps
from workbench.bench.figure import median
from workbench.bench.model import model_apart
from workbench.contracts.values import Json

TOOLSET: Final[Json] = {"type": "agent_toolset_20260401"}
ALONE: Final = "this build in both columns"
READS: Final = 8
FURTHER_MIB: Final = 0.3
FLAT: Final = 1.5
"""What costs the same at a hundred times the size may take so much longer by chance."""
WINDOW: Final = 28
"""Turns of the bench until a context of 200,000 tokens is four fifths full: each has 22 texts of 200 tokens, and 20 calls."""
WOKEN: Final = "first delta after a restart, another session's before"


def forks(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    """A fork of much that a session has changed and of ten times as much, and a rewind to that."""
    with pair(this, that) as (one, other), tempfile.TemporaryDirectory(prefix="wb") as project:
        much, more = sizes.megabytes, sizes.megabytes * 10
        changed = {it.build.name: fork.changed(it.client, Path(project), much) for it in (one, other)}
        large = fork.changed(one.client, Path(project), more)
        small = fork.changed(one.client, Path(project), max(1, much // 10))

        def forked(served: Served, session_id: str = "") -> float:
            path = f"/workbench/v1/sessions/{session_id or changed[served.build.name]}/fork"
            return took_ms(lambda: served.client.post(path, {}))

        def rewound(served: Served) -> float:
            session_id = changed[served.build.name]
            to = fork.first_rest(served.client, session_id)
            path = f"/workbench/v1/sessions/{session_id}/rewind"
            return took_ms(lambda: served.client.post(path, {"to": to}))

        yield Ratio(1, f"fork with {much} MB of changes", *by_turns(forked, one, other, sizes.runs), "ms", 0.2)
        # The first one ends the session's sandbox as well.
        by_turns(rewound, one, other, 1)
        put_back = by_turns(rewound, one, other, sizes.runs)
        yield Ratio(1, f"rewind to {much} MB of changes", *put_back, "ms", 0.2)
        runs = range(max(1, sizes.runs // 3))
        grown = tuple(forked(one, large) for _ in runs), tuple(forked(one, small) for _ in runs)
        yield Ratio(1, f"fork with {more:,} MB beside one with {max(1, much // 10)} MB", *grown, "ms", 2, note=ALONE)


def turns(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    """First deltas, processor time, memory, and a start after kill -9: on one pair of engines with many sessions."""
    with model_apart() as url, pair(this, that, url) as (one, other):
        straight = median([wire.raw_first_delta_ms(url) for _ in range(sizes.runs)])
        by_turns(first_delta, one, other, 1)
        held = by_turns(Served.memory_mib, one, other, 1)
        yield Ratio(4, "engine and vault, one session", *held, "MiB", 0.5, note="RSS")
        added = by_turns(lambda served: first_delta(served) - straight, one, other, sizes.runs)
        yield Ratio(2, "added to the first delta", *added, "ms", 0.4, note=f"{straight:.1f} ms straight")
        spent = by_turns(lambda served: _spent_ms(served, sizes.sessions // 3), one, other, 3)
        yield Ratio(3, "processor time of a model call", *spent, "ms", 0.4)
        made = 2 + sizes.runs + sizes.sessions
        grown = tuple((after - before) / made for after, before in zip(_memory(one, other), _each(held), strict=True))
        note = f"beside what is wanted; that build {grown[1]:.2f} MiB"
        yield Ratio(4, "a further session at rest", (grown[0],), (FURTHER_MIB,), "MiB", 1, note=note)
        woken = by_turns(killed_and_asked_ms, one, other, max(1, sizes.runs // 3))
        yield Ratio(5, f"kill -9 with {made} sessions, until ps answers", *woken, "ms", 0.3)
        for served in (one, other):
            served.settle()
        listed = by_turns(page_of_sessions_ms, one, other, sizes.runs)
        yield Ratio(7, f"a page of {made} sessions", *listed, "ms", 1)


def starts(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    with pair(this, that) as (one, other):

        def asked(served: Served) -> float:
            served.run("down")
            return took_ms(lambda: served.run("ps"))

        taken = by_turns(asked, one, other, max(1, sizes.runs // 2))
        yield Ratio(5, "workbench ps with no engine", *taken, "ms", 0.3)


def long_sessions(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    """Sessions of many events are woken, and a page of one is asked for."""
    with model_apart() as url, pair(this, that, url) as (one, other):
        grown: list[tuple[float, ...]] = []
        pages: list[tuple[float, ...]] = []
        for count in (sizes.long // 10, sizes.long, sizes.long * 10):
            known = {served.build.name: long_session(served, count, WINDOW) for served in (one, other)}
            taken = by_turns(partial(woken, known), one, other, max(1, sizes.runs // 3))
            grown.append(taken[0])
            yield Ratio(6, f"waking {count:,} events", *taken, "ms", 0.35, note=WOKEN)
            taken = by_turns(partial(page_of_known_ms, known), one, other, sizes.runs)
            pages.append(taken[0])
            yield Ratio(7, f"a page of {count:,} events", *taken, "ms", 1)
        note = f"{ALONE}; {sizes.long:,} in the second"
        yield Ratio(6, f"waking {sizes.long * 10:,} events", grown[2], grown[1], "ms", 1.5, note=note)
        known = {served.build.name: long_session(served, sizes.long) for served in (one, other)}
        taken = by_turns(partial(woken, known), one, other, max(1, sizes.runs // 3))
        yield Ratio(6, f"waking {sizes.long:,} events that were never summed up", *taken, "ms", 0.35, note=WOKEN)

        note = f"{ALONE}; {sizes.long // 10:,} in the second"
        yield Ratio(7, f"a page of {sizes.long * 10:,} events", pages[2], pages[0], "ms", FLAT, note=note)


def lists(this: Build, _: Build, sizes: Sizes) -> Iterator[Ratio]:
    """A page of many sessions beside one of a hundredth of them."""
    with served(this) as one:
        few = max(2, sizes.sessions // 3)
        new_sessions(one, few)
        small = tuple(page_of_sessions_ms(one) for _ in range(sizes.runs))
        many = few * 100 if sizes.runs > 1 else few * 2
        new_sessions(one, many - few)
        one.settle()
        large = tuple(page_of_sessions_ms(one) for _ in range(sizes.runs))
    yield Ratio(7, f"a page of {many:,} sessions", large, small, "ms", FLAT, note=f"{ALONE}; {few} in the second")


def calls(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    """From the last byte of an answer that calls a tool to the first of the next request: the model measures it."""
    yield Ratio(13, "a bash call of a turn", *_gaps(this, that, sizes, 1), "ms", 0.5, note="`true`, warm")
    yield Ratio(
        10, "eight reads of one answer", *_gaps(this, that, sizes, READS), "ms", 0.5, note="to the next request"
    )


def _gaps(this: Build, that: Build, sizes: Sizes, calls: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    with model_apart(calls=calls) as url, pair(this, that, url) as (one, other):

        def gap(served: Served) -> float:
            first_delta(served, known[served.build.name])
            until_idle(served, [known[served.build.name]])
            return float(json.loads(wire.raw_get(url, "/gap"))["ms"])

        known = {served.build.name: new_sessions(served, 1, tools=[TOOLSET])[0] for served in (one, other)}
        by_turns(gap, one, other, 1)
        return by_turns(gap, one, other, sizes.runs)


def _spent_ms(served: Served, count: int) -> float:
    """Processor time of engine and vault for one of so many turns of one call each."""
    sessions = new_sessions(served, max(1, count))
    served.settle()
    before = served.cpu_s()
    for session_id in sessions:
        served.client.post(f"/v1/sessions/{session_id}/events", {"events": [TASK]})
    # Not asked: an answer costs as much as what is measured.
    served.settle()
    spent = (served.cpu_s() - before) / len(sessions) * 1000
    until_idle(served, sessions)
    return spent


def _memory(*served: Served) -> list[float]:
    return [one.memory_mib() for one in served]


def _each(held: tuple[tuple[float, ...], tuple[float, ...]]) -> list[float]:
    return [values[0] for values in held]


ROWS: Final[dict[str, Callable[[Build, Build, Sizes], Iterator[Ratio]]]] = {
    "fork": forks,
    "turns": turns,
    "start": starts,
    "long": long_sessions,
    "log": own_figures(8, "log", {"durable events": 1.8, "longest wait for an acknowledgement": 0.4}),
    "sandbox": own_figures(
        9,
        "sandbox",
        {"cold sandbox ÷ bare podman run": 0.35, "warm bash true, p50": 1.0},
        {"warm bash true, 16 sessions busy, p99": (10, 2.0)},
    ),
    "sql": own_figures(11, "sql", {"full text, a rare word": 0.1, "full text, several words": 0.1}),
    "tui": terminal_apps,
    "lists": lists,
    "calls": calls,
    "streams": streams,
    "recovery": recoveries,
    "setup": set_up,
}
"""What `workbench bench --against` measures, in the order of the table."""
