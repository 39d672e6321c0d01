"""examples:
  workbench doctor                               everything, on a real sandbox; about half a minute
  workbench doctor --quick                       only what can be seen without starting one

Exit code 1 when something serious is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import shutil
import sys
from collections.abc import AsyncGenerator, Iterator

from workbench import settings
from workbench.client import paths
from workbench.client.sync import connect
from workbench.commands import endpoint, surface
from workbench.commands.search_check import search_check
from workbench.commands.surface import paint
from workbench.commands.vault import DEFAULT, vault_named
from workbench.contracts.hands import Check
from workbench.contracts.own_port import own_port, without_own_port
from workbench.contracts.vault import NetworkRules, VaultRefused
from workbench.hands.conformance.suite import checks, machine_checks
from workbench.text.display import line
from workbench.vault.control.client import VaultClient
from workbench.vault.control.deposits import standing
from workbench.vault.keeping.choosing import choose
from workbench.vault.keeping.os_keyring import NoKeyring, unsafe_backends
from workbench.vault.keeping.stores import StoreFailed
from workbench.vault.proxy.outlets import SameForAll

LEAST_FREE_BYTES = 2_000_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="start no sandbox")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    return asyncio.run(_examined(quick=options.quick, as_json=options.json))


async def _examined(*, quick: bool, as_json: bool) -> int:
    found: list[Check] = []
    # Closed also where nobody reads any more, so that no sandbox of it stays.
    async with contextlib.aclosing(_every(quick=quick)) as every:
        async for check in every:
            found.append(check)
            if not as_json:
                _show(check)
    bad = [check for check in found if not check.ok and check.serious]
    if as_json:
        surface.print_json([dataclasses.asdict(check) for check in found])
    elif bad:
        surface.complain(f"{len(bad)} of {len(found)} checks failed; each line above says its cure")
    else:
        surface.out(paint(f"all well: {len(found)} checks", "green"))
    return surface.FAILED if bad else 0


async def _every(*, quick: bool) -> AsyncGenerator[Check, None]:
    place = settings.load()
    for check in _own(place):
        yield check
    # Folders of its own, so that a running engine's sandboxes are not touched.
    apart = dataclasses.replace(
        place, data=place.data / "doctor", runtime=place.runtime / "d", keep_secrets_in="memory"
    )
    settings.make_private(apart.data)
    settings.make_private(apart.runtime)
    try:
        async with contextlib.aclosing(_machine(apart) if quick else _sandboxes(apart)) as found:
            async for check in found:
                yield check
    finally:
        shutil.rmtree(apart.data, ignore_errors=True)
        shutil.rmtree(apart.runtime, ignore_errors=True)


async def _machine(apart: settings.Settings) -> AsyncGenerator[Check, None]:
    for backend in apart.backends:
        async with contextlib.aclosing(machine_checks(apart, backend)) as found:
            async for check in found:
                yield check


async def _sandboxes(apart: settings.Settings) -> AsyncGenerator[Check, None]:
    """The sandbox's promises, behind a vault of their own that lets everything public through."""
    client = VaultClient(apart)
    await client.start()
    try:
        # Its authority is there when it answers, and a sandbox that starts then trusts it.
        try:
            await client.vault.check()
        except VaultRefused as refused:
            yield Check("A vault starts", False, str(refused), "install the workbench again, then `workbench doctor`")
            return
        ways = SameForAll(client.ways, NetworkRules("unrestricted"))
        async with contextlib.aclosing(checks(apart, ways)) as found:
            async for check in found:
                yield check
    finally:
        await client.aclose()


def _own(place: settings.Settings) -> Iterator[Check]:
    version = sys.version.split()[0]
    yield Check("Python is 3.11 or later", sys.version_info >= (3, 11), version, "install python3.11 or later")
    settings.make_private(place.data)
    free = shutil.disk_usage(place.data).free
    cure = f"free some space on the disk of {place.data}: `workbench podman image prune`, `workbench rm`"
    yield Check("There is room for the log", free > LEAST_FREE_BYTES, f"{free / 1e9:.1f} GB free at {place.data}", cure)
    engine = connect(place)
    said = f"pid {engine.get(paths.STATUS)['pid']}" if engine else "not running"
    yield Check("The engine runs", engine is not None, said, "workbench up (any word starts it)", serious=False)
    yield from _endpoint(place, engine.get(paths.STATUS) if engine else None)
    yield from _secrets(place)
    vault = vault_named(engine, DEFAULT) if engine else None
    keys = engine.pages(f"{paths.VAULTS}/{vault['id']}/credentials") if engine and vault else ()
    yield search_check(keys, place.searxng)
    if engine is not None:
        kept = engine.get(paths.VAULT)
        missing, too_short = ", ".join(kept["missing"]), ", ".join(kept["too_short"])
        cure = "store them again: workbench vault rotate NAME"
        yield Check("Every credential has its secret", not missing, missing or "none is missing", cure, serious=False)
        cure = "it is used all the same; an answer that repeats it shows it to the agent: choose a longer one where you can"
        named = "Every secret is long enough to be taken out of answers"
        yield Check(named, not too_short, too_short or "8 characters or more", cure, serious=False)


def _endpoint(place: settings.Settings, status: surface.Json | None) -> Iterator[Check]:
    """The endpoint that answers: the running engine's, which may have been started elsewhere than in this shell."""
    cure = "workbench login, or set ANTHROPIC_API_KEY"
    if status is None:
        named = without_own_port(place)
        found = named.base_url if named else own_port(place) or "none; local servers and the offline model are used"
        yield Check("A model endpoint is configured", named is not None, found, cure, serious=False)
        return
    found = endpoint.described(status)
    yield Check("A model endpoint is configured", status["default_model"] != "offline", found, cure, serious=False)
    lacking = endpoint.lacking(place, status)
    said, _, cure = (lacking or "it has").partition("; ")
    yield Check("The engine has this shell's endpoint and key", lacking is None, said, cure, serious=False)
    failed = next((notice for notice in status["notices"] if "the vault does not start" in notice), "it answers")
    cure = "see the line above; install the workbench again where it is not whole"
    yield Check("The vault runs", status["vault"] == "ready", failed, cure)


def _secrets(place: settings.Settings) -> Iterator[Check]:
    """What keeps secrets here, named; looking at it reads none of them."""
    try:
        found = standing(place)
        told = f"{found.kind}: {found.backend}, {found.state}; the vault runs as pid {found.pid}"
        kind, state, words = found.kind, found.state, found.words
    except VaultRefused:
        kind, state, words = _would_keep(place)
        told = f"{kind}: {words}; the vault does not run now"
    is_lasting = kind in {"keyring", "file"}
    cure = words if is_lasting else "log in to a desktop with a keyring, or run `workbench vault file`"
    yield Check("Secrets are kept", is_lasting and state != "unusable", told, cure, serious=kind == "none")
    if state == "locked":
        yield Check("The secrets are open", False, told, "workbench vault unlock", serious=False)
    unsafe = ", ".join(unsafe_backends())
    cure = "uninstall it: it keeps plain text where there is no keyring, and every program of yours would use it"
    yield Check("No keyring plug-in keeps plain text", not unsafe, unsafe or "none is installed", cure)


def _would_keep(place: settings.Settings) -> tuple[str, str, str]:
    try:
        store = choose(place)
    except (NoKeyring, StoreFailed) as missing:
        return "none", "unusable", str(missing)
    return store.kind, "ready", store.name


def _show(check: Check) -> None:
    mark = (
        paint("✓", "green") if check.ok else paint("✗" if check.serious else "·", "red" if check.serious else "yellow")
    )
    surface.out(f"{mark} {check.name.rstrip('.')}: {line(check.found, 120)}")
    if not check.ok and check.cure:
        surface.out(f"    cure: {check.cure}")
