"""First deltas while many sessions are told a text without end, and how soon such sessions go on after kill -9."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from typing import Final

from workbench.bench import wire
from workbench.bench.against.asking import TASK, first_delta, new_sessions
from workbench.bench.against.builds import Build, Served, served
from workbench.bench.against.ratios import Ratio, Sizes, took_ms
from workbench.bench.figure import median, within
from workbench.bench.model import model_apart
from workbench.contracts.values import Json

TOOLSET: Final[Json] = {"type": "agent_toolset_20260401"}
RATE: Final = 10.0
"""Tokens a second that each of them is told."""
LIMIT_S: Final = 120.0
AGAIN_S: Final = 3.0
ALONE: Final = "this build in both columns"


def _named(url: str) -> str:
    """The same server by this machine's own name: an older build takes an address on loopback for a server with four slots."""
    name = socket.gethostname()
    with contextlib.suppress(OSError):
        if socket.gethostbyname(name).startswith("127."):
            return url.replace("127.0.0.1", name)
    return url


def streams(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    """What is added to a first delta while sessions stream: one build after the other, as both at once would measure each other."""
    count = max(1, sizes.sessions // 3)
    quiet: dict[str, tuple[float, ...]] = {}
    busy: dict[str, tuple[float, ...]] = {}
    for build in (that, this):
        with model_apart(RATE) as url, served(build, _named(url)) as one:
            first_delta(one)
            quiet[build.name] = _added(one, url, sizes.runs)
            _begin(one, url, count)
            busy[build.name] = _added(one, url, sizes.runs)
    note = f"{RATE:g} tokens/s each; one build after the other"
    yield Ratio(2, f"the same with {count} sessions streaming", busy[this.name], busy[that.name], "ms", 0.4, note=note)
    yield Ratio(2, "the same beside a quiet engine", busy[this.name], quiet[this.name], "ms", 2, note=ALONE)


def recoveries(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    """From a start after kill -9 until every session that was told something is told it again."""
    count = max(1, sizes.sessions // 10)
    taken: dict[str, tuple[float, ...]] = {}
    for build in (that, this):
        with model_apart(RATE) as url, served(build, _named(url)) as one:
            _begin(one, url, count)
            taken[build.name] = tuple(_recovered_ms(one, url, count) for _ in range(max(1, sizes.runs // 5)))
    yield Ratio(5, f"kill -9, until {count} running work again", taken[this.name], taken[that.name], "ms", 1)
    yield Ratio(
        5, f"the same beside {AGAIN_S:g} s", taken[this.name], (AGAIN_S * 1000,), "ms", 1, note="what is wanted"
    )


def _added(one: Served, url: str, runs: int) -> tuple[float, ...]:
    straight = median([wire.raw_first_delta_ms(url) for _ in range(runs)])
    return tuple(first_delta(one) - straight for _ in range(runs))


def _begin(one: Served, url: str, count: int) -> None:
    before = _begun(url)
    for session_id in new_sessions(one, count, tools=[TOOLSET]):
        one.client.post(f"/v1/sessions/{session_id}/events", {"events": [TASK]})
    _until_begun(url, before + count)


def _recovered_ms(one: Served, url: str, count: int) -> float:
    one.kill()
    before = _begun(url)

    def started() -> None:
        one.run("up")
        _until_begun(url, before + count)

    return took_ms(started)


def _until_begun(url: str, count: int) -> None:
    with within(LIMIT_S, f"{count} texts of the model"):
        while _begun(url) < count:
            time.sleep(0.01)


def _begun(url: str) -> int:
    return int(json.loads(wire.raw_get(url, "/begun"))["begun"])
