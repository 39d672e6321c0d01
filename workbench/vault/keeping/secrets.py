"""The secrets in this process's memory: loaded from the store when they are needed, replaced as one, never shown."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.contracts.vault import Stored, VaultRefused
from workbench.vault.keeping.stores import Keeper
from workbench.vault.proxy.needles import LEAST_BYTES
from workbench.vault.proxy.placeholders import prefix_of

SECRET_FIELDS = ("value", "token", "access_token", "refresh_token", "client_secret")
SETTING_FIELDS = ("expires_at", "token_endpoint", "token_endpoint_auth", "client_id", "resource", "scope")
MOST_BYTES = 64 * 1024
MOST_OLD = 8
KEPT_S = 600.0
"""How long a secret stays in memory after its last use."""


@dataclass(frozen=True)
class Credential:
    """One credential's secret fields and settings, as they are stored; `old` are earlier secrets, only taken out."""

    id: str
    secrets: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, str]
    old: tuple[str, ...] = field(default=(), repr=False)

    @property
    def value(self) -> str:
        """The secret that goes along with requests."""
        return next((self.secrets[name] for name in SECRET_FIELDS[:3] if name in self.secrets), "")

    def hidden(self) -> tuple[str, ...]:
        """Everything that must not come back."""
        return (*self.secrets.values(), *self.old)


def checked(fields: Mapping[str, str]) -> dict[str, str]:
    """The secret fields, fit to be sent in a header.

    Raises:
        VaultRefused: an unknown field, or a value that is empty, too long or not one line.
    """
    for name, value in fields.items():
        if name not in SECRET_FIELDS:
            raise VaultRefused(f"{name!r} is no secret field; known are {', '.join(SECRET_FIELDS)}")
        if any(ord(character) < 0x20 or ord(character) == 0x7F for character in value):
            raise VaultRefused(f"{name}: it has a line break or another control character; send the secret alone")
        if not value:
            raise VaultRefused(f"{name}: it is empty")
        if len(value.encode("utf-8", errors="replace")) > MOST_BYTES:
            raise VaultRefused(f"{name}: longer than {MOST_BYTES} bytes")
        if "wbph_" in value:
            raise VaultRefused(f"{name}: this is a placeholder of the workbench and not the secret itself")
    return dict(fields)


class Secrets:
    """Credentials by id. Reading waits for a locked keyring; a change is stored before anybody uses it."""

    def __init__(self, keeper: Keeper, fingerprint_key: bytes, changed: Callable[[str], None]) -> None:
        self._keeper = keeper
        self._fingerprint_key = fingerprint_key
        self._changed = changed
        self._loaded: dict[str, Credential] = {}
        self._used_at: dict[str, float] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self.version = 0

    def known(self, credential_id: str) -> Credential | None:
        """What is in memory; used for taking secrets out, which never waits."""
        return self._loaded.get(credential_id)

    async def get(self, credential_id: str) -> Credential | None:
        """The credential; None where its secret is not stored.

        Raises:
            VaultRefused: the store is locked or does not answer.
        """
        loop = asyncio.get_running_loop()
        self._used_at[credential_id] = loop.time()
        found = self._loaded.get(credential_id)
        if found is not None:
            return found
        async with self._turn(credential_id):
            if credential_id not in self._loaded and (raw := await self._keeper.read(credential_id)) is not None:
                self._hold(_parsed(credential_id, raw))
        return self._loaded.get(credential_id)

    def turn(self, credential_id: str) -> asyncio.Lock:
        """Held while a credential is refreshed, so that other requests wait for the outcome."""
        return self._turns.setdefault(f"{credential_id} refresh", asyncio.Lock())

    def _turn(self, credential_id: str) -> asyncio.Lock:
        return self._turns.setdefault(credential_id, asyncio.Lock())

    async def put(self, credential_id: str, fields: Mapping[str, str], settings: Mapping[str, str | None]) -> Stored:
        """Merge these fields in and store the whole before it is used.

        Raises:
            VaultRefused: a field is wrong, or the store does not take it; what was stored stays.
        """
        given = checked(fields)
        if unknown := set(settings) - set(SETTING_FIELDS):
            raise VaultRefused(f"{min(unknown)!r} is no setting; known are {', '.join(SETTING_FIELDS)}")
        async with self._turn(credential_id):
            before = self._loaded.get(credential_id)
            if before is None:
                raw = await self._keeper.read(credential_id)
                before = _parsed(credential_id, raw) if raw is not None else Credential(credential_id, {}, {})
            merged = {**before.settings, **settings}
            kept = {name: value for name, value in merged.items() if value is not None}
            secrets = {**before.secrets, **given}
            if not secrets:
                raise VaultRefused("there is no secret to store; send one")
            replaced = [value for name, value in before.secrets.items() if secrets[name] != value]
            after = Credential(credential_id, secrets, kept, (*before.old, *replaced)[-MOST_OLD:])
            await self._keeper.write(credential_id, json.dumps({"secrets": secrets, "settings": kept}))
            self._hold(after)
        return self.stored(after)

    def adopt(self, credential_id: str, value: str) -> None:
        """Hold a secret that is given for this process's life and not stored; servers of this machine take any word for one."""
        self._hold(Credential(credential_id, checked({"value": value}), {}))
        self._used_at[credential_id] = float("inf")

    async def remove(self, credential_id: str) -> None:
        """Forget it, in the store first."""
        async with self._turn(credential_id):
            await self._keeper.delete(credential_id)
            self._loaded.pop(credential_id, None)
            self._used_at.pop(credential_id, None)
        self._tell(credential_id)

    def drop_unused(self, in_use: frozenset[str], now: float) -> None:
        """Forget what no session references and no request has used for a while; the store still has it."""
        for credential_id in set(self._loaded) - in_use:
            if now - self._used_at.get(credential_id, 0.0) > KEPT_S and self._keeper.is_lasting:
                del self._loaded[credential_id]
                self._tell(credential_id)

    def stored(self, credential: Credential) -> Stored:
        text = json.dumps(sorted(credential.secrets.items())).encode()
        digest = hmac.new(self._fingerprint_key, text, hashlib.sha256).hexdigest()[:16]
        short = sorted(name for name, value in credential.secrets.items() if len(value.encode()) < LEAST_BYTES)
        return Stored(digest, prefix_of(credential.value), len(credential.value), tuple(short))

    async def missing(self, credential_ids: Sequence[str]) -> tuple[str, ...]:
        """Those of these ids whose secret is not stored; looking for them takes none into memory."""
        return tuple(
            [one for one in credential_ids if one not in self._loaded and await self._keeper.read(one) is None]
        )

    def _hold(self, credential: Credential) -> None:
        self._loaded[credential.id] = credential
        self._tell(credential.id)

    def _tell(self, credential_id: str) -> None:
        self.version += 1
        self._changed(credential_id)


def _parsed(credential_id: str, raw: str) -> Credential:
    try:
        document = json.loads(raw)
        secrets, settings = dict(document["secrets"]), dict(document["settings"])
    except (ValueError, KeyError, TypeError):
        raise VaultRefused(
            f"what the keyring has for {credential_id} is not from this workbench; `workbench vault rotate` replaces it"
        ) from None
    return Credential(credential_id, secrets, settings)
