"""What the engine adds to a model's answer, and how fast the command line is: measured through a real engine."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from workbench import settings, start
from workbench.bench.figure import Figure, median, percentile, times_ms, within
from workbench.bench.model import model_apart
from workbench.client.sync import Client, connect_or_start

TASK = "hello"
MODEL = "bench"
RUNS = 40
AT_ONCE = 300
DELTA_LIMIT_S = 60.0


@dataclass(frozen=True)
class Apart:
    """An engine in a home of its own, so that the user's log is not touched."""

    client: Client
    place: settings.Settings
    environment: dict[str, str]

    def pid(self) -> int:
        return int(self.client.get("/workbench/v1/status")["pid"])


@contextlib.contextmanager
def engine_apart(model_url: str = "") -> Iterator[Apart]:
    """Start an engine in a temporary home, with the model at this URL beside the offline one; stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="wb", ignore_cleanup_errors=True) as home:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
        environment = {**kept, "WORKBENCH_HOME": home}
        if model_url:
            environment |= {"ANTHROPIC_BASE_URL": model_url, "ANTHROPIC_API_KEY": "none"}
        place = settings.load(environment)
        client = connect_or_start(place, lambda _: None, environment)
        try:
            yield Apart(client, place, environment)
        finally:
            # With their sandboxes, which would outlive an engine that only goes down.
            for session in list(client.pages("/v1/sessions", [("statuses[]", "idle"), ("limit", "1000")])):
                client.delete(f"/v1/sessions/{session['id']}")
            client.post("/workbench/v1/down")


def new_session(apart: Apart, count: int = 1, *, model: str = MODEL) -> list[str]:
    """Sessions without a word in them yet, all of one agent."""
    agent = apart.client.post("/v1/agents", {"name": "bench", "model": model})
    environment = apart.client.post("/v1/environments", {"name": f"bench {agent['id']}"})
    body = {"agent": agent["id"], "environment_id": environment["id"]}
    return [str(apart.client.post("/v1/sessions", body)["id"]) for _ in range(count)]


def first_delta() -> Iterator[Figure]:
    """A message's way to its first delta, through the engine and straight to the same model, by turns."""
    with model_apart() as url, engine_apart(url) as apart:
        through, straight = [], []
        for session_id in new_session(apart, RUNS):
            straight.append(raw_first_delta_ms(url))
            through.append(first_delta_ms(apart.client, session_id))
    added = [one - other for one, other in zip(sorted(through), sorted(straight), strict=True)]
    note = f"{median(through):.1f} ms through the engine, {median(straight):.1f} ms straight; n={RUNS}"
    yield Figure("time added to the first delta, p50", median(added), "ms", 10, note=note)
    yield Figure("time added to the first delta, p95", percentile(added, 0.95), "ms", 25, note=f"n={RUNS}")


def first_delta_ms(client: Client, session_id: str) -> float:
    """From a message to its first delta, heard on a stream that is open before.

    Raises:
        NotMeasured: it does not come.
    """
    with within(DELTA_LIMIT_S, "a first delta"):
        return _first_delta_ms(client, session_id)


def _first_delta_ms(client: Client, session_id: str) -> float:
    frames = client.stream(f"/workbench/v1/sessions/{session_id}/stream", [("event_deltas[]", "agent.message")])
    since = time.perf_counter()
    message = {"type": "user.message", "content": [{"type": "text", "text": TASK}]}
    client.post(f"/v1/sessions/{session_id}/events", {"events": [message]})
    for frame in frames:
        if frame.name == "event_delta":
            return (time.perf_counter() - since) * 1000
    raise RuntimeError("the stream ended without a delta")


def raw_first_delta_ms(url: str) -> float:
    """The same, asked of the model alone."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    body = {"model": MODEL, "max_tokens": 100, "stream": True, "messages": [{"role": "user", "content": TASK}]}
    with contextlib.closing(connection):
        since = time.perf_counter()
        connection.request("POST", "/v1/messages", json.dumps(body))
        for line in connection.getresponse():
            if line.startswith(b"event: content_block_delta"):
                return (time.perf_counter() - since) * 1000
    raise RuntimeError("the stream ended without a delta")


def raw_get(url: str, path: str) -> bytes:
    """What the scripted model says of itself."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().read()


def many_sessions() -> Iterator[Figure]:
    """Three hundred sessions answering at once: processor time a model call, and what they cost when they are idle."""
    with model_apart() as url, engine_apart(url) as apart:
        session_ids = new_session(apart, AT_ONCE)
        pid = apart.pid()
        before, since = cpu_s(pid), time.perf_counter()
        for session_id in session_ids:
            message = {"type": "user.message", "content": [{"type": "text", "text": TASK}]}
            apart.client.post(f"/v1/sessions/{session_id}/events", {"events": [message]})
        while apart.client.get("/workbench/v1/status")["sessions"].get("idle", 0) < AT_ONCE:
            time.sleep(0.05)
        taken = time.perf_counter() - since
        used = cpu_s(pid) - before
        idle_before = cpu_s(pid)
        time.sleep(3.0)
        idle = (cpu_s(pid) - idle_before) / 3.0
    note = (
        f"a whole turn of one call each, {AT_ONCE} done in {taken:.1f} s; the SDK and the store take 2–3 ms each of it"
    )
    yield Figure("processor time a model call", used / AT_ONCE * 1000, "ms", 5, note=note)
    yield Figure("engine with idle sessions", idle * 100, "% of a core", 1, note=f"{AT_ONCE} idle sessions over 3 s")


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def command_line() -> Iterator[Figure]:
    """`workbench ps` beside a Python that does nothing."""
    with engine_apart() as apart:
        new_session(apart, 20)

        def run(*command: str) -> None:
            subprocess.run(command, env=apart.environment, stdout=subprocess.DEVNULL, check=True)

        listed = times_ms(lambda: run(*start.command("workbench", "ps")), 15)
        floor = times_ms(lambda: run(sys.executable, "-c", "pass"), 15)
    note = f"{median(floor) / 1000:.3f} s is Python itself; 20 sessions, n=15"
    yield Figure("workbench ps", median(listed) / 1000, "s", 0.15, note=note)
