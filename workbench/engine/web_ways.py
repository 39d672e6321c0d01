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
from workbench.contracts.vault import Route, Ways
from workbench.contracts.web import Posted, SearchService, WayOut
from workbench.vault.proxy.names import covers
from workbench.web.posting import posted

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

    async def post(self, url: str, headers: dict[str, str], content: bytes) -> Posted:
        """One POST of the engine's own; to a private address only where that is this machine, or one that the settings name.

        Raises:
            VaultRefused: no way out can be opened.
        """
        parts = urlsplit(url)
        is_private = (parts.hostname or "") in LOCAL or parts.netloc in self.private_hosts
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        async with self._open(Route(_name(), f"{parts.scheme}://{parts.netloc}", private_ok=is_private)) as out:
            return await posted(out, target, headers, content)

    async def key_of(self, session: Session, service: SearchService) -> str | None:
        """See `contracts.web.WaysOut`: the credential must name the host, and be one for headers."""
        for record in await self.vaults.attached(session.vault_ids):
            auth = record["auth"]
            if auth["type"] != "environment_variable" or not auth["injection_location"]["header"]:
                continue
            networking = auth["networking"]
            hosts = networking["allowed_hosts"] if networking["type"] == "limited" else ()
            if any(covers(host, service.host) for host in hosts):
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
