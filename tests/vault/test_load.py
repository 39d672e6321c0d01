"""Many at once: every answer comes back to whoever asked."""

from __future__ import annotations

import asyncio
import ssl

import httpx2

from tests.vault.origin import Seen, ok
from tests.vault.stage import LIMITED, SECRET, WAIT_S, grant, stage

SESSIONS = 4
REQUESTS = 400


def named(seen: Seen) -> bytes:
    return ok(seen.line.encode() + b" " + (seen.header("authorization") or "").encode())


def test_hundreds_of_requests_of_several_sessions_each_get_their_own_answer() -> None:
    with stage(named) as on:
        on.store("vcrd_1")
        grants = [grant() for _ in range(SESSIONS)]
        ports = [on.way(LIMITED, [one], f"sesn_{number}").port for number, one in enumerate(grants)]

        async def all_of_it() -> None:
            trust = ssl.create_default_context(cadata=on.around.authority.certificate_pem.decode())
            clients = [
                httpx2.AsyncClient(proxy=f"http://127.0.0.1:{port}", verify=trust, timeout=WAIT_S * 3) for port in ports
            ]

            async def ask(number: int) -> None:
                which = number % SESSIONS
                placeholder = grants[which].placeholder
                url, headers = f"https://good.test/{number}", {"authorization": f"Bearer {placeholder}"}
                answer = await clients[which].get(url, headers=headers)
                assert answer.text == f"GET /{number} HTTP/1.1 Bearer {placeholder}"

            try:
                async with asyncio.timeout(WAIT_S * 3), asyncio.TaskGroup() as group:
                    for number in range(REQUESTS):
                        group.create_task(ask(number))
            finally:
                for client in clients:
                    await client.aclose()

        asyncio.run(all_of_it())
        assert len(on.seen) == REQUESTS
        assert all(seen.header("authorization") == f"Bearer {SECRET}" for seen in on.seen)
