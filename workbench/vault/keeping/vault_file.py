"""Secrets in an encrypted file, for machines without a keyring: opened with a passphrase or a key file, by explicit choice."""

from __future__ import annotations

import base64
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from workbench.vault.keeping.stores import Locked, StoreFailed

VERSION = 1
KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 16
LEAST_PASSPHRASE = 8
ITERATIONS, LANES, MEMORY_KIB = 3, 4, 64 * 1024
_ITERATION_BOUNDS = range(1, 17)
_LANE_BOUNDS = range(1, 17)
_MEMORY_BOUNDS = range(19 * 1024, 1024 * 1024 + 1)


class VaultFile:
    """One file: a header with the key derivation, a data key wrapped by it, and entries each bound to its name.

    `counter` is a second file in the folder of what only this machine knows: an older copy of the vault file that is put
    in its place is noticed.
    """

    kind = "file"

    def __init__(self, path: Path, counter: Path) -> None:
        self._path = path
        self._counter = counter
        self._key: bytes | None = None
        self.name = f"the vault file {path}"

    def exists(self) -> bool:
        return self._path.is_symlink() or self._path.exists()

    def create(self, passphrase: str) -> None:
        """Begin a new file.

        Raises:
            StoreFailed: there is one, or the passphrase is too short.
        """
        if self.exists():
            raise StoreFailed(f"{self._path} is there already")
        if len(passphrase) < LEAST_PASSPHRASE:
            raise StoreFailed(f"a passphrase has at least {LEAST_PASSPHRASE} characters")
        derivation = {
            "name": "argon2id",
            "t": ITERATIONS,
            "p": LANES,
            "m": MEMORY_KIB,
            "salt": _text(os.urandom(SALT_BYTES)),
        }
        header = {"v": VERSION, "kdf": derivation}
        self._key = os.urandom(KEY_BYTES)
        wrapped = _sealed(_derived(derivation, passphrase), self._key, _canonical(header))
        self._write({"header": header, "key": wrapped, "count": 0, "entries": {}})

    # ── the promises of a store ──────────────────────────────────────────────────────────────────────────────────────

    def is_locked(self) -> bool:
        return self._key is None

    def unlock(self, passphrase: str | None) -> None:
        if passphrase is None:
            raise Locked(f"{self.name} is locked; run `workbench vault unlock`")
        document = self._document()
        header = document["header"]
        if header.get("v") != VERSION:
            raise StoreFailed(f"{self._path} is of another version of the workbench")
        key = _derived(header["kdf"], passphrase)
        try:
            self._key = _opened(key, document["key"], _canonical(header))
        except InvalidTag:
            raise StoreFailed(f"{self._path} does not open with this passphrase") from None

    def read(self, name: str) -> str | None:
        entry = self._document()["entries"].get(name)
        if entry is None:
            return None
        try:
            return _opened(self._opened_key(), entry, name.encode()).decode()
        except InvalidTag:
            raise StoreFailed(f"{self._path}: the entry {name} was changed or moved; store it again") from None

    def write(self, name: str, value: str) -> None:
        document = self._document()
        document["entries"][name] = _sealed(self._opened_key(), value.encode(), name.encode())
        self._write(document)

    def delete(self, name: str) -> None:
        document = self._document()
        if document["entries"].pop(name, None) is not None:
            self._write(document)

    def _opened_key(self) -> bytes:
        if self._key is None:
            raise Locked(f"{self.name} is locked; run `workbench vault unlock`")
        return self._key

    # ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _document(self) -> dict[str, Any]:
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise StoreFailed(
                f"{self._path} cannot be opened ({error.strerror}); a symlink is never followed"
            ) from None
        with os.fdopen(descriptor, "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode) or state.st_uid != os.getuid() or state.st_mode & 0o077:
                raise StoreFailed(f"{self._path} must be a file of yours with mode 0600; look at it, then `chmod 600`")
            raw = file.read()
        try:
            document: dict[str, Any] = json.loads(raw)
            if not isinstance(document["header"]["kdf"], dict) or not isinstance(document["entries"], dict):
                raise TypeError
            count = int(document["count"])
        except (ValueError, KeyError, TypeError):
            raise StoreFailed(f"{self._path} is not a vault file; bring back a copy of yours") from None
        if count < self._counted():
            raise StoreFailed(
                f"{self._path} is older than what was written last; bring the newer one back, or remove {self._counter} "
                "if you restored it yourself"
            )
        return document

    def _counted(self) -> int:
        try:
            return int(self._counter.read_text())
        except (OSError, ValueError):
            return 0

    def _write(self, document: dict[str, Any]) -> None:
        document["count"] += 1
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(self._path, json.dumps(document).encode())
        _replace(self._counter, str(document["count"]).encode())


def _replace(path: Path, content: bytes) -> None:
    """The whole new file, or the whole old one, whenever the machine stops."""
    try:
        descriptor, new = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(new, path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreFailed(f"{path} cannot be written ({error.strerror})") from None


def _derived(derivation: dict[str, Any], passphrase: str) -> bytes:
    """The key of a passphrase; a file that asks for less work, or for more than a machine has, is refused."""
    try:
        t, p, m = int(derivation["t"]), int(derivation["p"]), int(derivation["m"])
        salt = _bytes(derivation["salt"])
    except (KeyError, ValueError, TypeError):
        raise StoreFailed("the vault file's header cannot be read") from None
    is_sane = t in _ITERATION_BOUNDS and p in _LANE_BOUNDS and m in _MEMORY_BOUNDS and len(salt) >= SALT_BYTES
    if derivation.get("name") != "argon2id" or not is_sane:
        raise StoreFailed("the vault file's header asks for a key derivation that is not safe; it was changed")
    return Argon2id(salt=salt, length=KEY_BYTES, iterations=t, lanes=p, memory_cost=m).derive(passphrase.encode())


def _sealed(key: bytes, text: bytes, about: bytes) -> str:
    nonce = os.urandom(NONCE_BYTES)
    return _text(nonce + ChaCha20Poly1305(key).encrypt(nonce, text, about))


def _opened(key: bytes, sealed: str, about: bytes) -> bytes:
    try:
        raw = _bytes(sealed)
    except ValueError:
        raise InvalidTag from None
    return ChaCha20Poly1305(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], about)


def _canonical(header: dict[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
