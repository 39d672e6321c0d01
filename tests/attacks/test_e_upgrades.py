"""E: leaving HTTP/1.1 for something that is not read."""

from __future__ import annotations

import pytest

from tests.vault.origin import Seen, ok
from tests.vault.stage import LIMITED, SECRET, grant, stage
from workbench.contracts.vault import NetworkRules

WEBSOCKETS = NetworkRules(hosts=("good.test",), websockets=True)
HANDSHAKE = (
    "GET /chat HTTP/1.1\r\nHost: good.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
)
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"


def frame(payload: bytes) -> bytes:
    return bytes([0x81, len(payload)]) + payload


def test_e01_a_websocket_is_refused_where_they_are_off() -> None:
    with stage() as on:
        assert on.way(LIMITED).ask("good.test", f"{HANDSHAKE}\r\n".encode()).status == 403
        assert on.seen == []


def test_e02_a_websocket_has_no_extensions_and_loses_its_secrets_from_the_first_frame() -> None:
    def switch(seen: Seen) -> list[bytes | float]:
        return [SWITCH + frame(SECRET.encode()), 0.05, frame(b"plain")]

    with stage(switch) as on:
        on.store("vcrd_1")
        mine = grant()
        client = on.way(WEBSOCKETS, [mine])
        with client.tunnel("good.test") as line:
            line.send(f"{HANDSHAKE}Authorization: Bearer {mine.placeholder}\r\n\r\n".encode())
            said = line.answer()
            assert (said.status, said.header("sec-websocket-extensions")) == (101, None)
            expected = frame(mine.placeholder.encode()) + frame(b"plain")
            raw = b""
            while len(raw) < len(expected):
                raw += line.more()
            assert raw == expected
        assert on.seen[0].header("authorization") == f"Bearer {SECRET}"
        assert on.seen[0].header("sec-websocket-extensions") is None


@pytest.mark.parametrize("protocol", ["h2c", "TLS/1.0", "anything", "websocket, h2c"])
def test_e03_no_other_upgrade_is_possible(protocol: str) -> None:
    with stage() as on:
        raw = f"GET / HTTP/1.1\r\nHost: good.test\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n"
        assert on.way(WEBSOCKETS).ask("good.test", raw.encode()).status == 400
        assert on.seen == []


def test_e04_a_switch_that_nobody_asked_for_is_not_passed_on() -> None:
    with stage(lambda seen: SWITCH) as on:
        assert on.way(WEBSOCKETS).get("good.test").status == 502


def test_e05_an_alternative_service_is_not_offered() -> None:
    with stage(lambda seen: ok(b"ok", 'Alt-Svc: h3="evil.test:443"')) as on:
        assert on.way(LIMITED).get("good.test").header("alt-svc") is None
