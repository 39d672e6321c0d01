"""The operating system's keyring as a store: one approved backend, never what a configuration or a plug-in names."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

from keyring.backend import KeyringBackend
from keyring.errors import InitError, KeyringError, KeyringLocked, PasswordDeleteError

from workbench.vault.keeping.stores import Locked, StoreFailed

MOST_CHARACTERS = {"win32": 1200}
"""A Windows credential takes 2560 bytes of UTF-16; longer texts are cut into parts."""

_BACKENDS = {
    "darwin": ("keyring.backends.macOS", "Keyring", "macOS Keychain"),
    "win32": ("keyring.backends.Windows", "WinVaultKeyring", "Windows Credential Manager"),
}
_OTHERWISE = ("keyring.backends.SecretService", "Keyring", "Secret Service")


class NoKeyring(Exception):
    """This session has no keyring that is known to encrypt; the text says what was looked for."""


def approved_backend() -> tuple[KeyringBackend, str]:
    """The platform's own backend and its name, whatever variables and configuration files say.

    `keyring.get_keyring()` would obey both, load code from a path that they name, and fall through silently to others.

    Raises:
        NoKeyring: it is not there.
    """
    module, kind, name = _BACKENDS.get(sys.platform, _OTHERWISE)
    try:
        backend = getattr(importlib.import_module(module), kind)
        if not backend.viable:
            raise NoKeyring(f"{name} does not answer here")
        return backend(), name
    except (KeyringError, RuntimeError, ImportError) as error:
        raise NoKeyring(f"{name} does not answer here ({type(error).__name__})") from None


def unsafe_backends() -> tuple[str, ...]:
    """Installed keyring plug-ins that keep plain text where there is nothing better: never used, and better not there."""
    names = {point.value.partition(":")[0].partition(".")[0] for point in entry_points(group="keyring.backends")}
    found = {point.value for point in entry_points(group="keyring.backends") if point.value.startswith("keyrings.")}
    return tuple(sorted(found or (names - {"keyring"})))


class KeyringStore:
    """Items of one service, named after this installation; long texts in parts, written from the last to the first."""

    kind = "keyring"

    def __init__(self, service: str, most: int | None = None) -> None:
        self._backend, self.name = approved_backend()
        self._service = service
        self._most = most or MOST_CHARACTERS.get(sys.platform)

    def read(self, name: str) -> str | None:
        with _translated(self.name):
            first = self._backend.get_password(self._service, name)
            if first is None or not first.startswith("parts:"):
                return first
            parts = [self._backend.get_password(self._service, f"{name}/{n}") for n in range(int(first[6:]))]
            return None if None in parts else "".join(part or "" for part in parts)

    def write(self, name: str, value: str) -> None:
        with _translated(self.name):
            parts = self._parts(value)
            if len(parts) == 1:
                self._backend.set_password(self._service, name, value)
                return
            for number, part in enumerate(parts):
                self._backend.set_password(self._service, f"{name}/{number}", part)
            self._backend.set_password(self._service, name, f"parts:{len(parts)}")

    def _parts(self, value: str) -> list[str]:
        if self._most is None or len(value) <= self._most:
            return [value]
        return [value[begin : begin + self._most] for begin in range(0, len(value), self._most)]

    def delete(self, name: str) -> None:
        with _translated(self.name):
            first = self._backend.get_password(self._service, name) or ""
            count = int(first[6:]) if first.startswith("parts:") else 0
            for part in (name, *(f"{name}/{number}" for number in range(count))):
                with contextlib.suppress(PasswordDeleteError):
                    self._backend.delete_password(self._service, part)

    def is_locked(self) -> bool:
        if sys.platform in _BACKENDS:
            return False
        with _translated(self.name), _collection() as collection:
            return bool(collection.is_locked())

    def unlock(self, passphrase: str | None) -> None:
        if passphrase is not None:
            raise StoreFailed(f"{self.name} asks for its own password; run `workbench vault unlock` without one")
        if sys.platform in _BACKENDS:
            return
        with _translated(self.name), _collection() as collection:
            if collection.is_locked() and collection.unlock():
                raise Locked(f"{self.name} was not unlocked")


@contextlib.contextmanager
def _collection() -> Iterator[Any]:
    # Late: only where the platform's keyring is the Secret Service.
    import secretstorage

    with contextlib.closing(secretstorage.dbus_init()) as bus:
        yield secretstorage.get_default_collection(bus)


@contextlib.contextmanager
def _translated(name: str) -> Iterator[None]:
    """The backend's errors as ours; its own words may hold more than they should."""
    try:
        yield
    except (KeyringLocked, InitError) as error:
        raise Locked(f"{name} is locked; unlock it and try again") from error
    except (Locked, StoreFailed):
        raise
    except Exception as error:
        # D-Bus, CoreFoundation and Win32 each have exceptions of their own, and each means that the keyring failed.
        if type(error).__name__ in {"LockedException", "PromptDismissedException"}:
            raise Locked(f"{name} is locked; unlock it and try again") from error
        raise StoreFailed(f"{name} does not answer ({type(error).__name__}); is its daemon running?") from None
