"""Tool calls in a real sandbox, beside what Podman's own commands take."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from workbench import settings
from workbench.bench.figure import Figure, NotMeasured, median
from workbench.contracts.values import Call, Fact, Session
from workbench.events import new_id, now, primary_thread_id
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import storage
from workbench.hands.podman.connection import temporary_podman
from workbench.hands.podman.images import ensure_image
from workbench.hands.podman.specification import container_name
from workbench.hands.registry import backends
from workbench.hands.sandboxes import Sandboxes

WARM_RUNS = 200
EXEC_RUNS = 15
COLD_RUNS = 7
_BARE_RUN = ("run", "--rm", "--pull=never", "--network=none")


def tool_calls() -> Iterator[Figure]:
    """A warm `bash true` beside `podman exec`, and a cold sandbox beside a bare `podman run`."""
    place = settings.load()
    with tempfile.TemporaryDirectory(prefix="wb", ignore_cleanup_errors=True) as folder:
        apart = replace(place, data=Path(folder) / "data", runtime=Path(folder) / "run")
        settings.make_private(apart.data)
        try:
            warm, execs, cold, bare = asyncio.run(_measured(apart))
        except SandboxUnavailable as trouble:
            raise NotMeasured(str(trouble)) from None
    note = f"`podman exec` takes {median(execs):.0f} ms; n={WARM_RUNS} and {EXEC_RUNS}"
    yield Figure("warm bash true, p50", median(warm), "ms", 3, note=note)
    yield Figure("podman exec ÷ warm bash true", median(execs) / median(warm), "×", 40, at_least=True)
    note = f"{median(cold):.0f} ms to the first result, bare run {median(bare):.0f} ms; by turns, n={COLD_RUNS}"
    yield Figure("cold sandbox ÷ bare podman run", median(cold) / median(bare), "×", 1.5, note=note)


async def _measured(apart: settings.Settings) -> tuple[list[float], list[float], list[float], list[float]]:
    async with temporary_podman(apart) as podman:
        image = await ensure_image(podman, lambda _: None)
    hands = Sandboxes(apart, _forget, backends(apart, lambda _: None), clock=now, progress=lambda _: None)
    await hands.open()
    cold, bare, sessions = [], [], [_session() for _ in range(COLD_RUNS)]
    try:
        for session in sessions:
            bare.append(await asyncio.to_thread(_podman_ms, apart, *_BARE_RUN, image, "true"))
            cold.append(await _call_ms(hands, session))
        warm = [await _call_ms(hands, sessions[0]) for _ in range(WARM_RUNS)]
        name = container_name(apart, sessions[0].id)
        execs = [await asyncio.to_thread(_podman_ms, apart, "exec", name, "true") for _ in range(EXEC_RUNS)]
    finally:
        await hands.release_all()
        await hands.close()
    return warm, execs, cold, bare


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
