"""What a connection says first: names and heads that are whole, cut, hostile or none."""

from __future__ import annotations

import contextlib
import ssl
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandboxes.runner.greetings import NotUnderstood, answered, for_a_proxy, server_name


def question(name: str, kind: int = 1) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


@pytest.mark.parametrize(
    ("name", "kind", "code", "address"),
    [
        ("shop.example.com", 1, 0, "127.77.0.1"),
        ("SHOP.Example.com", 1, 0, "127.77.0.1"),
        ("shop.example.com", 28, 0, None),
        ("shop.example.com", 15, 0, None),
        ("api.localhost", 1, 0, "127.0.0.1"),
        ("database", 1, 3, None),
        ("1.0.0.127.in-addr.arpa", 12, 3, None),
    ],
)
def test_a_name_leads_to_the_way_out(name: str, kind: int, code: int, address: str | None) -> None:
    said = answered(question(name, kind))
    assert said[:2] == question(name)[:2]
    assert struct.unpack_from(">H", said, 2)[0] == 0x8180 | code
    assert said[12 : len(question(name, kind))] == question(name, kind)[12:]
    rest = said[len(question(name, kind)) :]
    assert (".".join(map(str, rest[-4:])) if rest else None) == address


def greeting(name: str | None) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname = False
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()[5:]


def test_the_name_in_a_greeting_is_found_and_its_absence_told() -> None:
    assert server_name(greeting("shop.example.com")) == "shop.example.com"
    with pytest.raises(NotUnderstood):
        server_name(greeting(None))
    whole = greeting("shop.example.com")
    end = whole.index(b"shop.example.com") + len("shop.example.com")
    for cut in range(end):
        with pytest.raises(NotUnderstood):
            server_name(whole[:cut])


@given(st.binary(max_size=400))
def test_no_bytes_are_more_than_not_understood(said: bytes) -> None:
    for read in (answered, server_name, lambda one: for_a_proxy(one, 80)):
        with contextlib.suppress(NotUnderstood):
            read(said)


@pytest.mark.parametrize(
    ("head", "port", "told"),
    [
        ("GET /a?b HTTP/1.1\r\nHost: one.example\r\nConnection: keep-alive\r\nAccept: */*", 80,
         "GET http://one.example/a?b HTTP/1.1\r\nHost: one.example\r\nAccept: */*\r\nConnection: close"),
        ("POST / HTTP/1.0\r\nhost:one.example:8080\r\nContent-Length: 1", 8080,
         "POST http://one.example:8080/ HTTP/1.0\r\nhost:one.example:8080\r\nContent-Length: 1\r\nConnection: close"),
        ("GET /ws HTTP/1.1\r\nHost: one.example\r\nConnection: Upgrade\r\nUpgrade: websocket", 80,
         "GET http://one.example/ws HTTP/1.1\r\nHost: one.example\r\nConnection: Upgrade\r\nUpgrade: websocket"),
        ("GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEA", 80,
         "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nConnection: close"),
        ("GET http://one.example/ HTTP/1.1\r\nHost: one.example", 80, "GET http://one.example/ HTTP/1.1\r\nHost: one.example"),
    ],
)  # fmt: skip
def test_a_request_is_told_to_a_proxy_by_its_host(head: str, port: int, told: str) -> None:
    assert for_a_proxy(f"{head}\r\n\r\n".encode(), port) == f"{told}\r\n\r\n".encode()


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1\r\nAccept: */*",
        "GET / HTTP/1.1\r\nHost: one.example\r\nHost: two.example",
        "GET / HTTP/1.1\r\nHost: one.example/@two",
        "GET / HTTP/2",
        "SSH-2.0-OpenSSH_9.2",
    ],
)
def test_a_request_without_one_host_is_not_understood(head: str) -> None:
    with pytest.raises(NotUnderstood):
        for_a_proxy(f"{head}\r\n\r\n".encode(), 80)
