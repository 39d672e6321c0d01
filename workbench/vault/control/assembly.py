"""Puts the vault together, in whatever process: the store, the authority, the ways out."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from workbench.clock import now
from workbench.contracts.values import Json
from workbench.contracts.vault import NetDecision, VaultNotice, VaultRefused
from workbench.settings import Settings
from workbench.vault.keeping.choosing import choose
from workbench.vault.keeping.oauth import OAuth
from workbench.vault.keeping.os_keyring import NoKeyring
from workbench.vault.keeping.secret_cache import Deposits, SecretCache
from workbench.vault.keeping.secrets import Secrets
from workbench.vault.keeping.stores import Keeper, Locked, MemoryStore, Store, StoreFailed
from workbench.vault.proxy.addresses import Dialer
from workbench.vault.proxy.authority import Authority, AuthorityKey, new_authority, public_roots, write_bundle
from workbench.vault.proxy.broadcast import Broadcast
from workbench.vault.proxy.dependencies import ProxyDependencies
from workbench.vault.proxy.routes_table import RoutesTable
from workbench.vault.proxy.wire import Limits

INSTALLATION = "installation"
"""The item that has the authority's key and the key of fingerprints."""


@dataclass(frozen=True)
class Assembly:
    """Both promises, and the secrets behind them."""

    vault: SecretCache
    ways: RoutesTable
    secrets: Secrets

    async def aclose(self) -> None:
        await self.ways.aclose()
        self.vault.keeper.close()


@dataclass(frozen=True)
class Seams:
    """What tests put others in place of; None is what this machine has."""

    store: Store | None = None
    dialer: Dialer | None = None
    trusted: ssl.SSLContext | None = None
    limits: Limits | None = None
    tell: Callable[[NetDecision], Awaitable[None]] | None = None


async def assembled(settings: Settings, seams: Seams | None = None) -> Assembly:
    """Choose the store, read or make the authority, write what sandboxes trust, and be ready."""
    seams = seams or Seams()
    decided: Broadcast[NetDecision] = Broadcast()
    noticed: Broadcast[VaultNotice] = Broadcast()
    limits = seams.limits or Limits()

    def notice(kind: str, words: str, credential_id: str | None = None) -> None:
        noticed.tell(VaultNotice(kind, now(), words, credential_id))

    async def tell(decision: NetDecision) -> None:
        decided.tell(decision)

    store = seams.store
    if store is None:
        # Looking for the keyring speaks to other processes, which may take their time.
        store = await asyncio.to_thread(_chosen, settings)
    keeper = Keeper(store, notice, limits.unlock_s)
    kept, fingerprint_key = await _installation(keeper)
    authority = Authority(kept)
    await asyncio.to_thread(write_bundle, settings.trust, authority.certificate_pem, public_roots())
    secrets = Secrets(keeper, fingerprint_key, lambda _: None)
    around = ProxyDependencies(
        secrets=secrets,
        authority=authority,
        dialer=seams.dialer or Dialer(),
        trusted=seams.trusted or trusted_by_this_machine(),
        tell=seams.tell or tell,
        limits=limits,
    )
    oauth = OAuth(secrets, around.dialer, around.trusted, notice)
    ways = RoutesTable(around, oauth, decided, noticed)
    vault = SecretCache(secrets, keeper, oauth, deposits=Deposits(), redaction=ways.redaction)
    return Assembly(vault, ways, secrets)


def trusted_by_this_machine() -> ssl.SSLContext:
    """How servers beyond are verified: by the roots that this machine trusts, which never include our own."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _chosen(settings: Settings) -> Store:
    try:
        return choose(settings)
    except (NoKeyring, StoreFailed) as missing:
        return Unusable(str(missing))


class Unusable(MemoryStore):
    """Stands for a store that the settings name and that is not there: it refuses everything, and says why."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.kind = "none"
        self.name = words

    def read(self, name: str) -> str | None:
        raise StoreFailed(self.name)

    def write(self, name: str, value: str) -> None:
        raise StoreFailed(self.name)

    def delete(self, name: str) -> None:
        raise StoreFailed(self.name)

    def is_locked(self) -> bool:
        raise StoreFailed(self.name)


async def _installation(keeper: Keeper) -> tuple[AuthorityKey, bytes]:
    """The authority and the key of fingerprints; for this start only where the store is locked or does not answer.

    No prompt to unlock a keyring is opened for this: without, sandboxes trust a new authority, whose bundle is written in place.
    """
    fresh: Json = {"authority": vars(new_authority()), "fingerprints": os.urandom(32).hex()}
    try:
        if await keeper.is_locked():
            return _read_installation(fresh)
        raw = await keeper.read(INSTALLATION)
        if raw is not None and (kept := _kept(raw)) is not None:
            return kept
        await keeper.write(INSTALLATION, json.dumps(fresh))
    except (VaultRefused, Locked, StoreFailed):
        pass
    return _read_installation(fresh)


def _kept(raw: str) -> tuple[AuthorityKey, bytes] | None:
    try:
        found = _read_installation(json.loads(raw))
    except (ValueError, KeyError, TypeError):
        return None
    return found if found[0].is_usable() else None


def _read_installation(document: Json) -> tuple[AuthorityKey, bytes]:
    authority = document["authority"]
    return AuthorityKey(authority["key"], authority["certificate"]), bytes.fromhex(str(document["fingerprints"]))
