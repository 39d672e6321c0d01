"""A vault that is killed again and again: whoever asks meanwhile waits, and is never told that a way it has is not there."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

import httpx2

from tests.attacks.test_h_process import own_process
from workbench.contracts.vault import Route
from workbench.light import unix_http

KILLS = 4
WAIT_S = 90.0
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    await writer.drain()
    writer.close()


async def _asked(path: Path, number: int) -> int:
    """The status of a request; one whose connection the dying process had taken is made again."""
    transport = unix_http.transport(path)
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://way-{number}", timeout=WAIT_S) as http:
        while True:
            try:
                return (await http.get("/")).status_code
            except httpx2.TransportError:
                continue


def test_no_request_on_a_known_route_is_told_that_there_is_none_however_often_the_vault_is_killed() -> None:
    async def story() -> Counter[int]:
        statuses: Counter[int] = Counter()
        server = await asyncio.start_server(_answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with own_process() as (_, client), asyncio.timeout(WAIT_S):
            for number in range(20):
                base = f"http://127.0.0.1:{port}"
                await client.ways.route(Route(f"way-{number}", base, private_ok=True))
            for _ in range(KILLS):
                await client.vault.check()
                assert client.pid is not None
                os.kill(client.pid, signal.SIGKILL)
                statuses.update(await asyncio.gather(*(_asked(client.routes_socket, number) for number in range(20))))
        server.close()
        return statuses

    assert asyncio.run(story()) == {200: KILLS * 20}
