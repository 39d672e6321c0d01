"""Requests over a Unix socket: connections are kept, and never for an answer that is not the request's own; ends are told as httpx2's errors."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from workbench.light import unix_http

WAIT_S = 20.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Answers each request of each connection by the script; counts connections and keeps what was asked."""

    def __init__(self, script: Answer) -> None:
        self.connections = 0
        self.asked: list[bytes] = []
        self._script = script

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                self.asked.append(head + await reader.readexactly(length))
                await self._script(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def say_ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)


@asynccontextmanager
async def talking(
    folder: Path, script: Answer = say_ok, *, patience_s: float = WAIT_S
) -> AsyncIterator[tuple[Server, httpx2.AsyncClient]]:
    server, path = Server(script), folder / "socket"
    transport = unix_http.transport(path)
    async with (
        asyncio.timeout(WAIT_S),
        await asyncio.start_unix_server(server.serve, str(path)),
        httpx2.AsyncClient(transport=transport, base_url="http://somebody", timeout=patience_s) as http,
    ):
        yield server, http


def test_a_connection_is_kept_for_the_next_request_of_any_host_and_body(tmp_path: Path) -> None:
    async def story() -> None:
        async with talking(tmp_path) as (server, http):
            first = await http.post("/a?b=%20c", content=b"x" * 300_000)
            second = await http.get("http://another/")
            assert [(one.status_code, one.text, one.reason_phrase) for one in (first, second)] == [
                (200, "ok", "OK")
            ] * 2
            assert server.connections == 1
            assert server.asked[0].startswith(b"POST /a?b=%20c HTTP/1.1\r\n")
            assert server.asked[0].endswith(b"\r\n\r\n" + b"x" * 300_000)
            assert b"Host: another\r\n" in server.asked[1]

    asyncio.run(story())


def test_requests_at_once_have_a_connection_each(tmp_path: Path) -> None:
    async def story() -> None:
        together = asyncio.Barrier(unix_http.MOST_KEPT + 4)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await together.wait()
            writer.write(OK)

        async with talking(tmp_path, answer) as (server, http):
            for _ in range(2):
                answers = await asyncio.gather(*(http.get("/") for _ in range(together.parties)))
                assert [one.text for one in answers] == ["ok"] * together.parties
            # As many as are kept were used again.
            assert server.connections == together.parties + 4

    asyncio.run(story())


def test_a_kept_connection_that_ended_meanwhile_is_not_used(tmp_path: Path) -> None:
    async def story() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(OK)
            writer.close()
            await writer.wait_closed()

        async with talking(tmp_path, answer) as (server, http):
            for _ in range(5):
                assert (await http.get("/")).text == "ok"
                await asyncio.sleep(0.01)
            assert server.connections == 5

    asyncio.run(story())


def test_what_nobody_has_asked_for_is_no_answer_to_the_next_request(tmp_path: Path) -> None:
    async def story() -> None:
        answered = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(OK)
            await answered.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother")

        async with talking(tmp_path, answer) as (server, http):
            assert (await http.get("/")).text == "ok"
            answered.set()
            await asyncio.sleep(0.05)
            assert (await http.get("/")).text == "ok"
            assert server.connections == 2

        async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(OK + OK.replace(b"ok", b"no"))

        async with talking(tmp_path, twice) as (server, http):
            assert [(await http.get("/")).text for _ in range(3)] == ["ok"] * 3
            assert server.connections == 3

    asyncio.run(story())


def test_an_answer_that_is_left_in_the_middle_ends_its_connection(tmp_path: Path) -> None:
    async def story() -> None:
        gone, asked_again = asyncio.Event(), asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if gone.is_set():
                asked_again.set()
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
            if await reader.read(1) == b"":
                gone.set()

        async with talking(tmp_path, answer) as (_, http):
            async with http.stream("GET", "/") as response:
                async for piece in response.aiter_bytes():
                    assert piece == b"ok"
                    break
            await gone.wait()
            waiting = asyncio.create_task(http.get("/"))
            await asked_again.wait()
            gone.clear()
            waiting.cancel()
            await gone.wait()

    asyncio.run(story())


def test_a_slow_reader_holds_back_who_sends(tmp_path: Path) -> None:
    async def story() -> None:
        size, sent = 64 * unix_http.MOST_HELD_BYTES, 0

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(64):
                writer.write(b"x" * unix_http.MOST_HELD_BYTES)
                await writer.drain()
                sent += unix_http.MOST_HELD_BYTES

        async with talking(tmp_path, answer) as (server, http):
            async with http.stream("GET", "/") as response:
                await asyncio.sleep(0.3)
                assert sent < size // 4
                assert len(await response.aread()) == size
            assert (await http.get("/")).status_code == 200
            assert server.connections == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n", httpx2.RemoteProtocolError),
        (b"no HTTP at all\r\n\r\n", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * (unix_http.MOST_HEAD_BYTES + 1), httpx2.RemoteProtocolError),
    ],
)
def test_an_answer_that_breaks_off_or_is_none_is_an_error(
    tmp_path: Path, said: bytes, error: type[httpx2.TransportError]
) -> None:
    async def story() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(said)
            raise OSError

        async with talking(tmp_path, answer) as (_, http):
            with pytest.raises(error):
                await http.get("/")

    asyncio.run(story())


def test_an_early_answer_is_heard_although_the_rest_of_the_request_cannot_be_sent(tmp_path: Path) -> None:
    async def story() -> None:
        listener = listening(tmp_path / "socket")

        async def body() -> AsyncIterator[bytes]:
            yield b"first"
            # At once, so that the event loop finds the end of the connection as it sends, and not as it reads.
            connection, _ = listener.accept()
            connection.recv(1 << 16)
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
            connection.close()
            yield b"second"

        transport = unix_http.transport(tmp_path / "socket")
        async with asyncio.timeout(WAIT_S), httpx2.AsyncClient(transport=transport) as http:
            assert (await http.post("http://somebody/", content=body())).status_code == 413
        listener.close()

    asyncio.run(story())


def listening(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    return listener


def test_silence_ends_at_its_limit_and_a_socket_that_is_not_there_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async with talking(tmp_path, silent, patience_s=0.05) as (_, http):
            with pytest.raises(httpx2.ReadTimeout):
                await http.get("/")

        async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
            await reader.read()

        async with talking(tmp_path, half, patience_s=0.05) as (_, http):
            with pytest.raises(httpx2.ReadTimeout):
                await http.get("/")
        async with httpx2.AsyncClient(transport=unix_http.transport(tmp_path / "none")) as http:
            with pytest.raises(httpx2.ConnectError):
                await http.get("http://somebody/")

    asyncio.run(story())
