"""The real keyring: stored there and nowhere else, read again by the next process, waited for while it is locked."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from tests.vault.keyring_daemon import Daemon, keyring_daemon, needs_keyring
from tests.vault.places import own_place
from workbench.contracts.vault import Grant, NetworkRules, VaultRefused
from workbench.settings import Settings
from workbench.vault.control.client import VaultClient
from workbench.vault.keeping.os_keyring import unsafe_backends
from workbench.vault.keeping.stores import Keeper, Locked, MemoryStore, StoreFailed
from workbench.vault.proxy.placeholders import minted

WAIT_S = 60.0
SECRET = "s3cr3t-canary-Zq81/xY+vault"
_ROOT = Path(__file__).resolve().parent.parent.parent


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """This process's environment, which the vault's process is started from, with these values for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.asynccontextmanager
async def vault_in(settings: Settings) -> AsyncIterator[VaultClient]:
    client = VaultClient(settings)
    await client.start()
    async with asyncio.timeout(WAIT_S):
        yield client
    await client.aclose()


@contextlib.contextmanager
def with_daemon() -> Iterator[tuple[Settings, Daemon]]:
    with keyring_daemon() as daemon, own_place() as settings, environment(daemon.environment):
        yield dataclasses.replace(settings, keep_secrets_in=None), daemon


def listed(daemon: Daemon) -> str:
    """What any program of this user may read from the keyring without a secret: labels and attributes."""
    program = (
        "import secretstorage as s\nb = s.dbus_init()\nfor i in s.get_default_collection(b).get_all_items():\n"
        " print(i.get_label(), sorted(i.get_attributes().items()))\nb.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=dict(daemon.environment),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=True,
    )
    return done.stdout


@needs_keyring
def test_a_secret_rests_in_the_keyring_only_and_the_next_process_finds_it_and_the_same_authority() -> None:
    async def story(settings: Settings) -> tuple[bytes, bytes]:
        async with vault_in(settings) as client:
            stored = await client.vault.put("vcrd_1", {"token": SECRET}, {"client_id": "me"})
            assert (await client.vault.check()).kind == "keyring"
            first = (settings.trust / "authority.pem").read_bytes()
        async with vault_in(settings) as client:
            standing = await client.vault.check(["vcrd_1", "vcrd_2"])
            assert (standing.state, standing.missing) == ("ready", ("vcrd_2",))
            assert (await client.vault.put("vcrd_1", {"token": SECRET}, {})).fingerprint == stored.fingerprint
            await client.vault.remove("vcrd_1")
            assert (await client.vault.check(["vcrd_1"])).missing == ("vcrd_1",)
            return first, (settings.trust / "authority.pem").read_bytes()

    with with_daemon() as (settings, daemon):
        first, second = asyncio.run(story(settings))
        assert first == second
        assert SECRET not in listed(daemon)
        for file in settings.data.parent.rglob("*"):
            assert not file.is_file() or SECRET.encode() not in file.read_bytes()


@needs_keyring
def test_a_locked_keyring_is_told_of_once_and_waited_for_while_other_secrets_are_used() -> None:
    async def story(settings: Settings, daemon: Daemon) -> None:
        async with vault_in(settings) as client:
            await client.vault.put("vcrd_1", {"value": SECRET}, {})
        async with vault_in(settings) as client:
            notices = client.ways.notices()
            await client.vault.put("vcrd_2", {"value": SECRET[::-1]}, {})
            placeholder = minted("", 30)
            await client.ways.open("sesn_2", NetworkRules(), [Grant("vcrd_2", placeholder, None)])
            await asyncio.to_thread(daemon.lock)
            assert (await client.vault.check()).state == "locked"
            waiting = asyncio.create_task(client.vault.put("vcrd_1", {"value": SECRET}, {}))
            assert (await anext(notices)).kind == "locked"
            assert await client.vault.redact("sesn_2", SECRET[::-1].encode()) == placeholder.encode()[: len(SECRET)]
            assert not waiting.done()
            waiting.cancel()

    with with_daemon() as (settings, daemon):
        asyncio.run(story(settings, daemon))


@needs_keyring
@pytest.mark.parametrize("trap", ["variable", "configuration", "property"])
def test_h11_no_variable_and_no_configuration_file_chooses_another_backend(trap: str, tmp_path: Path) -> None:
    (tmp_path / "trap.py").write_text(
        "import pathlib, keyring.backend\npathlib.Path(__file__).with_name('loaded').touch()\n"
        "class Keyring(keyring.backend.KeyringBackend):\n priority = 99\n"
        " def get_password(self, *a): return None\n def set_password(self, *a): pass\n def delete_password(self, *a): pass\n"
    )
    configuration = tmp_path / "config" / "python_keyring"
    configuration.mkdir(parents=True)
    (configuration / "keyringrc.cfg").write_text(f"[backend]\ndefault-keyring=trap.Keyring\nkeyring-path={tmp_path}\n")
    traps = {
        "variable": {"PYTHON_KEYRING_BACKEND": "trap.Keyring", "PYTHONPATH": str(tmp_path)},
        "configuration": {"XDG_CONFIG_HOME": str(tmp_path / "config")},
        "property": {"KEYRING_PROPERTY_PREFERRED_COLLECTION": "/org/freedesktop/secrets/collection/session"},
    }

    async def story(settings: Settings) -> None:
        async with vault_in(settings) as client:
            await client.vault.put("vcrd_1", {"value": SECRET}, {})
            assert (await client.vault.check(["vcrd_1"])).backend == "Secret Service"

    with with_daemon() as (settings, _), environment(traps[trap]):
        asyncio.run(story(settings))
    assert not (tmp_path / "loaded").exists()


def test_h11_a_plug_in_that_keeps_plain_text_is_named_by_doctor(tmp_path: Path) -> None:
    package = tmp_path / "keyrings.alt-9.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: keyrings.alt\nVersion: 9\n")
    (package / "entry_points.txt").write_text("[keyring.backends]\nfile = keyrings.alt.file\n")
    program = "from workbench.vault.keeping.os_keyring import unsafe_backends; print(unsafe_backends())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{_ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=True,
    )
    assert "keyrings.alt.file" in done.stdout
    assert unsafe_backends() == ()


def test_without_a_keyring_the_vault_says_that_it_has_only_memory() -> None:
    async def story(settings: Settings) -> None:
        async with vault_in(settings) as client:
            await client.vault.put("vcrd_1", {"value": SECRET}, {})
            standing = await client.vault.check()
            assert (standing.kind, standing.state) == ("memory", "ready")
            assert "not stored" in standing.words
        async with vault_in(settings) as client:
            assert (await client.vault.check(["vcrd_1"])).missing == ("vcrd_1",)

    with own_place() as settings, environment({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}):
        asyncio.run(story(dataclasses.replace(settings, keep_secrets_in=None)))


def test_a_keyring_that_the_settings_name_and_that_is_not_there_is_never_replaced_by_another() -> None:
    async def story(settings: Settings) -> None:
        async with vault_in(settings) as client:
            assert (await client.vault.check()).state == "unusable"
            with pytest.raises(VaultRefused):
                await client.vault.put("vcrd_1", {"value": SECRET}, {})

    with own_place() as settings, environment({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}):
        asyncio.run(story(dataclasses.replace(settings, keep_secrets_in="keyring")))


def test_a_vault_file_opens_with_its_key_file_and_the_next_process_finds_what_was_stored() -> None:
    async def story(settings: Settings) -> None:
        async with vault_in(settings) as client:
            await client.vault.put("vcrd_1", {"value": SECRET}, {})
            assert (await client.vault.check()).kind == "file"
        async with vault_in(settings) as client:
            assert (await client.vault.check(["vcrd_1"])).missing == ()
        assert SECRET not in settings.vault_file.read_text()

    with own_place() as settings:
        key = settings.data / "key"
        key.touch(0o600)
        key.write_text("the passphrase of a machine\n")
        asyncio.run(story(dataclasses.replace(settings, keep_secrets_in="file", vault_key_file=key)))


class Forgetful(MemoryStore):
    """Locked until it is unlocked with a passphrase; counts how often its owner was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.locked = True
        self.asked = 0
        self.was_asked = threading.Event()
        self.broken = False

    def is_locked(self) -> bool:
        if self.broken:
            raise StoreFailed("the bus is gone")
        return self.locked

    def unlock(self, passphrase: str | None) -> None:
        if passphrase is None:
            self.asked += 1
            self.was_asked.set()
            raise Locked("dismissed")
        self.locked = False


def test_ten_who_need_a_locked_store_ask_its_owner_once_and_all_go_on_when_it_opens() -> None:
    async def story() -> None:
        store = Forgetful()
        said: list[str] = []
        keeper = Keeper(store, lambda kind, words: said.append(kind), WAIT_S)
        ten = [asyncio.create_task(keeper.write(f"n{number}", SECRET)) for number in range(10)]
        assert await asyncio.to_thread(store.was_asked.wait, WAIT_S)
        await keeper.unlock("the passphrase")
        await asyncio.gather(*ten)
        assert (store.asked, said) == (1, ["locked", "unlocked"])
        store.broken = True
        with pytest.raises(VaultRefused, match="the bus is gone"):
            await keeper.read("n1")
        keeper.close()

    asyncio.run(story())
