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
