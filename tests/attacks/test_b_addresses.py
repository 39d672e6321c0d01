"""B: getting from an allowed name, or without one, to an address that nobody meant."""

from __future__ import annotations

import socket

import pytest

from tests.vault.stage import LIMITED, PUBLIC, stage
from workbench.contracts.vault import NetworkRules
from workbench.vault.proxy.addresses import is_public, own_addresses

OPEN = NetworkRules(type="unrestricted")

NOT_PUBLIC = [
    *("127.0.0.1", "127.9.9.9", "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0"),
    *("255.255.255.255", "168.63.129.16", "100.100.100.200", "192.0.0.1", "192.88.99.1", "198.18.0.1", "240.0.0.1"),
    *("224.0.0.1", "::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2002:a9fe:a9fe::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001::1", "2001:db8::1"),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_b01_an_allowed_name_that_leads_to_this_address_is_refused_without_a_connection(address: str) -> None:
    with stage(names={"good.test": [address]}) as on:
        _, said = on.way(LIMITED).connect("good.test:443")
        assert said.status == 403
        assert on.lines.dialed == []
        assert address.encode() not in said.body
        assert on.decided() == [("good.test", False, "private_address")]


@pytest.mark.parametrize("answers", [[PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC, "::1"]])
def test_b02_one_bad_record_among_good_ones_refuses_all(answers: list[str]) -> None:
    with stage(names={"good.test": answers}) as on:
        assert on.way(LIMITED).connect("good.test:443")[1].status == 403
        assert on.lines.dialed == []


@pytest.mark.parametrize("target", ["127.0.0.1", "169.254.169.254", "[::1]", "[fe80::1]", "10.0.0.1", "8.8.8.8"])
def test_b03_an_address_instead_of_a_name_is_refused_also_where_every_host_is_allowed(target: str) -> None:
    with stage() as on:
        assert on.way(OPEN).connect(f"{target}:443")[1].status in {400, 403}
        assert on.lines.dialed == []


@pytest.mark.parametrize(
    "spelling", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "127.0.0.0x1", "127.0.0.1.", "1.2.3.256"]
)
def test_b04_no_other_spelling_of_an_address_is_one(spelling: str) -> None:
    with stage() as on:
        assert on.way(OPEN).connect(f"{spelling}:443")[1].status in {400, 403}
        assert (on.lines.dialed, on.names.asked) == ([], [])


def test_b05_a_name_that_changes_its_address_is_never_dialed_unchecked() -> None:
    with stage(names={"good.test": [[PUBLIC], ["127.0.0.1"]]}) as on:
        client = on.way(LIMITED)
        assert client.get("good.test").status == 200
        assert client.connect("good.test:443")[1].status == 403
        assert on.lines.dialed == [(PUBLIC, 443)]

    def once(_: object) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

    with (
        stage(once, names={"good.test": [[PUBLIC], ["127.0.0.1"]]}) as on,
        on.way(LIMITED).tunnel("good.test") as line,
    ):
        line.send(b"GET / HTTP/1.1\r\nHost: good.test\r\n\r\n")
        assert line.answer().status == 200
        line.send(b"GET / HTTP/1.1\r\nHost: good.test\r\n\r\n")
        assert line.answer().status == 403
        assert on.lines.dialed == [(PUBLIC, 443)]


@pytest.mark.parametrize("host", ["localhost", "x.localhost", "host.containers.internal", "LOCALHOST."])
def test_b06_names_of_this_machine_are_refused_whatever_they_resolve_to(host: str) -> None:
    with stage(names={host: [PUBLIC]}) as on:
        client = on.way(NetworkRules(type="unrestricted", hosts=(host.lower().rstrip("."),)))
        assert client.connect(f"{host}:443")[1].status == 403
        assert (on.names.asked, on.lines.dialed) == ([], [])


def test_b07_a_certificate_of_another_name_is_not_accepted() -> None:
    with stage() as on:
        on.origin.certified_as = "evil.test"
        said = on.way(LIMITED).get("good.test")
        assert said.status == 502
        assert b"certificate" in said.body
        assert on.seen == []


def test_b08_this_machines_own_public_address_is_refused() -> None:
    own = own_addresses()
    assert "127.0.0.1" in own
    with socket.create_server(("127.0.0.1", 0)) as engine:
        assert not is_public(engine.getsockname()[0], own)
    with stage(own=lambda: frozenset({PUBLIC})) as on:
        assert on.way(LIMITED).connect("good.test:443")[1].status == 403
        assert on.lines.dialed == []


def test_b10_a_redirect_is_passed_on_and_followed_by_nobody_but_the_client() -> None:
    def redirect(_: object) -> bytes:
        return b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n"

    with stage(redirect) as on:
        client = on.way(LIMITED)
        said = client.get("good.test")
        assert (said.status, said.header("location")) == (302, "http://169.254.169.254/latest")
        with client.plain(b"GET http://169.254.169.254/latest HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n") as line:
            assert line.answer().status == 403
        assert on.lines.dialed == [(PUBLIC, 443)]
