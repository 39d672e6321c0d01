"""Ways out into the web: a route of the vault for each request, open as long as it is used."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from workbench.catalog.vaults import Vaults
from workbench.contracts.values import Session
from workbench.contracts.vault import Route, VaultRefused, Ways
from workbench.contracts.web import Answered, Asked, Posted, SearchService, WayOut
from workbench.vault.proxy.names import covers
from workbench.web.posting import answered, posted

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class WebWays:
    """See `contracts.web.WaysOut`. `private_hosts` are those of the settings: `host` for the usual ports, or `host:port`."""

    ways: Ways
    vaults: Vaults
    routes_socket: Path
    private_hosts: Sequence[str] = ()

    @contextlib.asynccontextmanager
    async def to_page(self, session: Session, origin: str) -> AsyncIterator[WayOut]:
        private = urlsplit(origin).netloc in self.private_hosts
        async with self._open(Route(_name(), origin, private_ok=private, session_id=session.id)) as out:
            yield out

    @contextlib.asynccontextmanager
    async def to_service(self, session: Session, service: SearchService, credential_id: str) -> AsyncIterator[WayOut]:
        origin = f"https://{service.host}"
        route = Route(_name(), origin, credential_id, service.scheme, session_id=session.id)
        async with self._open(route) as out:
            yield out

    @contextlib.asynccontextmanager
    async def to_searxng(self, session: Session, base_url: str) -> AsyncIterator[WayOut]:
        async with self._open(Route(_name(), base_url, private_ok=True, session_id=session.id)) as out:
            yield out

    async def post(self, url: str, headers: dict[str, str], content: bytes, key_as: str | None = None) -> Posted:
        """One POST of the engine's own; to a private address only where that is this machine, or one that the settings name.

        `key_as` says how a key goes along that a vault has for the host: `bearer` or `x-api-key`.

        Raises:
            VaultRefused: no way out can be opened, or no vault has a key for the host.
        """
        async with self._own_way(url, key_as) as (out, target):
            return await posted(out, target, headers, content)

    async def ask(self, asked: Asked) -> Answered:
        """One request of the engine's own, whose answer is read; see `post`.

        Raises:
            VaultRefused: no way out can be opened, or no vault has a key for the host.
        """
        async with self._own_way(asked.url, asked.key_as) as (out, target):
            return await answered(out, target, asked)

    @contextlib.asynccontextmanager
    async def _own_way(self, url: str, key_as: str | None) -> AsyncIterator[tuple[WayOut, str]]:
        parts = urlsplit(url)
        is_private = (parts.hostname or "") in LOCAL or parts.netloc in self.private_hosts
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        key = await self._own_key(parts.hostname or "") if key_as else None
        route = Route(_name(), f"{parts.scheme}://{parts.netloc}", key, key_as, private_ok=is_private)
        async with self._open(route) as out:
            yield out, target

    async def _own_key(self, host: str) -> str:
        every = [vault["id"] for vault in await self.vaults.newest() if not vault["archived_at"]]
        if (found := await self._key_for(every, host)) is None:
            raise VaultRefused(f"no vault has a key for {host}: `workbench vault add NAME --host {host}` stores one")
        return found

    async def key_of(self, session: Session, service: SearchService) -> str | None:
        """See `contracts.web.WaysOut`: the credential must name the host, and be one for headers."""
        return await self._key_for(session.vault_ids, service.host)

    async def _key_for(self, vault_ids: Sequence[str], host: str) -> str | None:
        for record in await self.vaults.attached(vault_ids):
            auth = record["auth"]
            if auth["type"] != "environment_variable" or not auth["injection_location"]["header"]:
                continue
            networking = auth["networking"]
            hosts = networking["allowed_hosts"] if networking["type"] == "limited" else ()
            if any(covers(one, host) for one in hosts):
                return str(record["id"])
        return None

    @contextlib.asynccontextmanager
    async def _open(self, route: Route) -> AsyncIterator[WayOut]:
        await self.ways.route(route)
        try:
            yield WayOut(f"http://{route.name}", self.routes_socket)
        finally:
            await self.ways.forget(route.name)


def _name() -> str:
    return f"web-{secrets.token_hex(8)}"
