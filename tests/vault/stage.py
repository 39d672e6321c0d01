"""The proxy in this process, on a loop of its own: names, connections and the server beyond are the test's; clients are raw."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.vault.origin import Answer, Origin, Seen, ok
from workbench.contracts.vault import Grant, NetDecision, NetworkRules
from workbench.vault.keeping.oauth import OAuth
from workbench.vault.keeping.secrets import Secrets
from workbench.vault.keeping.stores import Keeper, MemoryStore
from workbench.vault.proxy.addresses import Dialer, Streams, connect_by_system
from workbench.vault.proxy.authority import Authority, new_authority
from workbench.vault.proxy.dependencies import ProxyDependencies
from workbench.vault.proxy.placeholders import minted
from workbench.vault.proxy.policy import policy_of
from workbench.vault.proxy.sandbox_proxy import SandboxProxy
from workbench.vault.proxy.wire import Limits

T = TypeVar("T")

WAIT_S = 10.0
QUIET_S = 1.0
PUBLIC = "203.0.114.7"
"""Counts as public and belongs to nobody who is asked here: every connection ends at the test's own server."""

SECRET = "s3cr3t-canary-Zq81/xY+vault"
OTHER_SECRET = "0ther-c4nary-value-7766554433"


@dataclass
class Names:
    """A resolver: what it is asked is kept, and what it answers may change from one question to the next."""

    answers: dict[str, list[str] | list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(0)
        self.asked.append(host)
        given: Any = self.answers.get(host, [PUBLIC])
        if given and isinstance(given[0], list):
            return list(given.pop(0) if len(given) > 1 else given[0])
        if not given:
            raise OSError("no such name")
        return list(given)


@dataclass
class Lines:
    """Every connection that the proxy opens, all of them to the test's own server, or to a port `plain_instead`."""

    origin: Origin
    dialed: list[tuple[str, int]] = field(default_factory=list)
    plain_instead: int | None = None

    async def __call__(self, address: str, port: int, context: ssl.SSLContext | None, name: str | None) -> Streams:
        self.dialed.append((address, port))
        to = self.origin.plain_port if port == 80 else self.origin.port
        if self.plain_instead is not None:
            to, context = self.plain_instead, None
        return await connect_by_system("127.0.0.1", to, context, name)


@dataclass
class Stage:
    """One proxy with its surroundings; `way` opens a session and gives the port of its listener."""

    origin: Origin
    names: Names
    lines: Lines
    around: ProxyDependencies
    oauth: OAuth
    keeper: Keeper
    notices: list[str]
    decisions: list[NetDecision]
    loop: asyncio.AbstractEventLoop
    ways: dict[str, SandboxProxy] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    opened: list[socket.socket] = field(default_factory=list)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the proxy's loop, to its end."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT_S)

    def store(self, credential_id: str, value: str = SECRET, **settings: str) -> None:
        self.do(self.around.secrets.put(credential_id, {"value": value}, settings))

    def way(self, rules: NetworkRules, grants: Sequence[Grant] = (), session_id: str = "sesn_1") -> Client:
        """Open a session, or put other rules in force; a client inside its sandbox."""
        policy = policy_of(rules, grants)
        if session_id in self.ways:
            self.ways[session_id].change(policy)
        else:
            # Asks the kernel for its protocol, as a handed-over descriptor does: asyncio sets TCP_NODELAY by it.
            listener = socket.socket(fileno=socket.create_server(("127.0.0.1", 0)).detach())
            self.ports[session_id] = listener.getsockname()[1]
            self.ways[session_id] = SandboxProxy(session_id, policy, self.around)
            self.do(self.ways[session_id].listen(listener))
            for grant in grants:
                self.do(self.around.secrets.get(grant.credential_id))
        return Client(self, self.ports[session_id])

    @property
    def seen(self) -> list[Seen]:
        return self.origin.seen

    def decided(self) -> list[tuple[str, bool, str]]:
        """Host, whether it was allowed, and the word."""
        return [(one.host, one.allowed, one.reason) for one in self.decisions]


@dataclass(frozen=True)
class Said:
    """One answer as a client got it; `raw` is everything, as it came."""

    status: int
    head: bytes
    body: bytes
    raw: bytes

    def header(self, name: str) -> str | None:
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.decode("latin-1").lower() == name.lower():
                return value.strip().decode("latin-1")
        return None


class Line:
    """One connection of a client, blocking and bounded."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._buffer = b""

    def send(self, raw: bytes) -> None:
        self.socket.sendall(raw)

    def read(self, count: int = 1 << 16) -> bytes:
        """Some bytes; none at the end, or when nothing more comes."""
        try:
            return self.socket.recv(count)
        except (OSError, ssl.SSLError):
            return b""

    def more(self) -> bytes:
        """What is there already, else the next bytes."""
        piece, self._buffer = self._buffer or self.read(), b""
        assert piece, "the connection ended"
        return piece

    def answer(self, method: str = "GET") -> Said:
        """The next whole answer; status 0 when the connection ends without one."""
        while b"\r\n\r\n" not in self._buffer:
            if not (piece := self.read()):
                return Said(0, b"", b"", self._buffer)
            self._buffer += piece
        raw = self._buffer
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        status = int(head.split(b" ")[1])
        if 100 <= status < 200 and status != 101:
            return self.answer(method)
        said = Said(status, head, b"", raw)
        if status in {101, 204, 304} or method == "HEAD":
            return said
        if (said.header("transfer-encoding") or "") == "chunked":
            return Said(status, head, self._chunks(), raw)
        length = said.header("content-length")
        body = self._exactly(int(length)) if length is not None else self.rest()
        return Said(status, head, body, raw)

    def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count and (piece := self.read()):
            self._buffer += piece
        body, self._buffer = self._buffer[:count], self._buffer[count:]
        return body

    def _chunks(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self._buffer:
                if not (piece := self.read()):
                    return body
                self._buffer += piece
            length, _, self._buffer = self._buffer.partition(b"\r\n")
            body += self._exactly(int(length, 16))
            self._exactly(2)
            if not int(length, 16):
                return body

    def rest(self) -> bytes:
        """Everything until the end."""
        body, self._buffer = self._buffer, b""
        while piece := self.read():
            body += piece
        return body

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Client:
    """A program in one sandbox: it knows the proxy's address and trusts its authority."""

    stage: Stage
    port: int

    def plain(self, raw: bytes = b"") -> Line:
        """A connection to the proxy, with these first bytes sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S)
        self.stage.opened.append(connection)
        line = Line(connection)
        if raw:
            line.send(raw)
        return line

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.stage.around.authority.certificate_pem.decode())

    def connect(self, target: str) -> tuple[Line, Said]:
        """CONNECT to `host:port`, and the proxy's answer."""
        line = self.plain(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode("latin-1"))
        head = b""
        while b"\r\n\r\n" not in head and (piece := line.read(1)):
            head += piece
        status = int(head.split(b" ")[1]) if head else 0
        return line, Said(status, head, b"" if status == 200 else line.rest(), head)

    def tunnel(self, host: str, *, sni: str | None = None, context: ssl.SSLContext | None = None) -> Line:
        """TLS to a host through the proxy."""
        line, said = self.connect(f"{host}:443")
        assert said.status == 200, said
        made = context or self.context()
        encrypted = made.wrap_socket(line.socket, server_hostname=sni or host)
        self.stage.opened.append(encrypted)
        return Line(encrypted)

    def ask(self, host: str, raw: bytes, method: str = "GET") -> Said:
        """One request, as raw as it is given, in a tunnel of its own."""
        with self.tunnel(host) as line:
            line.send(raw)
            return line.answer(method)

    def get(self, host: str, path: str = "/", *headers: str) -> Said:
        lines = "".join(f"{header}\r\n" for header in headers)
        return self.ask(host, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n".encode())

    def post(self, host: str, body: bytes, *headers: str) -> Said:
        lines = "".join(f"{header}\r\n" for header in headers)
        head = f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
        return self.ask(host, head.encode() + body)


def grant(credential_id: str = "vcrd_1", hosts: tuple[str, ...] | None = ("good.test",), **more: Any) -> Grant:
    """A grant with a fresh placeholder."""
    return Grant(credential_id, minted("", len(SECRET)), hosts, **more)


@contextlib.contextmanager
def stage(
    answer: Answer | None = None,
    *,
    names: Mapping[str, list[str] | list[list[str]]] | None = None,
    limits: Limits | None = None,
    own: Callable[[], frozenset[str]] = frozenset,
) -> Iterator[Stage]:
    """A proxy and its server on a thread of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> Stage:
        origin = await Origin(answer or (lambda seen: ok())).__aenter__()
        resolver, lines = Names(dict(names or {})), Lines(origin)
        decisions: list[NetDecision] = []

        async def tell(decision: NetDecision) -> None:
            await asyncio.sleep(0)
            decisions.append(decision)

        keeper = Keeper(MemoryStore(), lambda kind, words: None, QUIET_S)
        around = ProxyDependencies(
            secrets=Secrets(keeper, b"fingerprint", lambda _: None),
            authority=Authority(new_authority()),
            dialer=Dialer(resolver, lines, own),
            trusted=origin.trusting(),
            tell=tell,
            limits=limits or Limits(unlock_s=QUIET_S),
        )
        notices: list[str] = []
        oauth = OAuth(around.secrets, around.dialer, around.trusted, lambda kind, words, _: notices.append(kind))
        return Stage(origin, resolver, lines, around, oauth, keeper, notices, decisions, loop)

    made = asyncio.run_coroutine_threadsafe(begin(), loop).result(WAIT_S)
    try:
        yield made
    finally:
        for client in made.opened:
            client.close()

        async def end() -> None:
            for way in made.ways.values():
                await way.close()
            await made.origin.__aexit__()
            # What was cut is closed in the loop's next turns.
            for _ in range(5):
                await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(end(), loop).result(WAIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(WAIT_S)
        loop.close()


LIMITED = NetworkRules(hosts=("good.test", "other.test", "*.wild.test"))
