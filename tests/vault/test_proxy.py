"""The way out: requests go on as they are but for their placeholders, answers come back without what they must not show."""

from __future__ import annotations

from tests.vault.origin import Seen, ok
from tests.vault.stage import LIMITED, SECRET, grant, stage


def test_a_placeholder_becomes_the_secret_at_its_host_and_stays_itself_at_another_and_both_are_told() -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant()
        client = on.way(LIMITED, [mine])
        assert client.get("good.test", "/", f"Authorization: Bearer {mine.placeholder}").status == 200
        assert client.get("other.test", "/", f"Authorization: Bearer {mine.placeholder}").status == 200
        assert [seen.header("authorization") for seen in on.seen] == [f"Bearer {SECRET}", f"Bearer {mine.placeholder}"]
        told = [(one.host, one.reason, one.credential_ids, one.where) for one in on.decisions]
        assert told == [
            ("good.test", "", ("vcrd_1",), "header"),
            ("other.test", "placeholder_elsewhere", ("vcrd_1",), ""),
        ]


def test_an_answer_that_echoes_the_secret_has_the_placeholder_in_its_place() -> None:
    def echo(seen: Seen) -> bytes:
        return ok((seen.header("authorization") or "").encode())

    with stage(echo) as on:
        on.store("vcrd_1")
        mine = grant()
        said = on.way(LIMITED, [mine]).get("good.test", "/", f"Authorization: Bearer {mine.placeholder}")
        assert said.body == f"Bearer {mine.placeholder}".encode()


def test_many_requests_on_one_connection_use_one_connection_beyond() -> None:
    with stage() as on, on.way(LIMITED).tunnel("good.test") as line:
        for _ in range(5):
            line.send(b"GET / HTTP/1.1\r\nHost: good.test\r\n\r\n")
            assert line.answer().body == b"ok"
        assert len(on.lines.dialed) == 1


def test_a_large_body_goes_up_and_comes_down_as_it_is() -> None:
    body = bytes(range(256)) * 20_000

    with stage(lambda seen: ok(seen.body)) as on:
        said = on.way(LIMITED).post("good.test", body)
        assert said.body == body


def test_large_answers_share_a_connection_and_lose_a_secret_that_lies_between_two_pieces() -> None:
    filler = bytes(range(1, 256)) * 4
    body = (filler * 2000)[: (1 << 20) - 13] + SECRET.encode() + filler * 10

    with stage(lambda seen: ok(body, "Content-Type: application/octet-stream")) as on:
        on.store("vcrd_1")
        mine = grant()
        with on.way(LIMITED, [mine]).tunnel("good.test") as line:
            for _ in range(2):
                line.send(b"GET / HTTP/1.1\r\nHost: good.test\r\n\r\n")
                said = line.answer()
                assert said.body == body.replace(SECRET.encode(), mine.placeholder.encode()[: len(SECRET)])
        assert len(on.lines.dialed) == 1


def test_a_large_answer_that_ends_early_ends_the_clients_connection_too() -> None:
    def cut_short(_: Seen) -> list[bytes | float]:
        return [b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + bytes(1_000_000), -1.0]

    with stage(cut_short) as on, on.way(LIMITED).tunnel("good.test") as line:
        line.send(b"GET / HTTP/1.1\r\nHost: good.test\r\n\r\n")
        said = line.answer()
        assert len(said.body) < 9_000_000
        assert line.rest() == b""


def test_a_kept_connection_that_the_server_has_closed_is_opened_again_for_the_next_request() -> None:
    def once(_: Seen) -> list[bytes | float]:
        return [ok(), -1.0]

    with stage(once) as on, on.way(LIMITED).tunnel("good.test") as line:
        for _ in range(3):
            line.send(b"GET / HTTP/1.1\r\nHost: good.test\r\n\r\n")
            assert line.answer().body == b"ok"
        assert len(on.lines.dialed) == 3


def test_a_client_that_waits_for_leave_to_send_its_body_gets_it() -> None:
    with stage(lambda seen: ok(seen.body)) as on, on.way(LIMITED).tunnel("good.test") as line:
        line.send(b"POST / HTTP/1.1\r\nHost: good.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert line.more().startswith(b"HTTP/1.1 100")
        line.send(b"body")
        assert line.answer().body == b"body"
        assert on.seen[0].header("expect") is None


def test_answers_without_a_body_leave_the_connection_for_the_next_request() -> None:
    empty = {
        "/head": b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
        "/204": b"HTTP/1.1 204 No Content\r\n\r\n",
        "/304": b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
        "/0": ok(b""),
    }
    with stage(lambda seen: empty[seen.line.split()[1]]) as on, on.way(LIMITED).tunnel("good.test") as line:
        for path in empty:
            method = "HEAD" if path == "/head" else "GET"
            line.send(f"{method} {path} HTTP/1.1\r\nHost: good.test\r\n\r\n".encode())
            assert line.answer(method).status in {200, 204, 304}
        assert len(on.lines.dialed) == 1


def test_an_answer_that_ends_with_its_connection_reaches_the_client_whole() -> None:
    def until_the_end(_: Seen) -> list[bytes | float]:
        return [b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"a" * 100_000, -1.0]

    with stage(until_the_end) as on:
        assert on.way(LIMITED).get("good.test").body == b"a" * 100_000


def test_a_server_that_says_nothing_is_an_error_in_words() -> None:
    with stage(lambda seen: [-1.0]) as on:
        said = on.way(LIMITED).get("good.test")
        assert (said.status, said.header("x-egress-reason")) == (502, "bad_answer")
        assert b"egress proxy" in said.body


def test_a_credential_that_is_not_stored_is_said_to_be_missing_only_where_it_is_named() -> None:
    with stage() as on:
        mine = grant()
        client = on.way(LIMITED, [mine])
        assert client.get("good.test").status == 200
        said = client.get("good.test", "/", f"Authorization: Bearer {mine.placeholder}")
        assert (said.status, said.header("x-egress-reason")) == (503, "credential_missing")
