"""Which store this installation uses: the platform's keyring, a vault file by explicit choice, or memory, said plainly."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from workbench.settings import Settings, make_private
from workbench.vault.keeping.os_keyring import KeyringStore, NoKeyring
from workbench.vault.keeping.stores import MemoryStore, Store, StoreFailed
from workbench.vault.keeping.vault_file import VaultFile

CREDENTIAL_NAME = "workbench-vault"
"""The name under which systemd may hand over the vault file's passphrase (`LoadCredential=`)."""


def installation_id(settings: Settings) -> str:
    """A random name that keeps two installations of one user apart in one keyring; no secret."""
    file = make_private(settings.data) / "installation"
    with contextlib.suppress(FileNotFoundError):
        return file.read_text().strip()
    with contextlib.suppress(FileExistsError), file.open("x") as new:
        new.write(secrets.token_hex(8))
    return file.read_text().strip()


def vault_file_of(settings: Settings) -> VaultFile:
    return VaultFile(settings.vault_file, settings.data / "vault.count")


def choose(settings: Settings) -> Store:
    """The store that the settings name; by default the keyring, else a vault file that was made, else memory.

    Raises:
        NoKeyring, StoreFailed: the settings name one that is not there.
    """
    chosen = settings.keep_secrets_in
    file = vault_file_of(settings)
    if chosen == "memory":
        return MemoryStore()
    if chosen == "file" or (chosen is None and file.exists()):
        return _unlocked(file, settings)
    try:
        return KeyringStore(f"workbench/{installation_id(settings)}")
    except NoKeyring:
        if chosen == "keyring":
            raise
        return MemoryStore()


def _unlocked(file: VaultFile, settings: Settings) -> Store:
    """The file, opened already where a key file or the service manager has what opens it."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    handed = Path(folder) / CREDENTIAL_NAME if folder else None
    source = settings.vault_key_file or (handed if handed and handed.exists() else None)
    if source is None:
        return file
    try:
        state = source.stat()
        if state.st_mode & 0o077 or state.st_uid not in (os.getuid(), 0):
            raise StoreFailed(f"{source} can be read by others; `chmod 600` it")
        passphrase = source.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise StoreFailed(f"the key file {source} cannot be read") from None
    if not file.exists():
        file.create(passphrase)
    file.unlock(passphrase)
    return file
