"""Tool calls in a real sandbox, beside what Podman's own commands take."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench import settings
from workbench.bench.figure import Figure, NotMeasured, median, percentile
from workbench.contracts.values import Call, Fact, Session
from workbench.events import new_id, now, primary_thread_id
from workbench.hands.backend import Backend
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import storage
from workbench.hands.podman.backend import PodmanBackend
from workbench.hands.podman.connection import temporary_podman
from workbench.hands.podman.images import ensure_image
from workbench.hands.podman.spares import Spare, Spares
from workbench.hands.podman.specification import container_name
from workbench.hands.registry import backends
from workbench.hands.sandboxes import Sandboxes

WARM_RUNS = 200
EXEC_RUNS = 15
COLD_RUNS = 7
BUSY, BUSY_RUNS, BUSY_EVERY_S = 16, 60, 0.05
SPARE_LIMIT_S, SPARE_POLL_S = 30.0, 0.2
_BARE_RUN = ("run", "--rm", "--pull=never", "--network=none")


@dataclass(frozen=True)
class _Taken:
    """Milliseconds of each kind of call, and what a spare that waits holds."""

    warm: list[float] = field(default_factory=list)
    execs: list[float] = field(default_factory=list)
    claimed: list[float] = field(default_factory=list)
    fresh: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    spare_mib: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)


def tool_calls() -> Iterator[Figure]:
    """A warm `bash true` beside `podman exec`; a session's first, with a spare and without one, beside a bare `podman run`."""
    place = settings.load()
    with tempfile.TemporaryDirectory(prefix="wb", ignore_cleanup_errors=True) as folder:
        apart = replace(place, data=Path(folder) / "data", runtime=Path(folder) / "run")
        settings.make_private(apart.data)
        try:
            taken = asyncio.run(_measured(apart))
        except SandboxUnavailable as trouble:
            raise NotMeasured(str(trouble)) from None
    note = f"`podman exec` takes {median(taken.execs):.0f} ms; n={WARM_RUNS} and {EXEC_RUNS}"
    warm, bare = median(taken.warm), median(taken.bare)
    yield Figure("warm bash true, p50", warm, "ms", 3, note=note)
    note = f"each calls every {BUSY_EVERY_S * 1000:.0f} ms; p50 {median(taken.busy):.2f} ms, n={len(taken.busy)}"
    yield Figure(f"warm bash true, {BUSY} sessions busy, p99", percentile(taken.busy, 0.99), "ms", 2, note=note)
    yield Figure("podman exec ÷ warm bash true", median(taken.execs) / warm, "×", 40, at_least=True)
    for name, cold, wanted in (
        ("cold sandbox", taken.claimed, 0.5),
        ("cold sandbox without a spare", taken.fresh, 1.5),
    ):
        note = f"{median(cold):.0f} ms to the first result, bare run {bare:.0f} ms; by turns, n={COLD_RUNS}"
        yield Figure(f"{name} ÷ bare podman run", median(cold) / bare, "×", wanted, note=note)
    yield Figure("a spare that waits", median(taken.spare_mib), "MiB", 25, note="PSS of runner, monitor and mounter")


async def _measured(apart: settings.Settings) -> _Taken:
    async with temporary_podman(apart) as podman:
        image = await ensure_image(podman, lambda _: None)
    made = backends(apart, lambda _: None)
    hands = Sandboxes(apart, _forget, made, clock=now, progress=lambda _: None)
    await hands.open()
    taken, warmed = _Taken(), _session()
    try:
        await _call_ms(hands, warmed)
        for _ in range(COLD_RUNS):
            await _spares(made).close()
            taken.fresh.append(await _call_ms(hands, _session()))
            spare = await _spare(_spares(made))
            taken.bare.append(await asyncio.to_thread(_podman_ms, apart, *_BARE_RUN, image, "true"))
            taken.spare_mib.append(_pss_mib(spare.container.pid, spare.container.monitor, spare.mounter.pid))
            taken.claimed.append(await _call_ms(hands, _session()))
        taken.warm.extend([await _call_ms(hands, warmed) for _ in range(WARM_RUNS)])
        busy = [_session() for _ in range(BUSY)]
        for one in busy:
            await _call_ms(hands, one)
        await asyncio.gather(*(_paced(hands, one, place / BUSY, taken.busy) for place, one in enumerate(busy)))
        name = container_name(apart, warmed.id)
        for _ in range(EXEC_RUNS):
            taken.execs.append(await asyncio.to_thread(_podman_ms, apart, "exec", name, "true"))
    finally:
        await hands.release_all()
        await hands.close()
    return taken


async def _paced(hands: Sandboxes, session: Session, part: float, taken: list[float]) -> None:
    """Calls of one session among others, each of which begins a little later."""
    loop = asyncio.get_running_loop()
    due = loop.time() + part * BUSY_EVERY_S
    for _ in range(BUSY_RUNS):
        await asyncio.sleep(max(0.0, due - loop.time()))
        taken.append(await _call_ms(hands, session))
        due += BUSY_EVERY_S


def _spares(made: Mapping[str, Backend]) -> Spares:
    podman = made[settings.DEFAULT_BACKEND]
    assert isinstance(podman, PodmanBackend)
    return podman.spares


async def _spare(spares: Spares) -> Spare:
    """As a session finds it that begins a while after the last one."""
    give_up_at = time.monotonic() + SPARE_LIMIT_S
    while (spare := spares.waiting) is None:
        if time.monotonic() > give_up_at:
            raise NotMeasured("no spare sandbox becomes ready here")
        await asyncio.sleep(SPARE_POLL_S)
    await asyncio.sleep(SPARE_POLL_S)
    return spare


def _pss_mib(*pids: int) -> float:
    """What processes hold, of what they share their part."""
    found = 0
    for pid in pids:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        found += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return found / 1024


async def _forget(_: Fact) -> None:
    pass


def _session() -> Session:
    session_id = new_id("sesn")
    environment = {"type": "cloud", "networking": {"type": "limited", "allowed_hosts": []}}
    return Session(session_id, primary_thread_id(session_id), {}, environment, None, now())


async def _call_ms(hands: Sandboxes, session: Session) -> float:
    call = Call(new_id("sevt"), "bash", {"command": "true"})
    since = time.perf_counter()
    outcome = await hands.execute(session, call)
    taken = (time.perf_counter() - since) * 1000
    if outcome.is_error:
        raise NotMeasured(str(outcome.content))
    await hands.acknowledge(session, call.id)
    return taken


def _podman_ms(apart: settings.Settings, *arguments: str) -> float:
    """Podman's own command on the storage of the sandboxes."""
    command, environment = [apart.podman, *arguments], storage.environment(apart)
    since = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True, env=environment)
    return (time.perf_counter() - since) * 1000
