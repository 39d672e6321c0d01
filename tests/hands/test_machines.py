"""Machines that are reached by ssh: the conformance suite there, what is refused in words, and who may name one."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hands.chosen import session_by_metadata
from tests.hands.places import Notes, own_settings, real_hands
from tests.hands.ssh_server import ssh_server, sshd_only
from workbench.catalog.errors import Refused
from workbench.contracts.values import Call
from workbench.contracts.vault import NetworkRules
from workbench.events import new_id, text_of
from workbench.hands import sandbox_record
from workbench.hands.conformance.suite import behaviour_checks, behaviours
from workbench.hands.sandbox_record import SandboxRecord
from workbench.hands.ssh import machines
from workbench.hands.ssh.backend import check
from workbench.hands.ssh.machines import Machine, WrongMachine
from workbench.hands.ssh.placement import Placement, told
from workbench.settings import Settings
from workbench.vault.control.client import VaultClient
from workbench.vault.proxy.outlets import SameForAll

THERE = {"workbench.machine": "here"}
LEFT = Path.home() / ".local" / "share" / "workbench-machine"


@sshd_only
def test_a_sandbox_on_another_machine_meets_every_behaviour() -> None:
    async def story(settings: Settings) -> list[tuple[str, str]]:
        session = await session_by_metadata(settings, THERE)
        client = VaultClient(settings)
        await client.start()
        try:
            await client.vault.check()
            outlets = SameForAll(client.ways, NetworkRules("unrestricted"))
            checks = behaviour_checks(settings, outlets, session, behaviours(session.backend))
            return [(one.name, one.found) async for one in checks if not one.ok]
        finally:
            await client.aclose()

    with own_settings() as settings, ssh_server() as machine:
        machines.add(settings, machine)
        before = set(LEFT.iterdir()) if LEFT.is_dir() else set()
        try:
            assert asyncio.run(check(machine)) is not None
            assert asyncio.run(story(settings)) == []
        finally:
            for folder in set(LEFT.iterdir()) - before:
                shutil.rmtree(folder)


@sshd_only
def test_a_machine_that_is_away_is_told_in_sshs_own_words_and_named_with_the_cure() -> None:
    async def story(settings: Settings) -> str:
        session = await session_by_metadata(settings, THERE)
        hands = real_hands(settings, Notes())
        outcome = await hands.execute(session, Call(new_id("sevt"), "bash", {"command": "true"}))
        await hands.close()
        return text_of(outcome.content)

    with own_settings() as settings:
        machines.add(settings, Machine("here", "127.0.0.1", 1))
        words = asyncio.run(story(settings))
        assert "Connection refused" in words
        assert "workbench machines test here" in words
        assert not asyncio.run(check(Machine("here", "127.0.0.1", 1))).ok


def test_only_who_owns_this_installation_names_machines_and_no_name_is_an_option_of_ssh() -> None:
    with own_settings() as settings:
        with pytest.raises(Refused, match="workbench machines add"):
            asyncio.run(session_by_metadata(settings, THERE))
        for wrong in (Machine("-x", "a"), Machine("a", "-oProxyCommand=x"), Machine("a", "b c"), Machine("a", "b", 0)):
            with pytest.raises(WrongMachine):
                machines.add(settings, wrong)
        machines.add(settings, Machine("here", "me@box"))
        with pytest.raises(WrongMachine, match="already"):
            machines.add(settings, Machine("here", "me@box"))
        assert asyncio.run(session_by_metadata(settings, THERE)).machine == "here"
        for metadata in ({"workbench.backend": "ssh"}, {**THERE, "workbench.backend": "podman"}):
            with pytest.raises(Refused, match="goes with the backend"):
                asyncio.run(session_by_metadata(replace(settings, backends=("podman", "ssh")), metadata))
        assert machines.remove(settings, "here").target == "me@box"
        assert machines.known(settings) == {}


def _at_work(settings: Settings, session_id: str, machine: str) -> None:
    """A sandbox that runs on this machine: the record of it names a process that lives."""
    folder = settings.sandboxes / session_id
    folder.mkdir(parents=True)
    ticks = sandbox_record.start_ticks(os.getpid())
    SandboxRecord(session_id, f"ssh:{machine}:1", "", "", os.getpid(), ticks, "ssh").save(folder)


def test_a_session_goes_to_the_least_busy_machine_with_the_labels_and_stays_there() -> None:
    with own_settings() as settings:
        machines.add(settings, Machine("a", "a", labels=("gpu",)))
        machines.add(settings, Machine("b", "b", labels=("gpu", "big")))
        machines.add(settings, Machine("c", "c"))
        for session_id, machine in (("sesn_1", "a"), ("sesn_2", "a"), ("sesn_3", "b")):
            _at_work(settings, session_id, machine)
        placement = Placement(settings)

        def order(wish: str, session_id: str = "sesn_new") -> list[str]:
            session = asyncio.run(session_by_metadata(settings, {"workbench.machine": wish}))
            with placement.choosing(replace(session, id=session_id)) as found:
                return [one.name for one in found]

        assert order("@gpu") == ["b", "a"]
        assert order("@gpu,big") == ["b"]
        assert order("@") == ["c", "b", "a"]
        assert order("a") == ["a"]
        with pytest.raises(WrongMachine, match="no machine has the label tpu; there are: big, gpu"):
            order("@tpu")
        # Two that are on their way already count as there.
        placement.goes("sesn_4", machines.named(settings, "b"))
        placement.goes("sesn_5", machines.named(settings, "b"))
        assert order("@gpu") == ["a", "b"]
        placement.keep("sesn_1", machines.named(settings, "a"), "")
        assert order("@", "sesn_1") == ["a"]
        assert [(one["name"], one["labels"], one["sandboxes"]) for one in told(settings)] == [
            ("a", ["gpu"], 2),
            ("b", ["gpu", "big"], 1),
            ("c", [], 0),
        ]
        machines.remove(settings, "a")
        with pytest.raises(WrongMachine, match="its files are on 'a'"):
            order("@", "sesn_1")
        with pytest.raises(WrongMachine, match="no label"):
            machines.add(settings, Machine("d", "d", labels=("two words",)))


@sshd_only
def test_where_the_first_machine_is_not_reached_the_next_one_is_taken_and_the_files_stay_with_it() -> None:
    async def story(settings: Settings) -> list[str]:
        session = await session_by_metadata(settings, {"workbench.machine": "@any"})
        said: list[str] = []
        for command in ("echo kept > file; pwd", "cat file"):
            hands = real_hands(settings, Notes())
            outcome = await hands.execute(session, Call(new_id("sevt"), "bash", {"command": command}))
            said.append(text_of(outcome.content))
            await hands.release(session.id)
            await hands.close()
        return said

    with own_settings() as settings, ssh_server() as machine:
        machines.add(settings, Machine("away", "127.0.0.1", 1, labels=("any",)))
        machines.add(settings, replace(machine, labels=("any",)))
        before = set(LEFT.iterdir()) if LEFT.is_dir() else set()
        try:
            assert asyncio.run(story(settings))[1] == "kept"
        finally:
            for folder in set(LEFT.iterdir()) - before:
                shutil.rmtree(folder)
