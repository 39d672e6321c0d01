"""Keeps secrets for the engine: takes them in, takes them out of what a tool said, and gives none back."""

from __future__ import annotations

import os
import secrets as chance
from collections.abc import Awaitable, Callable, Mapping, Sequence

from workbench.contracts.vault import Refreshed, Stored, VaultRefused, VaultStanding
from workbench.vault.keeping import signing
from workbench.vault.keeping.oauth import OAuth
from workbench.vault.keeping.secrets import Secrets, checked
from workbench.vault.keeping.stores import Keeper
from workbench.vault.proxy.redaction import Redaction

MOST_DEPOSITS = 100


class Deposits:
    """Secrets that a command has brought, until the engine says which credential they are for. Each is taken once."""

    def __init__(self) -> None:
        self._waiting: dict[str, Mapping[str, str]] = {}

    def add(self, fields: Mapping[str, str]) -> str:
        """The id under which these fields wait.

        Raises:
            VaultRefused: a field is wrong.
        """
        deposit_id = f"deposit_{chance.token_urlsafe(16)}"
        self._waiting[deposit_id] = checked(fields)
        while len(self._waiting) > MOST_DEPOSITS:
            self._waiting.pop(next(iter(self._waiting)))
        return deposit_id

    def take(self, deposit_id: str) -> Mapping[str, str]:
        fields = self._waiting.pop(deposit_id, None)
        if fields is None:
            raise VaultRefused(
                "this deposit is not there (any more); run the command again, it asks for the secret anew"
            )
        return fields


class SecretCache:
    """The promise `Vault`, kept in this process."""

    def __init__(
        self,
        secrets: Secrets,
        keeper: Keeper,
        oauth: OAuth,
        *,
        deposits: Deposits,
        redaction: Callable[[str], Awaitable[Redaction | None]],
    ) -> None:
        self._secrets = secrets
        self.keeper = keeper
        self._oauth = oauth
        self.deposits = deposits
        self._redaction = redaction

    async def put(self, credential_id: str, secrets: Mapping[str, str], settings: Mapping[str, str | None]) -> Stored:
        return await self._secrets.put(credential_id, secrets, settings)

    async def adopt(self, credential_id: str, deposit_id: str, settings: Mapping[str, str | None]) -> Stored:
        return await self._secrets.put(credential_id, self.deposits.take(deposit_id), settings)

    async def remove(self, credential_id: str) -> None:
        await self._secrets.remove(credential_id)

    async def refresh(self, credential_id: str) -> Refreshed:
        return await self._oauth.refresh(credential_id)

    async def code(self, credential_id: str, data: bytes) -> str:
        return signing.code(await self._value(credential_id), data)

    async def is_same(self, credential_id: str, given: str) -> bool:
        return signing.is_same(await self._value(credential_id), given)

    async def _value(self, credential_id: str) -> str:
        credential = await self._secrets.get(credential_id)
        if credential is None or not credential.value:
            raise VaultRefused(f"the secret of {credential_id} is not there (any more); give it anew")
        return credential.value

    async def redact(self, session_id: str, data: bytes, *, is_piece: bool = False) -> bytes:
        redaction = await self._redaction(session_id)
        if redaction is None:
            return data
        return redaction.piece(data) if is_piece else redaction.whole(data)

    async def check(self, credential_ids: Sequence[str] = ()) -> VaultStanding:
        store = self.keeper.store
        try:
            is_locked = await self.keeper.is_locked()
        except VaultRefused as failed:
            return VaultStanding(store.kind, store.name, "unusable", str(failed), pid=os.getpid())
        if is_locked:
            words = "unlock it, or run `workbench vault unlock`"
            return VaultStanding(store.kind, store.name, "locked", words, pid=os.getpid())
        try:
            missing = await self._secrets.missing(credential_ids)
        except VaultRefused as failed:
            return VaultStanding(store.kind, store.name, "unusable", str(failed), pid=os.getpid())
        words = (
            ""
            if store.kind != "memory"
            else "secrets are not stored; `workbench vault file` makes an encrypted file for them"
        )
        return VaultStanding(store.kind, store.name, "ready", words, missing, os.getpid())
