"""One suite of behaviours, on the real sandbox and on the trivial one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.hands.places import new_project, new_session, own_settings, podman_only, settled
from tests.trivial.sandbox import TrivialSandboxes
from workbench.contracts.vault import NetworkRules
from workbench.hands.conformance import bash, files
from workbench.hands.conformance.harness import Behaviour, Bench
from workbench.hands.conformance.suite import behaviour_checks
from workbench.hands.podman.diagnosis import host_checks
from workbench.vault.control.client import VaultClient
from workbench.vault.proxy.outlets import SameForAll

ON_ANY = [*bash.BEHAVIOURS, *files.BEHAVIOURS]


@pytest.mark.parametrize("behaviour", ON_ANY, ids=lambda behaviour: behaviour.__name__)
def test_the_tools_in_a_folder_meet_every_behaviour(behaviour: Behaviour, tmp_path: Path) -> None:
    async def story() -> None:
        hands, project = TrivialSandboxes(tmp_path / "sandboxes"), new_project(tmp_path)
        try:
            await behaviour(Bench(hands, new_session(project), project))
        finally:
            await hands.close()

    asyncio.run(story())


@podman_only
def test_a_rootless_container_meets_every_behaviour() -> None:
    async def story() -> list[tuple[str, str]]:
        with own_settings() as settings:
            client = VaultClient(settings)
            await client.start()
            try:
                await client.vault.check()
                outlets = SameForAll(client.ways, NetworkRules("unrestricted"))
                return [
                    (check.name, check.found) async for check in behaviour_checks(settings, outlets) if not check.ok
                ]
            finally:
                await client.aclose()

    assert asyncio.run(story()) == []


@podman_only
def test_the_doctor_finds_nothing_serious_on_a_machine_where_sandboxes_run() -> None:
    async def story() -> list[tuple[str, str]]:
        with own_settings() as settings:
            await settled(settings)
            return [
                (check.name, check.found) async for check in host_checks(settings) if not check.ok and check.serious
            ]

    assert asyncio.run(story()) == []
