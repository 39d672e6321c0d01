"""What the vault's proxy adds to a request, to a large answer, to a stream's events, and what idle connections take."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench import settings, start
from workbench.bench.figure import Figure, median, percentile
from workbench.bench.tls_origin import HOST, SMALL_BYTES
from workbench.contracts.vault import Grant, NetworkRules
from workbench.vault.control.client import VaultClient
from workbench.vault.proxy.placeholders import minted
from workbench.vault.proxy.routes_table import TIDY_EVERY_S
from workbench.vault.proxy.wire import Limits

REQUESTS = 400
LARGE_BYTES = 128 * 1024 * 1024
ROUNDS = 5
IDLE = 300
SESSIONS = 3
SECRET = "a-secret-of-the-measurement-only"


@dataclass(frozen=True)
class Ends:
    """Where the server is, where each session's proxy is, and what a client in a sandbox trusts."""

    port: int
    proxies: tuple[int, ...]
    direct: ssl.SSLContext
    through: ssl.SSLContext
    pid: int

    def straight(self) -> ssl.SSLSocket:
        return self._encrypted(socket.create_connection(("127.0.0.1", self.port), timeout=30), self.direct)

    def proxied(self, session: int = 0) -> ssl.SSLSocket:
        connection = socket.create_connection(("127.0.0.1", self.proxies[session]), timeout=30)
        connection.sendall(b"CONNECT %s:%d HTTP/1.1\r\nHost: %s\r\n\r\n" % (HOST.encode(), self.port, HOST.encode()))
        if b" 200 " not in connection.recv(1 << 12):
            raise RuntimeError("the proxy refused the measurement's own host")
        return self._encrypted(connection, self.through)

    def _encrypted(self, connection: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return context.wrap_socket(connection, server_hostname=HOST)

    def request(self, line: ssl.SSLSocket, path: str) -> None:
        line.sendall(f"GET /{path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n\r\n".encode())


def proxied() -> Iterator[Figure]:
    """All figures, side by side with the same connection made straight."""
    with tempfile.TemporaryDirectory(prefix="wb") as folder, _origin(Path(folder)) as port:
        yield from asyncio.run(_measured(Path(folder), port))


async def _measured(home: Path, port: int) -> list[Figure]:
    async with _ends(home, port) as ends:
        return await asyncio.to_thread(
            lambda: [*_requests(ends), *_throughput(ends), *_events(ends), *_idle_connections(ends)]
        )


def _requests(ends: Ends) -> Iterator[Figure]:
    straight, through = [], []
    with ends.straight() as one, ends.proxied() as other:
        for _ in range(REQUESTS):
            straight.append(_request_ms(ends, one))
            through.append(_request_ms(ends, other))
    added = median(through) - median(straight)
    note = f"{median(through):.2f} ms through, {median(straight):.2f} straight; p95 {percentile(through, 0.95):.2f}; n={REQUESTS}"
    yield Figure("time the proxy adds to a request, p50", added, "ms", 3, note=note)


def _request_ms(ends: Ends, line: ssl.SSLSocket) -> float:
    since = time.perf_counter()
    ends.request(line, "")
    _received(line, SMALL_BYTES)
    return (time.perf_counter() - since) * 1000


def _throughput(ends: Ends) -> Iterator[Figure]:
    straight, through = [], []
    for _ in range(ROUNDS):
        with ends.straight() as one, ends.proxied() as other:
            straight.append(_large_s(ends, one))
            through.append(_large_s(ends, other))
    speeds = [LARGE_BYTES / seconds / 1e6 for seconds in (median(through), median(straight))]
    note = f"{speeds[0]:.0f} MB/s through, {speeds[1]:.0f} straight; client, proxy and server on {os.cpu_count()} cores"
    yield Figure(
        "throughput through the proxy, of direct TLS", speeds[0] / speeds[1], "×", 0.4, at_least=True, note=note
    )


def _large_s(ends: Ends, line: ssl.SSLSocket) -> float:
    since = time.perf_counter()
    ends.request(line, str(LARGE_BYTES))
    _received(line, LARGE_BYTES)
    return time.perf_counter() - since


def _received(line: ssl.SSLSocket, count: int) -> None:
    buffer = bytearray(1 << 18)
    head = b""
    while b"\r\n\r\n" not in head:
        head += line.recv(1 << 12)
    left = count - len(head.partition(b"\r\n\r\n")[2])
    while left > 0:
        left -= line.recv_into(buffer)


def _events(ends: Ends) -> Iterator[Figure]:
    with ends.straight() as one, ends.proxied() as other:
        straight, through = _delays_ms(ends, one), _delays_ms(ends, other)
    note = f"{median(through):.2f} ms through, {median(straight):.2f} straight; p95 {percentile(through, 0.95):.2f}"
    yield Figure("a stream's events are later by, p50", median(through) - median(straight), "ms", 2, note=note)


def _delays_ms(ends: Ends, line: ssl.SSLSocket) -> list[float]:
    ends.request(line, "events")
    delays, text = [], b""
    while b"\r\n0\r\n\r\n" not in text:
        text += line.recv(1 << 16)
        now = time.monotonic_ns()
        while b"data: " in text and b"\n\n" in text.partition(b"data: ")[2]:
            moment, _, text = text.partition(b"data: ")[2].partition(b"\n\n")
            delays.append((now - int(moment)) / 1e6)
    return delays


def _idle_connections(ends: Ends) -> Iterator[Figure]:
    with contextlib.ExitStack() as held:
        before = _resident_mib(ends.pid)
        for number in range(IDLE):
            line = held.enter_context(ends.proxied(number % SESSIONS))
            _request_ms(ends, line)
        # The connections beyond are closed when they have been idle for a while; the clients' are kept.
        time.sleep(Limits().idle_upstream_s + TIDY_EVERY_S + 1)
        after = _resident_mib(ends.pid)
    note = f"the whole process; {before:.0f} MiB before them"
    yield Figure(f"memory with {IDLE} idle connections", after, "MiB", 60, note=note)


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextlib.contextmanager
def _origin(home: Path) -> Iterator[int]:
    command = start.command("workbench.bench.tls_origin", str(home))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


@contextlib.asynccontextmanager
async def _ends(home: Path, port: int) -> AsyncIterator[Ends]:
    place = settings.Settings(
        data=settings.make_private(home / "data"),
        config=home / "config",
        runtime=home / "run",
        state=home / "state",
        keep_secrets_in="memory",
    )
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(home / "roots.pem")
    client = VaultClient(place)
    await client.start()
    try:
        await client.vault.put("measured", {"value": SECRET}, {})
        rules = NetworkRules(hosts=(HOST,), private_ok=(HOST,), ports=(port,))
        proxies = []
        for number in range(SESSIONS):
            with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
                grant = Grant("measured", minted("", len(SECRET)), (HOST,))
                await client.ways.open(f"sesn_{number}", rules, [grant], listener)
                proxies.append(listener.getsockname()[1])
        assert client.pid is not None
        yield Ends(
            port,
            tuple(proxies),
            ssl.create_default_context(cafile=str(home / "roots.pem")),
            ssl.create_default_context(cafile=str(place.trust / "authority.pem")),
            client.pid,
        )
    finally:
        await client.aclose()
        if before is None:
            del os.environ["SSL_CERT_FILE"]
        else:
            os.environ["SSL_CERT_FILE"] = before
