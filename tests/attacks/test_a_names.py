"""A: reaching a host that the rules do not name, by spelling, port or a broken rule."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.vault.places import own_place
from tests.vault.stage import LIMITED, PUBLIC, Stage, stage
from workbench.contracts.vault import NetworkRules, VaultRefused
from workbench.vault.control.assembly import Seams, assembled
from workbench.vault.keeping.stores import MemoryStore
from workbench.vault.proxy.names import canonical, covers
from workbench.vault.proxy.policy import policy_of


def refused_unasked(on: Stage, status: int) -> None:
    assert status in {400, 403}
    assert on.names.asked == []
    assert on.lines.dialed == []


@pytest.mark.parametrize(
    "host", ["good.test.evil.test", "evilgood.test", "good.testevil", "xn--good-test.test", "good.tes", "ood.test"]
)
def test_a01_a_look_alike_of_an_allowed_host_is_refused_without_a_query(host: str) -> None:
    with stage() as on:
        _, said = on.way(LIMITED).connect(f"{host}:443")
        refused_unasked(on, said.status)


@pytest.mark.parametrize("host", ["wild.test", "203.0.114.9", "notwild.test"])
def test_a02_a_wildcard_covers_neither_its_apex_nor_an_address(host: str) -> None:
    with stage() as on:
        _, said = on.way(LIMITED).connect(f"{host}:443")
        refused_unasked(on, said.status)
    assert not covers("*.wild.test", "wild.test")
    assert covers("*.wild.test", "a.b.wild.test")


def test_a03_with_no_network_neither_connect_nor_an_absolute_target_goes_out() -> None:
    with stage() as on:
        client = on.way(NetworkRules(type="none", hosts=("good.test",), plain_http=("good.test",)))
        assert client.connect("good.test:443")[1].status == 403
        with client.plain(b"GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\n\r\n") as line:
            assert line.answer().status == 403
        refused_unasked(on, 403)


SPELLINGS = [
    *(
        "good.test\x00.evil.test",
        "good.test%00",
        "good.test#.evil.test",
        "good.test/evil",
        "good.test?x",
        "good.test\\x",
    ),
    *("evil@good.test", "good test", "good.test\t", "good.test:443:", "good.test%lo", "göod.test", "good.test:", ""),
    *(
        "a" * 64 + ".test",
        "-good.test",
        "good..test",
        ".good.test",
        "good.test..",
        "*.good.test",
        "[good.test]",
        "good,test",
    ),
]


@pytest.mark.parametrize("host", SPELLINGS, ids=repr)
def test_a04_no_odd_spelling_of_a_host_is_asked_for_or_dialed(host: str) -> None:
    with stage() as on:
        _, said = on.way(NetworkRules(type="unrestricted")).connect(f"{host}:443")
        refused_unasked(on, said.status)


def test_a05_a_trailing_dot_is_the_same_host() -> None:
    with stage() as on:
        line, said = on.way(LIMITED).connect("good.test.:443")
        line.close()
        assert (said.status, on.names.asked) == (200, ["good.test"])
    assert canonical("good.test.") == ("good.test", False)


def test_a06_upper_case_is_the_same_host() -> None:
    with stage() as on:
        line, said = on.way(LIMITED).connect("GOOD.Test:443")
        line.close()
        assert (said.status, on.names.asked) == (200, ["good.test"])


@pytest.mark.parametrize("port", ["22", "25", "53", "80", "8443", "0", "65536", "99999", "-1", "443x", "٤٤٣"])
def test_a07_other_ports_are_refused(port: str) -> None:
    with stage() as on:
        line = on.way(LIMITED).plain(f"CONNECT good.test:{port} HTTP/1.1\r\nHost: good.test\r\n\r\n".encode())
        refused_unasked(on, line.answer("CONNECT").status)
        line.close()


def test_a08_an_empty_list_allows_nothing_and_package_hosts_allow_only_themselves() -> None:
    with stage() as on:
        assert on.way(NetworkRules(hosts=()), session_id="empty").connect("packages.test:443")[1].status == 403
        packages = on.way(NetworkRules(hosts=("packages.test",)), session_id="packages")
        assert packages.connect("other.test:443")[1].status == 403
        refused_unasked(on, 403)


def test_a09_broken_rules_leave_those_in_force_that_were_and_a_stricter_change_cuts_what_it_forbids() -> None:
    async def story() -> None:
        with own_place() as settings:
            made = await assembled(settings, Seams(store=MemoryStore()))
            await made.ways.open("sesn_1", NetworkRules(hosts=("good.test",)), [])
            before = made.ways.policy("sesn_1")
            for broken in ({"hosts": ("*",)}, {"type": "open"}, {"ports": (0,)}, {"hosts": ("https://good.test",)}):
                with pytest.raises(VaultRefused):
                    await made.ways.open("sesn_1", NetworkRules(**broken), [])
            assert made.ways.policy("sesn_1") is before
            changes = [made.ways.open("sesn_1", NetworkRules(hosts=(f"h{number}.test",)), []) for number in range(20)]
            await asyncio.gather(*changes)
            after = made.ways.policy("sesn_1")
            assert after is not None
            assert len(after.rules.hosts) == 1
            await made.aclose()

    asyncio.run(story())
    with stage() as on:
        client = on.way(LIMITED)
        with client.tunnel("good.test") as line:
            on.way(NetworkRules(hosts=("other.test",)))
            # Cut already, or while it is sent.
            with contextlib.suppress(OSError):
                line.send(b"GET / HTTP/1.1\r\nHost: good.test\r\n\r\n")
            assert line.answer().status == 0
            assert on.seen == []


@pytest.mark.parametrize(
    "host", ["good.test\nevil.test", "good.test evil.test", "good.test,evil.test", "good.test\r\n*"]
)
def test_a10_a_rule_that_hides_a_second_one_is_a_configuration_error(host: str) -> None:
    with pytest.raises(VaultRefused):
        policy_of(NetworkRules(hosts=(host,)), [])


def test_the_test_address_is_a_public_one() -> None:
    with stage() as on:
        on.way(LIMITED).get("good.test")
        assert on.lines.dialed == [(PUBLIC, 443)]
