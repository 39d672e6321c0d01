"""The rows of the table: each asks both builds the same by commands and HTTP, by turns."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.bench import fork, wire
from workbench.bench.against.builds import Build, Served, pair
from workbench.bench.against.ratios import Ratio, by_turns
from workbench.bench.figure import NotMeasured, median
from workbench.bench.model import model_apart
from workbench.contracts.values import Json

TASK: Final[Json] = {"type": "user.message", "content": [{"type": "text", "text": "hello"}]}
TOOLSET: Final[Json] = {"type": "agent_toolset_20260401"}


@dataclass(frozen=True)
class Sizes:
    """How much is measured: `whole` for figures, `least` to see that it works."""

    runs: int
    sessions: int
    long: int


WHOLE: Final = Sizes(runs=15, sessions=300, long=10_000)
LEAST: Final = Sizes(runs=1, sessions=3, long=201)


def forks(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    with pair(this, that) as (one, other), tempfile.TemporaryDirectory(prefix="wb") as project:
        changed = {served.build.name: fork.changed(served.client, Path(project)) for served in (one, other)}

        def forked(served: Served) -> float:
            path = f"/workbench/v1/sessions/{changed[served.build.name]}/fork"
            return _ms(lambda: served.client.post(path, {}))

        yield Ratio(1, "fork with 100 MB of changes", *by_turns(forked, one, other, sizes.runs), "ms", 0.2)


def turns(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    """First deltas, processor time, memory, and a start after kill -9: on one pair of engines with many sessions."""
    with model_apart() as url, pair(this, that, url) as (one, other):
        straight = median([wire.raw_first_delta_ms(url) for _ in range(sizes.runs)])
        by_turns(first_delta, one, other, 1)
        held = by_turns(Served.memory_mib, one, other, 1)
        yield Ratio(4, "engine and vault, one session", *held, "MiB", 0.5, note="PSS")
        added = by_turns(lambda served: first_delta(served) - straight, one, other, sizes.runs)
        yield Ratio(2, "added to the first delta", *added, "ms", 0.4, note=f"{straight:.1f} ms straight")
        spent = by_turns(lambda served: _spent_ms(served, sizes.sessions // 3), one, other, 3)
        yield Ratio(3, "processor time of a model call", *spent, "ms", 0.4)
        made = 2 + sizes.runs + sizes.sessions
        grown = tuple((after - before) / made for after, before in zip(_memory(one, other), _each(held), strict=True))
        yield Ratio(
            4, "a further session at rest", (grown[0],), (grown[1],), "MiB", 0.5, note="at most 0.3 MiB is wanted"
        )
        woken = by_turns(killed_and_asked_ms, one, other, max(1, sizes.runs // 3))
        yield Ratio(5, f"kill -9 with {made} sessions, until ps answers", *woken, "ms", 0.3)
        listed = by_turns(page_of_sessions_ms, one, other, sizes.runs)
        yield Ratio(7, f"a page of {made} sessions", *listed, "ms", 0.3)


def starts(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    with pair(this, that) as (one, other):

        def asked(served: Served) -> float:
            served.run("down")
            return _ms(lambda: served.run("ps"))

        taken = by_turns(asked, one, other, max(1, sizes.runs // 2))
        yield Ratio(5, "workbench ps with no engine", *taken, "ms", 0.3)


def long_sessions(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    """A session of many events is woken, and a page of it is asked for."""
    with model_apart() as url, pair(this, that, url) as (one, other):
        known = {served.build.name: long_session(served, sizes.long) for served in (one, other)}

        def woken(served: Served) -> float:
            served.restart()
            return first_delta(served, known[served.build.name])

        taken = by_turns(woken, one, other, max(1, sizes.runs // 3))
        yield Ratio(6, f"waking {sizes.long:,} events", *taken, "ms", 0.35, note="first delta after a restart")

        def page(served: Served) -> float:
            return page_of_events_ms(served, known[served.build.name])

        yield Ratio(7, f"a page of {sizes.long:,} events", *by_turns(page, one, other, sizes.runs), "ms", 0.3)


def long_session(served: Served, count: int) -> str:
    """A session at rest that has so many events behind it."""
    [session_id] = new_sessions(served, 1)
    served.fill(session_id, count)
    # Its turn is open, and the engine goes on with it.
    _until_idle(served, [session_id])
    return session_id


def page_of_events_ms(served: Served, session_id: str) -> float:
    """The newest twenty, as who opens a session sees them first."""
    return _ms(lambda: served.client.get(f"/v1/sessions/{session_id}/events", [("order", "desc"), ("limit", "20")]))


def calls(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    """From the last byte of an answer that calls a tool to the first of the next request: the model measures it."""
    with model_apart(calls=True) as url, pair(this, that, url) as (one, other):

        def gap(served: Served) -> float:
            first_delta(served, known[served.build.name])
            _until_idle(served, [known[served.build.name]])
            return float(json.loads(wire.raw_get(url, "/gap"))["ms"])

        known = {served.build.name: new_sessions(served, 1, tools=[TOOLSET])[0] for served in (one, other)}
        by_turns(gap, one, other, 1)
        yield Ratio(13, "a bash call of a turn", *by_turns(gap, one, other, sizes.runs), "ms", 0.5, note="`true`, warm")


def own_figures(row: int, part: str, goals: dict[str, float]) -> Callable[[Build, Build, Sizes], Iterator[Ratio]]:
    """A row that each build measures of itself, by `workbench bench`; the figures of `goals` by their names."""

    def measured(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
        told: dict[str, dict[str, list[Json]]] = {this.name: {}, that.name: {}}
        for _ in range(2 if sizes.runs > 1 else 1):
            for build in (that, this):
                for figure in _own(build, part):
                    told[build.name].setdefault(figure["name"], []).append(figure)
        for name, goal in goals.items():
            ours, theirs = told[this.name].get(name), told[that.name].get(name)
            if ours and theirs:
                unit, at_least = str(ours[0]["unit"]), bool(ours[0]["at_least"])
                yield Ratio(row, name, _values(ours), _values(theirs), unit, goal, at_least)

    return measured


def set_up(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    """The README's installing command where everything is there."""

    def taken(build: Build) -> float:
        command = [sys.executable, "-m", "workbench.setup", "install"]
        return _ms(lambda: subprocess.run(command, cwd=build.root, capture_output=True, check=True))

    values: dict[str, list[float]] = {this.name: [], that.name: []}
    for _ in range(max(1, sizes.runs // 5)):
        for build in (that, this):
            try:
                values[build.name].append(taken(build))
            except subprocess.CalledProcessError as failed:
                raise NotMeasured(f"workbench.setup install in {build.root}: {failed.stderr.decode()[-300:]}") from None
    yield Ratio(14, "set-up where all is there", tuple(values[this.name]), tuple(values[that.name]), "ms", 0.4)


ROWS: Final[dict[str, Callable[[Build, Build, Sizes], Iterator[Ratio]]]] = {
    "fork": forks,
    "turns": turns,
    "start": starts,
    "long": long_sessions,
    "log": own_figures(8, "log", {"durable events": 1.8, "longest wait for an acknowledgement": 0.4}),
    "sandbox": own_figures(9, "sandbox", {"cold sandbox ÷ bare podman run": 0.35, "warm bash true, p50": 1.0}),
    "sql": own_figures(11, "sql", {"a rare word": 0.1, "three words": 0.1}),
    "tui": own_figures(12, "tui", {"first paint": 0.65, "processor of the app, 16 panes": 0.6, "idle app": 0.3}),
    "calls": calls,
    "setup": set_up,
}
"""What `workbench bench --against` measures, in the order of the table."""


def _own(build: Build, part: str) -> list[Json]:
    done = subprocess.run(build.command("bench", part, "--json"), capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(f"workbench bench {part} of {build.name} build: {done.stderr.strip()[-300:]}")
    told: Json = json.loads(done.stdout)
    if missing := told["not_measured"].get(part):
        raise NotMeasured(f"{build.name} build: {missing}")
    found: list[Json] = told["figures"]
    return found


def _values(figures: list[Json]) -> tuple[float, ...]:
    return tuple(float(one["value"]) for one in figures)


def new_sessions(served: Served, count: int, tools: list[Json] | None = None) -> list[str]:
    client = served.client
    agent = client.post("/v1/agents", {"name": "bench", "model": wire.MODEL, "tools": tools or []})
    environment = client.post("/v1/environments", {"name": f"bench {agent['id']}"})
    body = {"agent": agent["id"], "environment_id": environment["id"]}
    return [str(client.post("/v1/sessions", body)["id"]) for _ in range(count)]


def first_delta(served: Served, session_id: str | None = None) -> float:
    return wire.first_delta_ms(served.client, session_id or new_sessions(served, 1)[0])


def _spent_ms(served: Served, count: int) -> float:
    """Processor time of the engine for one of so many turns of one call each."""
    sessions, pid = new_sessions(served, max(1, count)), served.engine_pid()
    before = wire.cpu_s(pid)
    for session_id in sessions:
        served.client.post(f"/v1/sessions/{session_id}/events", {"events": [TASK]})
    _until_idle(served, sessions)
    return (wire.cpu_s(pid) - before) / len(sessions) * 1000


def _until_idle(served: Served, sessions: list[str]) -> None:
    for session_id in sessions:
        while served.client.get(f"/v1/sessions/{session_id}")["status"] != "idle":
            time.sleep(0.02)


def killed_and_asked_ms(served: Served) -> float:
    served.kill()
    return _ms(lambda: served.run("ps"))


def page_of_sessions_ms(served: Served) -> float:
    return _ms(lambda: served.client.get("/v1/sessions", [("limit", "20")]))


def _memory(*served: Served) -> list[float]:
    return [one.memory_mib() for one in served]


def _each(held: tuple[tuple[float, ...], tuple[float, ...]]) -> list[float]:
    return [values[0] for values in held]


def _ms(act: Callable[[], object]) -> float:
    since = time.perf_counter()
    act()
    return (time.perf_counter() - since) * 1000
