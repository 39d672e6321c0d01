"""The engine's client for the command line: requests and streams over its Unix socket, and the start of an engine.

Standard library only, so that a command answers at once.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from workbench import start
from workbench.client import paths
from workbench.client.errors import EngineAway, is_answering, refusal
from workbench.client.requests import Query, UploadForm, query_of_next_page, target, upload_form
from workbench.client.stream import Frame, Frames
from workbench.contracts.own_port import own_port, without_own_port
from workbench.settings import Settings, check_sockets, make_private

_JSON = {"content-type": "application/json"}
_PIECE = 64 * 1024
_TRANSFER_PIECE = 1 << 20
LOOK_S = 3.0
"""How long an answer is waited for before the engine's process is looked at, and between two looks."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Client:
    """Requests to one engine. Every method raises `EngineAway` when it is gone and `ApiError` when it refuses."""

    def __init__(self, engine_socket: Path, below: str = "") -> None:
        """`below` stands before every path: what another service answers through the engine."""
        self._socket = engine_socket
        self._below = below

    def through(self, name: str) -> Client:
        """The service of this name, asked through the engine with the key that its vault has."""
        return Client(self._socket, f"{paths.HOSTED}/{name}/api")

    def get(self, path: str, query: Query = ()) -> dict[str, Any]:
        return self._json("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self._json("POST", path, body=body)

    def delete(self, path: str) -> dict[str, Any]:
        return self._json("DELETE", path)

    def post_for_bytes(self, path: str, body: Mapping[str, Any]) -> bytes:
        return self._request("POST", path, body=body)

    def upload(self, path: str, file: Path, fields: Mapping[str, str], part: str = "file") -> dict[str, Any]:
        """Send a file of this machine, piece by piece.

        Raises:
            OSError: it cannot be read.
        """
        form = upload_form(file.name, fields, part)
        with file.open("rb") as content:
            size = os.fstat(content.fileno()).st_size
            headers = {
                "content-type": form.content_type,
                "content-length": str(len(form.head) + size + len(form.tail)),
            }
            connection = _Connection(self._socket, timeout=None)
            with contextlib.closing(connection), _translated():
                # A refusal may come before all is sent, and then says more than that nobody reads on.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    connection.request("POST", self._below + path, _pieces(form, content, size), headers)
                return _object(connection)

    def put(self, path: str, pieces: Iterable[bytes]) -> dict[str, Any]:
        """Send bytes as they are, piece by piece, whose number nobody knows before."""
        connection = _Connection(self._socket, timeout=None)
        with contextlib.closing(connection), _translated():
            # As in `upload`.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(
                    "PUT", self._below + path, iter(pieces), {"transfer-encoding": "chunked"}, encode_chunked=True
                )
            return _object(connection)

    def download(self, path: str) -> Iterator[bytes]:
        """What is there, piece by piece; whole when it ends without an error."""
        connection = _Connection(self._socket, timeout=None)
        with contextlib.closing(connection), _translated():
            connection.request("GET", self._below + path)
            response = _answer(connection)
            if response.status != http.client.OK:
                raise refusal(response.status, response.read())
            while piece := response.read(_TRANSFER_PIECE):
                yield piece

    def pages(self, path: str, query: Query = ()) -> Iterator[dict[str, Any]]:
        """The items of a list, over all its pages."""
        wanted: Query | None = query
        while wanted is not None:
            page = self.get(path, wanted)
            yield from page["data"]
            wanted = query_of_next_page(query, page)

    def stream(self, path: str, query: Query = (), body: Mapping[str, Any] | None = None) -> Iterator[Frame]:
        """Open a stream, of a GET, or of a POST where there is a body: subscribed when this returns.

        The frames come until the server ends it; signs of life are not shown.
        """
        connection = _Connection(self._socket, timeout=60.0)
        encoded = json.dumps(body).encode() if body is not None else None
        try:
            with _translated():
                connection.request(
                    "POST" if body is not None else "GET", target(self._below + path, query), encoded, _JSON
                )
                response = _answer(connection)
                if response.status != http.client.OK:
                    raise refusal(response.status, response.read())
        except BaseException:
            connection.close()
            raise
        return _closing(connection, response)

    def _json(
        self, method: str, path: str, *, query: Query = (), body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._request(method, path, query=query, body=body))
        return answer

    def _request(self, method: str, path: str, *, query: Query = (), body: Mapping[str, Any] | None = None) -> bytes:
        connection = _Connection(self._socket, timeout=None)
        encoded = json.dumps(body).encode() if body is not None else b""
        try:
            with _translated():
                connection.request(method, target(self._below + path, query), encoded, _JSON)
                response = _answer(connection)
                raw = response.read()
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise refusal(response.status, raw)
        return raw


def _pieces(form: UploadForm, content: IO[bytes], size: int) -> Iterator[bytes]:
    """The body of an upload; a file that shrinks meanwhile ends it too early, and is refused."""
    yield form.head
    while size > 0 and (piece := content.read(min(size, _TRANSFER_PIECE))):
        size -= len(piece)
        yield piece
    if size == 0:
        yield form.tail


def _answer(connection: _Connection) -> http.client.HTTPResponse:
    """The answer, however long it takes; an engine that cannot give one, because its process is stopped, is not waited for."""
    while not select.select([connection.sock], [], [], LOOK_S)[0]:
        pid = struct.unpack("3i", connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        if _is_stopped(pid):
            raise EngineAway(f"the engine (pid {pid}) is stopped and answers nothing; kill -CONT {pid} lets it go on")
    return connection.getresponse()


def _object(connection: _Connection) -> dict[str, Any]:
    """The answer's object.

    Raises:
        ApiError: it is a refusal.
    """
    response = _answer(connection)
    raw = response.read()
    if response.status != http.client.OK:
        raise refusal(response.status, raw)
    answer: dict[str, Any] = json.loads(raw)
    return answer


def _is_stopped(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in ("T", "t")
    except OSError:
        return False


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        raise EngineAway(f"the engine does not answer ({error}); start it with: workbench up") from error


def _closing(connection: _Connection, response: http.client.HTTPResponse) -> Iterator[Frame]:
    frames = Frames()
    with contextlib.closing(connection), _translated():
        while piece := response.read1(_PIECE):
            yield from frames.feed(piece)


def connect(settings: Settings) -> Client | None:
    """A client of the running engine; None when none runs."""
    return Client(settings.engine_socket) if is_answering(settings.engine_socket) else None


def connect_or_start(
    settings: Settings, say: Callable[[str], None], environment: Mapping[str, str] | None = None
) -> Client:
    """A client of the running engine, which is started where none runs; `say` hears what a slow start is doing.

    A started engine gets `environment`, or this process's own, without the model's key: that goes to its vault unread.

    Raises:
        EngineAway: it could not be started; the text has the engine's own reason.
    """
    client = connect(settings)
    if client is not None:
        return client
    check_sockets(settings.runtime)
    make_private(settings.runtime)
    kept = {"ANTHROPIC_API_KEY"}
    if own := own_port(settings):
        say(own)
        kept.add("ANTHROPIC_BASE_URL")
    without_key = {name: value for name, value in (environment or os.environ).items() if name not in kept}
    with (
        _handed(settings) as keys,
        subprocess.Popen(
            start.command("workbench", "engine", *(f"--key={key}" for key in keys)),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=without_key,
            pass_fds=keys,
            text=True,
        ) as starting,
    ):
        assert starting.stderr is not None
        last = _read_start(iter(starting.stderr.readline, ""), say)
        if last == "ready":
            # The engine lives on by itself: leaving this block must not wait for it.
            starting.stderr.close()
            starting.returncode = 0
            return Client(settings.engine_socket)
    # Somebody else may have started one at the same moment: then this one gave up its place.
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        client = connect(settings)
        if client is not None:
            return client
        time.sleep(0.05)
    raise EngineAway(f"the engine could not be started: {last or 'it said nothing'}")


@contextlib.contextmanager
def _handed(settings: Settings) -> Iterator[tuple[int, ...]]:
    """A descriptor of memory with the configured key in it; none where none is configured."""
    endpoint = without_own_port(settings)
    key = endpoint.api_key if endpoint else None
    if not key:
        yield ()
        return
    descriptor = os.memfd_create("key") if sys.platform == "linux" else _piped(key)
    try:
        if sys.platform == "linux":
            os.write(descriptor, key.encode())
        yield (descriptor,)
    finally:
        os.close(descriptor)


def _piped(key: str) -> int:
    """Where there is no memory with a descriptor; a vault that is started again then asks for `workbench login`."""
    reading, writing = os.pipe()
    os.write(writing, key.encode())
    os.close(writing)
    return reading


def _read_start(lines: Iterator[str], say: Callable[[str], None]) -> str:
    last = ""
    for line in lines:
        last = line.strip()
        if last == "ready":
            break
        if last:
            say(last)
    return last
