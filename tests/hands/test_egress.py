"""The way out: allowed hosts pass by HTTP and CONNECT, everything else is refused in words, and all of it is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.hands.places import Notes, new_session, own_settings, podman_only, real_hands
from workbench.contracts import Call
from workbench.events import new_id, text_of
from workbench.hands.egress import Refused, public_only
from workbench.hands.policy import Policy, policy_of, refusal_of_address


@asynccontextmanager
async def origin() -> AsyncIterator[int]:
    """A server on this machine that answers every request with its first line."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = head.split(b"\r\n")[0]
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def to_this_machine(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


@podman_only
def test_an_allowed_host_passes_by_http_and_by_connect_and_others_are_refused_and_recorded() -> None:
    async def story() -> tuple[list[str], list[tuple[str, bool]]]:
        with own_settings() as settings:
            notes = Notes()
            hands = real_hands(settings, notes, resolve=to_this_machine)
            session = new_session(type="limited", allowed_hosts=["one.example", "*.two.example"])
            async with origin() as port:
                commands = (
                    f"curl -sS http://one.example:{port}/path?q=1",
                    f"curl -sSp http://sub.two.example:{port}/tunnel",
                    f"curl -sS http://two.example:{port}/",
                    f"curl -sSp http://three.example:{port}/ 2>&1",
                )
                said = []
                for command in commands:
                    call = Call(new_id("sevt"), "bash", {"command": command})
                    said.append(text_of((await hands.execute(session, call)).content))
            await hands.release_all()
            await hands.close()
            return said, [(body["host"], body["allowed"]) for body in notes.bodies("egress.decided")]

    said, decisions = asyncio.run(story())
    rule = "the environment's networking is limited, and its allowed_hosts do not name this host"
    assert said[:2] == ["GET /path?q=1 HTTP/1.1", "GET /tunnel HTTP/1.1"]
    assert said[2].startswith("two.example:")
    assert said[2].endswith(f" is refused: {rule}.")
    assert said[3] == "curl: (56) CONNECT tunnel failed, response 403"
    assert decisions == [
        ("one.example", True),
        ("sub.two.example", True),
        ("two.example", False),
        ("three.example", False),
    ]


@podman_only
def test_two_sandboxes_have_two_policies_and_a_restarted_engine_keeps_them() -> None:
    async def story() -> list[str]:
        with own_settings() as settings:
            one = new_session(type="limited", allowed_hosts=["one.example"])
            two = new_session(type="limited", allowed_hosts=["two.example"])
            async with origin() as port:
                command = f"curl -s -o /dev/null -w '%{{http_code}}' http://one.example:{port}/"
                said = []
                hands = real_hands(settings, Notes(), resolve=to_this_machine)
                for _ in range(2):
                    for session in (one, two):
                        call = Call(new_id("sevt"), "bash", {"command": command})
                        said.append(text_of((await hands.execute(session, call)).content))
                    await hands.close()
                    hands = real_hands(settings, Notes(), resolve=to_this_machine)
                    await hands.open()
                await hands.release_all()
                await hands.close()
            return said

    assert asyncio.run(story()) == ["200", "403", "200", "403"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "::1", "0x7f.0.0.1", "2130706433", "localhost", "a.localhost", "fe80::1%eth0"],
)
def test_addresses_and_this_machine_are_refused_even_where_every_host_is_allowed(host: str) -> None:
    assert Policy(None).refusal(host) is not None


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "2002:0a00:0001::1", "64:ff9b:1::1",
    ],
)  # fmt: skip
def test_a_name_that_leads_to_a_private_address_is_refused(address: str) -> None:
    assert refusal_of_address(address) is not None


def test_a_name_with_one_public_and_one_private_address_is_refused() -> None:
    async def both(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.1"]

    async def story() -> list[str]:
        return await public_only(both)("rebinding.example", 80)

    with pytest.raises(Refused, match=r"it leads to 10\.0\.0\.1"):
        asyncio.run(story())


def test_package_managers_hosts_are_allowed_only_where_the_environment_says_so() -> None:
    limited = {"type": "limited", "allowed_hosts": ["One.Example"]}
    assert policy_of(limited, ["packages.example"]) == Policy(("one.example",))
    assert policy_of({**limited, "allow_package_managers": True}, ["packages.example"]) == Policy(
        ("one.example", "packages.example")
    )
    assert policy_of({}, ["packages.example"]) == Policy(())
