"""The engine's own ways out: streamed, sent again once with a fresh token, and cut off with whoever asked."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx2
import pytest

from tests.attacks.test_h_process import routed
from tests.vault.origin import Origin, Seen, ok
from tests.vault.stage import SECRET
from workbench.contracts.vault import Route, VaultRefused
from workbench.vault.proxy.open_routes import opened

WAIT_S = 30.0
OAUTH = Route("mcp-1", "https://mcp.test/mcp", "vcrd_1", "oauth")
TOKENS = {"token_endpoint": "https://auth.test/token", "token_endpoint_auth": "none", "client_id": "me"}


def client(path: Path) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(uds=str(path)), base_url="http://mcp-1")


def unauthorized(_: Seen) -> bytes:
    return b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"


def refreshing(seen: Seen) -> bytes:
    """A server that takes the second token only, and the endpoint that gives it."""
    if seen.line.startswith("POST /token"):
        return ok(json.dumps({"access_token": "a-second-token", "token_type": "bearer"}).encode())
    is_fresh = seen.header("authorization") == "Bearer a-second-token"
    return ok(seen.body) if is_fresh else unauthorized(seen)


def test_a_token_that_the_server_refuses_is_refreshed_once_for_all_who_asked_and_their_requests_sent_again() -> None:
    async def story() -> list[str]:
        async with Origin(refreshing) as origin, asyncio.timeout(WAIT_S), routed(origin, OAUTH) as (made, path):
            await made.vault.put("vcrd_1", {"access_token": SECRET, "refresh_token": "refresh-me-please"}, TOKENS)
            async with client(path) as http:
                answers = await asyncio.gather(*(http.post("/x", content=b"the body") for _ in range(5)))
            assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"the body")] * 5
            return [seen.line for seen in origin.seen]

    lines = asyncio.run(story())
    assert lines.count("POST /token HTTP/1.1") == 1


def test_where_no_refresh_is_possible_the_refusal_is_passed_on_with_the_reason() -> None:
    async def story() -> None:
        async with Origin(unauthorized) as origin, asyncio.timeout(WAIT_S), routed(origin, OAUTH) as (made, path):
            await made.vault.put("vcrd_1", {"access_token": SECRET}, {})
            async with client(path) as http:
                answer = await http.post("/x", content=b"the body")
            assert (answer.status_code, answer.content) == (401, b"no")
            assert answer.headers["x-workbench-refresh"] == "no_refresh_token"

    asyncio.run(story())


def test_a_route_without_its_secret_says_so_and_asks_nobody() -> None:
    async def story() -> None:
        async with Origin() as origin, asyncio.timeout(WAIT_S), routed(origin, OAUTH) as (_, path):
            async with client(path) as http:
                answer = await http.get("/x")
            assert (answer.status_code, answer.headers["x-egress-reason"]) == (401, "credential_missing")
            assert origin.seen == []

    asyncio.run(story())


def test_whoever_stops_listening_ends_the_request_beyond() -> None:
    def forever(_: Seen) -> list[bytes | float]:
        return [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 3600.0]

    async def story() -> None:
        async with Origin(forever) as origin, asyncio.timeout(WAIT_S):
            route = Route("mcp-1", "https://mcp.test")
            async with routed(origin, route) as (_, path), client(path) as http:
                async with http.stream("GET", "/x") as answer:
                    pieces = answer.aiter_bytes()
                    assert await anext(pieces) == b"hello"
                await origin.gone.wait()

    asyncio.run(story())


@pytest.mark.parametrize(
    "route",
    [
        Route("a", "ftp://x.test"),
        Route("a", "https://user:password@x.test"),
        Route("a", "https://x.test?q=1"),
        Route("a", "https://x.test", "vcrd_1", "basic"),
        Route("a", "https://x.test", "vcrd_1"),
        Route("a", "https://x.test", None, "bearer"),
        Route("a", "https://x y.test"),
    ],
)
def test_a_route_that_is_none_is_refused(route: Route) -> None:
    with pytest.raises(VaultRefused):
        opened(route)
