"""One suite of behaviours on the sandboxes of every backend, which an environment's metadata chooses."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.hands.chosen import session_by_metadata
from tests.hands.places import own_settings, podman_only, settled
from workbench.contracts.vault import NetworkRules
from workbench.hands.conformance import confinement
from workbench.hands.conformance.suite import behaviour_checks, behaviours
from workbench.hands.podman.diagnosis import host_checks
from workbench.hands.registry import BACKENDS
from workbench.vault.control.client import VaultClient
from workbench.vault.proxy.outlets import SameForAll

MARKS = {"podman": [podman_only]}
EACH = [pytest.param(name, marks=MARKS.get(name, []), id=name) for name in BACKENDS if name != "ssh"]
"""What needs another machine is tried in `test_machines`."""


@pytest.mark.parametrize("backend", EACH)
def test_a_sandbox_of_the_backend_that_its_environment_names_meets_every_behaviour(backend: str) -> None:
    async def story() -> list[tuple[str, str]]:
        with own_settings() as usual:
            settings = replace(usual, backends=tuple(BACKENDS))
            session = await session_by_metadata(settings, {"workbench.backend": backend})
            client = VaultClient(settings)
            await client.start()
            try:
                await client.vault.check()
                outlets = SameForAll(client.ways, NetworkRules("unrestricted"))
                checks = behaviour_checks(settings, outlets, session, behaviours(session.backend))
                return [(check.name, check.found) async for check in checks if not check.ok]
            finally:
                await client.aclose()

    assert asyncio.run(story()) == []


def test_only_a_backend_that_confines_is_asked_for_confinement() -> None:
    asked = {name: set(confinement.BEHAVIOURS) & set(behaviours(name)) for name in BACKENDS}
    assert {name: bool(found) for name, found in asked.items()} == {"podman": True, "process": False, "ssh": False}


@podman_only
def test_the_doctor_finds_nothing_serious_on_a_machine_where_sandboxes_run() -> None:
    async def story() -> list[tuple[str, str]]:
        with own_settings() as settings:
            await settled(settings)
            return [
                (check.name, check.found) async for check in host_checks(settings) if not check.ok and check.serious
            ]

    assert asyncio.run(story()) == []
