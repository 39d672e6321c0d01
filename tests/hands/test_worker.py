"""A machine that works for an engine elsewhere: the conformance suite in its containers, with confinement, and what it lets nobody do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.hands.chosen import session_by_metadata
from tests.hands.places import Notes, own_settings, podman_only, real_hands
from tests.hands.ssh_server import sshd_only
from workbench.contracts.vault import NetworkRules
from workbench.events import text_of
from workbench.hands.conformance import confinement
from workbench.hands.conformance.suite import behaviour_checks, behaviours
from workbench.hands.ssh import joined, machines
from workbench.hands.ssh.backend import check
from workbench.hands.ssh.machines import Machine, WrongMachine
from workbench.hands.worker.place import Place, made
from workbench.hands.worker.service import serving
from workbench.settings import Settings
from workbench.vault.control.client import VaultClient
from workbench.vault.proxy.outlets import SameForAll

THERE = {"workbench.machine": "lab"}


@contextlib.contextmanager
def worker(settings: Settings, *, is_bare: bool = False) -> Iterator[tuple[Machine, Place]]:
    """A worker of the settings, with a home of its own; ssh between the two is a socket."""
    with own_settings() as its_own:
        place = asyncio.run(made(its_own, "lab", is_bare=is_bare, progress=lambda _: None))
        path = Path(f"/tmp/wb-{secrets.token_hex(16)}.sock")
        with serving(place, path):
            machine, key = joined.join(settings, _said(place, path, confines=not is_bare))
            place.admit(key)
            yield machine, place


def _said(place: Place, path: Path, **more: Any) -> dict[str, Any]:
    told = {"name": "lab", "labels": ["gpu"], "user": joined.own_user(), "host_key": place.host_key}
    return {**told, "socket": str(path), **more}


async def _failed(settings: Settings) -> list[tuple[str, str]]:
    session = await session_by_metadata(settings, THERE)
    client = VaultClient(settings)
    await client.start()
    try:
        await client.vault.check()
        outlets = SameForAll(client.ways, NetworkRules("unrestricted"))
        asked = (*confinement.ELSEWHERE, *behaviours(session.backend))
        return [
            (one.name, one.found) async for one in behaviour_checks(settings, outlets, session, asked) if not one.ok
        ]
    finally:
        await client.aclose()


def _line(machine: Machine, head: object, line: str) -> str:
    """What a line of shell says on the worker, as the engine's ssh has it run."""
    command = [*machine.command, "--", machine.target, line]
    done = subprocess.run(
        command, input=json.dumps(head) + "\n", capture_output=True, text=True, timeout=60, check=False
    )
    return (done.stdout or done.stderr).strip()


@sshd_only
@podman_only
def test_a_sandbox_of_a_worker_meets_every_behaviour_and_is_confined() -> None:
    with own_settings() as settings, worker(settings) as (machine, _):
        assert asyncio.run(check(machine)).ok
        assert asyncio.run(_failed(settings)) == []


@sshd_only
@podman_only
def test_a_line_of_the_engine_sees_one_session_and_no_name_leads_elsewhere() -> None:
    with own_settings() as settings, worker(settings) as (machine, place):
        files = place.folder / "files" / "abc"
        for name in ("mine", "other"):
            (files / name).mkdir(parents=True)
            (files / name / "secret").write_text(name)
        mine = {"installation": "abc", "name": "mine", "known": ["mine", "other"]}
        inside = "/work/.local/share/workbench-machine"
        assert _line(machine, mine, f"cd {inside}/abc; ls; cat */secret; test -e {place.folder} || echo apart") == (
            "mine\nmineapart"
        )
        for wrong in (
            {"installation": "..", "name": "mine"},
            {"installation": "abc", "name": "../../keys"},
            {"installation": "abc", "name": ""},
        ):
            assert _line(machine, wrong, "echo in") == "this is no session that a worker knows"
        with_socket = mine | {"socket": str(place.folder / "host")}
        assert _line(machine, with_socket, "echo in") == "these are no sockets of a session"
        assert _line(machine, mine | {"name": "gone", "collects": True}, "echo in") == "nothing of this session is here"
        # A session that its engine has deleted leaves nothing at the next one's begin.
        _line(machine, mine | {"known": ["mine"]}, "true")
        assert [one.name for one in files.iterdir()] == ["mine"]


@sshd_only
@podman_only
def test_only_the_engines_own_key_opens_a_worker_and_no_shell_and_no_other_forward() -> None:
    with own_settings() as settings, worker(settings) as (machine, place):
        bare = [*machine.command, "--", machine.target]
        done = subprocess.run(bare, input=b"", capture_output=True, timeout=60, check=False)
        assert b"has no shell for people here" in done.stderr
        forward = [*machine.command, "-L", f"{place.folder}/l:127.0.0.1:22", "-W", "127.0.0.1:22", "--", machine.target]
        done = subprocess.run(forward, input=b"", capture_output=True, timeout=60, check=False)
        assert b"administratively prohibited" in done.stderr
        (Path(machine.keys or "") / "key").unlink()
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{machine.keys}/key"]
        subprocess.run(key, check=True, timeout=30)
        assert "Permission denied" in asyncio.run(check(machine)).found
        place.admit((Path(machine.keys or "") / "key.pub").read_text())
        assert asyncio.run(check(machine)).ok
        known = Path(machine.keys or "") / "known"
        known.write_text(f"worker {(Path(machine.keys or '') / 'key.pub').read_text()}")
        assert not asyncio.run(check(machine)).ok


@sshd_only
@podman_only
def test_a_session_with_network_rules_is_taken_by_a_worker_that_confines_and_by_no_other() -> None:
    limited = {"type": "cloud", "networking": {"type": "limited", "allowed_hosts": ["example.com"]}}

    async def begun(settings: Settings) -> str:
        session = await session_by_metadata(settings, THERE, limited)
        hands = real_hands(settings, Notes())
        try:
            return text_of((await hands.provision(session)).content)
        finally:
            await hands.release_all()
            await hands.close()

    with own_settings() as settings, worker(settings) as (machine, _):
        assert "The sandbox is ready" in asyncio.run(begun(settings))
        machines.put(settings, replace(machine, confines=False))
        assert "cannot keep the environment's network rules" in asyncio.run(begun(settings))
    with own_settings() as settings, worker(settings, is_bare=True) as (machine, _):
        # It says of itself what it is not.
        machines.put(settings, replace(machine, confines=True))
        assert "its system calls are not filtered" in asyncio.run(begun(settings))


def test_a_worker_is_known_again_by_its_key_and_takes_no_name_of_another_machine() -> None:
    keys = ["ssh-ed25519 " + letter * 60 for letter in "ab"]
    said = {"name": "lab", "user": "me", "labels": ["gpu"], "host_key": keys[0], "confines": True}
    path = f"/tmp/wb-{'0' * 32}.sock"
    with own_settings() as settings:
        machine, key = joined.join(settings, {**said, "socket": path})
        assert key.startswith("ssh-ed25519 ")
        assert (machine.is_away, machine.shown_target, machine.confines) == (True, "a worker, away", True)
        again, same = joined.join(settings, {**said, "socket": path.replace("0", "1")})
        assert same == key
        joined.leave(settings, machine)
        assert machines.named(settings, "lab") == again, "the one that came again stays"
        joined.leave(settings, again)
        assert machines.named(settings, "lab").worker == ""
        with pytest.raises(WrongMachine, match="another worker is 'lab' here"):
            joined.join(settings, {**said, "host_key": keys[1], "socket": path})
        for wrong in ({"socket": "/etc/passwd"}, {"host_key": "x"}, {"user": "-oProxyCommand=x"}, {"name": "../x"}):
            with pytest.raises(WrongMachine):
                joined.join(settings, {**said, "socket": path, **wrong})
        machines.add(settings, Machine("box", "me@box"))
        with pytest.raises(WrongMachine, match="a machine 'box' here already"):
            joined.join(settings, {**said, "name": "box", "socket": path})
        joined.forget(settings, machines.remove(settings, "lab"))
        assert not (settings.data / "workers" / "lab").exists()
