"""D: making two readers of one byte stream disagree about where a message ends."""

from __future__ import annotations

import contextlib

import pytest

from tests.vault.origin import Seen, ok
from tests.vault.stage import LIMITED, WAIT_S, stage
from workbench.vault.proxy.wire import Limits

HOST = b"Host: good.test\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: good.test\r\n\r\n"

FORMS = {
    "cl-te": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
    "te-cl": b"POST / HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1\r\nA\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nAB",
    "a list of lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1, 2\r\n\r\nAB",
    "a signed length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +2\r\n\r\nAB",
    "a negative length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -2\r\n\r\nAB",
    "a hexadecimal length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0x2\r\n\r\nAB",
    "obscured chunked": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "space before the colon": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "identity and chunked": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
    "chunk extension": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1;a=\nb\r\nA\r\n0\r\n\r\n",
    "bad chunk end": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nAXX0\r\n\r\n",
    "a chunk length with 0x": b"POST / HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\nAB\r\n0\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
    "CR in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "a bad target": b"GET /a\x7fb HTTP/1.1\r\n" + HOST + b"\r\n",
    "a bad method": b"GE(T / HTTP/1.1\r\n" + HOST + b"\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_d01_an_ambiguous_request_is_refused_or_goes_out_as_one_clean_request(form: str) -> None:
    with stage() as on, on.way(LIMITED).tunnel("good.test") as line:
        line.send(FORMS[form] + SMUGGLED)
        status = line.answer().status
        assert status in {0, 200, 400, 501, 505}
        assert status == 200 or on.seen == []
        for seen in on.seen:
            assert seen.line in {"GET / HTTP/1.1", "POST / HTTP/1.1", "GET /smuggled HTTP/1.1"}
            assert b"\r\n " not in seen.head
            assert not (seen.header("content-length") and seen.header("transfer-encoding"))


@pytest.mark.parametrize(
    "form", ["cl-te", "te-cl", "two lengths", "bad chunk end", "obscured chunked", "a list of lengths"]
)
def test_d01_what_follows_a_refused_request_is_not_read_as_another_one(form: str) -> None:
    with stage() as on, on.way(LIMITED).tunnel("good.test") as line:
        line.send(FORMS[form] + SMUGGLED)
        assert line.answer().status in {0, 400, 501}
        assert line.rest() == b""
        assert all("smuggled" not in seen.line for seen in on.seen)


def test_d02_bytes_behind_a_connect_are_refused_before_its_answer() -> None:
    with stage() as on:
        connect = b"CONNECT good.test:443 HTTP/1.1\r\nHost: good.test:443\r\n\r\n"
        with on.way(LIMITED).plain(connect + SMUGGLED) as line:
            assert line.answer("CONNECT").status == 400
        assert on.lines.dialed == []


def test_d03_a_refused_connect_has_one_answer_and_its_connection_is_closed() -> None:
    with stage() as on:
        connect = b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n"
        with on.way(LIMITED).plain(connect) as line:
            said = line.answer("CONNECT")
            assert (said.status, said.header("connection")) == (403, "close")
            assert line.rest() == b""
        assert on.seen == []


@pytest.mark.parametrize("framing", ["Content-Length: 5", "Transfer-Encoding: chunked"])
def test_d04_a_connect_with_a_body_is_refused(framing: str) -> None:
    with stage() as on:
        raw = f"CONNECT good.test:443 HTTP/1.1\r\nHost: good.test\r\n{framing}\r\n\r\nhello"
        with on.way(LIMITED).plain(raw.encode()) as line:
            assert line.answer("CONNECT").status == 400
        assert on.lines.dialed == []


def test_d05_headers_of_this_connection_and_of_proxies_go_no_further() -> None:
    with stage() as on:
        sent = (
            "Connection: x-api-key, close",
            "X-Api-Key: one",
            "Proxy-Authorization: Basic eDp5",
            "Keep-Alive: 1",
            "TE: gzip",
        )
        assert on.way(LIMITED).get("good.test", "/", *sent).status == 200
        head = on.seen[0].head.lower()
        assert not any(name in head for name in (b"x-api-key", b"proxy-", b"keep-alive", b"te:"))


def test_d06_an_answer_with_two_lengths_is_not_passed_on() -> None:
    def two(_: Seen) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"

    with stage(two) as on:
        assert on.way(LIMITED).get("good.test").status == 502


def test_d07_an_answer_with_bare_line_feeds_is_refused_or_written_anew() -> None:
    def bare(_: Seen) -> bytes:
        return b"HTTP/1.1 200 OK\nX-A: 1\nX-B: 2\rX-C: 3\nContent-Length: 2\n\nok"

    with stage(bare) as on:
        said = on.way(LIMITED).get("good.test")
        assert said.status == 502 or b"\n" not in said.head.replace(b"\r\n", b"")


def test_d08_an_answer_before_the_end_of_the_request_ends_both_connections() -> None:
    def early(seen: Seen) -> bytes:
        return ok(b"early")

    with stage(early) as on, on.way(LIMITED).tunnel("good.test") as line:
        # The server answers the head alone; the rest of the body would be a request to whoever reads on.
        on.origin.answers_heads = True
        line.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\n")
        assert line.answer().body == b"early"
        with contextlib.suppress(OSError):
            line.send(SMUGGLED + SMUGGLED)
        assert line.rest() == b""
        assert all("smuggled" not in seen.line for seen in on.seen)


def test_d09_a_head_that_is_too_long_is_refused_and_a_slow_one_is_closed() -> None:
    with stage(limits=Limits(head_s=0.3)) as on:
        client = on.way(LIMITED)
        long = b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 200_000 + b"\r\n\r\n"
        many = b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: 1\r\n" % number for number in range(100_000)) + b"\r\n"
        for raw in (long, many):
            with client.tunnel("good.test") as line:
                try:
                    line.send(raw)
                except OSError:
                    continue
                assert line.answer().status in {0, 431}
        with client.plain(b"GET http://good.test/ HTTP/1.1\r\n") as line:
            line.socket.settimeout(WAIT_S)
            assert line.rest() == b""
        assert on.seen == []
