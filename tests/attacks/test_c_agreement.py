"""C: making CONNECT, the TLS greeting and the Host header name different hosts."""

from __future__ import annotations

import ssl

import pytest

from tests.vault.stage import LIMITED, SECRET, Client, Line, grant, stage
from workbench.contracts.vault import NetworkRules
from workbench.vault.proxy.client_hello import NoGreeting, server_name

TUNNELED = NetworkRules(hosts=("good.test", "pinned.test"), tunnel_hosts=("pinned.test",))


def hello(name: str | None, *, alpn: list[str] | None = None) -> bytes:
    """The first record of a TLS greeting."""
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    context.verify_mode = ssl.CERT_NONE if name is None else ssl.CERT_REQUIRED
    if alpn:
        context.set_alpn_protocols(alpn)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


def test_c01_a_greeting_for_another_host_than_the_connect_is_cut_off() -> None:
    with stage() as on:
        # A client that would take any certificate, as an attacker's does.
        careless = ssl.create_default_context()
        careless.check_hostname = False
        careless.verify_mode = ssl.CERT_NONE
        with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
            on.way(LIMITED).tunnel("good.test", sni="other.test", context=careless)
        assert on.seen == []


def test_c02_a_host_header_of_another_host_is_refused_and_nothing_goes_out() -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant()
        raw = f"GET / HTTP/1.1\r\nHost: other.test\r\nAuthorization: Bearer {mine.placeholder}\r\n\r\n".encode()
        assert on.way(LIMITED, [mine]).ask("good.test", raw).status == 421
        assert (on.seen, on.lines.dialed) == ([], [])


def test_c03_an_absolute_target_of_another_host_is_refused_in_the_tunnel() -> None:
    with stage() as on:
        raw = b"GET https://other.test/ HTTP/1.1\r\nHost: good.test\r\n\r\n"
        assert on.way(LIMITED).ask("good.test", raw).status == 421
        assert on.seen == []


def test_c04_an_absolute_target_of_the_same_host_is_written_as_a_path() -> None:
    with stage() as on:
        raw = b"GET https://good.test/a?b HTTP/1.1\r\nHost: good.test\r\n\r\n"
        assert on.way(LIMITED).ask("good.test", raw).status == 200
        assert [seen.line for seen in on.seen] == ["GET /a?b HTTP/1.1"]


def test_c05_two_host_headers_are_refused() -> None:
    with stage() as on:
        raw = b"GET / HTTP/1.1\r\nHost: good.test\r\nHost: other.test\r\n\r\n"
        assert on.way(LIMITED).ask("good.test", raw).status == 400
        assert on.seen == []


def test_c06_no_host_header_is_refused() -> None:
    with stage() as on:
        client = on.way(LIMITED)
        assert client.ask("good.test", b"GET / HTTP/1.1\r\n\r\n").status == 400
        assert client.ask("good.test", b"GET / HTTP/1.0\r\n\r\n").status == 400
        assert on.seen == []


def test_c07_a_host_header_with_another_port_is_refused() -> None:
    with stage() as on:
        assert on.way(LIMITED).ask("good.test", b"GET / HTTP/1.1\r\nHost: good.test:8443\r\n\r\n").status == 421
        assert on.seen == []


def test_c08_a_connect_inside_the_tunnel_is_refused() -> None:
    with stage() as on:
        raw = b"CONNECT good.test:443 HTTP/1.1\r\nHost: good.test\r\n\r\n"
        assert on.way(LIMITED).ask("good.test", raw, "CONNECT").status >= 400
        assert on.seen == []


def test_c09_the_second_request_of_a_connection_is_checked_like_the_first() -> None:
    with stage() as on, on.way(LIMITED).tunnel("good.test") as line:
        line.send(b"GET /1 HTTP/1.1\r\nHost: good.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: other.test\r\n\r\n")
        assert line.answer().status == 200
        assert line.answer().status == 421
        assert [seen.line for seen in on.seen] == ["GET /1 HTTP/1.1"]


def _tunneled(client: Client, first: bytes) -> Line:
    line, said = client.connect("pinned.test:443")
    assert said.status == 200
    line.send(first)
    return line


def test_c10_a_host_that_is_not_opened_gets_its_own_greeting_only_and_never_a_secret() -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant()
        client = on.way(TUNNELED, [mine])
        for wrong in (hello("good.test"), hello("evil.test"), hello(None)):
            with _tunneled(client, wrong) as line:
                assert line.rest() == b""
        assert on.lines.dialed == []
        with client.tunnel("pinned.test", context=on.origin.trusting()) as line:
            line.send(f"GET / HTTP/1.1\r\nHost: pinned.test\r\nx-key: {mine.placeholder}\r\n\r\n".encode())
            assert line.answer().status == 200
        assert on.seen[0].header("x-key") == mine.placeholder
        assert SECRET not in repr(on.seen)


def test_c10_an_encrypted_greeting_is_not_let_through() -> None:
    record = hello("pinned.test")[5:]
    body = bytearray(record)
    extra = b"\xfe\x0d\x00\x01\x00"
    body += extra
    sessions = 4 + 34
    suites = sessions + 1 + body[sessions]
    methods = suites + 2 + int.from_bytes(body[suites : suites + 2], "big")
    place = methods + 1 + body[methods]
    length = int.from_bytes(body[place : place + 2], "big") + len(extra)
    body[place : place + 2] = length.to_bytes(2, "big")
    body[1:4] = (len(body) - 4).to_bytes(3, "big")
    assert server_name(record) == "pinned.test"
    with pytest.raises(NoGreeting):
        server_name(bytes(body))


@pytest.mark.parametrize("first", ["ssh", "fragmented", "two-in-one", "http"])
def test_c11_what_is_no_whole_greeting_is_closed_without_a_connection(first: str) -> None:
    whole = hello("pinned.test")
    half = len(whole) // 2
    raw = {
        "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
        "fragmented": b"\x16\x03\x01" + (half - 5).to_bytes(2, "big") + whole[5:half],
        "two-in-one": b"\x16\x03\x01" + (len(whole) - 1).to_bytes(2, "big") + whole[5:] + b"\x00" * 4,
        "http": b"GET / HTTP/1.1\r\nHost: pinned.test\r\n\r\n",
    }[first]
    with stage() as on:
        with _tunneled(on.way(TUNNELED), raw) as line:
            assert line.rest() == b""
        assert on.lines.dialed == []


def test_c12_plain_http_after_the_200_is_refused() -> None:
    with stage() as on:
        line, said = on.way(LIMITED).connect("good.test:443")
        assert said.status == 200
        line.send(b"GET / HTTP/1.1\r\nHost: good.test\r\n\r\n")
        assert b"200" not in line.rest()
        assert (on.seen, on.lines.dialed) == ([], [])


def test_c13_http_2_is_refused_at_its_preface() -> None:
    with stage() as on:
        client = on.way(LIMITED)
        assert client.ask("good.test", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status in {0, 400, 505}
        context = client.context()
        context.set_alpn_protocols(["h2"])
        with client.tunnel("good.test", context=context) as line:
            assert isinstance(line.socket, ssl.SSLSocket)
            assert line.socket.selected_alpn_protocol() is None
        assert on.seen == []
