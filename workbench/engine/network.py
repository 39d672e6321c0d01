"""Network of each session: the hosts that its sandbox may reach, and the placeholders of its secrets."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import socket
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from workbench.catalog import credentials
from workbench.catalog.sessions import SessionRecords
from workbench.catalog.vaults import Vaults
from workbench.contracts.facts import CREDENTIAL_GRANTED, NETWORK_ALLOWED
from workbench.contracts.forks import fork_id, owner_of
from workbench.contracts.log import Facts
from workbench.contracts.values import Clock, Json, Session
from workbench.contracts.vault import Grant, NetworkRules, Route, VaultRefused, Ways
from workbench.hands.mcp.http_transports import ServerWay
from workbench.hands.package_places import PackagePlaces
from workbench.vault.proxy.names import covers
from workbench.vault.proxy.placeholders import minted
from workbench.vault.proxy.policy import unreachable_hosts

_HTTPS_PORT = 443
MODEL = "model"
"""The route to the configured endpoint, and the id of its key."""

logger = logging.getLogger("workbench.engine")


@dataclass(frozen=True)
class SessionNetwork:
    """The outlets of all sandboxes; what changes here reaches the sandboxes that are open."""

    ways: Ways
    facts: Facts
    records: SessionRecords
    vaults: Vaults
    clock: Clock
    packages: Callable[[], PackagePlaces]
    routes_socket: Path
    _open: set[str] = field(default_factory=set)
    _changing: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    # ── for the hands ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def variables(self, session: Session) -> Mapping[str, str]:
        """See `Outlets.variables`; a copy of a session has the session's own."""
        session = replace(session, id=owner_of(session.id))
        grants = await self._granted(session, await self._attached(session))
        named = {record["auth"]["secret_name"]: grant.placeholder for record, grant in grants}
        cloning = await self._granted_repositories(session)
        networking = session.environment.get("networking") or {}
        if networking.get("type") == "unrestricted" or networking.get("allow_package_managers"):
            named = dict(self.packages().variables) | named
        ports = rules_of(session, self.packages()).ports
        return _git_settings([grant for _, grant in grants], cloning, ports) | named

    async def open(self, session_id: str, listener: socket.socket) -> None:
        """See `Outlets.open`."""
        async with self._changing[session_id]:
            self._open.add(session_id)
            await self._say(session_id, listener)

    async def close(self, session_id: str) -> None:
        """See `Outlets.close`."""
        async with self._changing[session_id]:
            self._open.discard(session_id)
            await self.ways.close(session_id)

    # ── for MCP servers ───────────────────────────────────────────────────────────────────────────────────────────────

    async def server_way(self, session: Session, server: Json) -> ServerWay:
        """Open the engine's own way to an MCP server, with the session's credential for its URL, if there is one.

        Raises:
            VaultRefused: this is no URL of a server.
        """
        wanted = credentials.normalised(server["url"])
        attached = await self.vaults.attached(session.vault_ids)
        known = [one for one in attached if credentials.key_of(one["auth"]) == ("mcp_server_url", wanted)]
        private = (await self._rules(session)).private_ok
        return await self._server_way(server["url"], session.id, known[0] if known else None, private)

    async def credential_way(self, credential: Json) -> ServerWay:
        """The same for a credential alone, on the server that it belongs to.

        Raises:
            VaultRefused: this is no URL of a server.
        """
        return await self._server_way(credential["auth"]["mcp_server_url"], credential["id"], credential, ())

    async def _server_way(self, url: str, owner: str, credential: Json | None, private: Sequence[str]) -> ServerWay:
        parts = urlsplit(url)
        name = "mcp-" + hashlib.sha256(f"{owner}\n{url}".encode()).hexdigest()[:16]
        schemes = {"mcp_oauth": "oauth", "static_bearer": "bearer"}
        route = Route(
            name=name,
            base_url=f"{parts.scheme}://{parts.netloc}",
            credential_id=credential["id"] if credential else None,
            scheme=schemes[credential["auth"]["type"]] if credential else None,
            private_ok=any(covers(rule, parts.hostname or "") for rule in private),
        )
        await self.ways.route(route)
        return ServerWay(parts._replace(scheme="http", netloc=name).geturl(), self.routes_socket)

    # ── for people and clients ────────────────────────────────────────────────────────────────────────────────────────

    async def credentials_changed(self) -> None:
        """Give every open session the grants that it has now."""
        for session_id in tuple(self._open):
            await self._say_again(session_id)

    async def allow(self, session_id: str, host: str) -> None:
        """Let one session reach one more host, from now on.

        Raises:
            VaultRefused: this is no host.
        """
        session = await self.records.session(session_id)
        if session is not None:
            await self._rules(session, [host])
            await self.facts.record(NETWORK_ALLOWED.made(session_id, self.clock(), {"host": host}))
            await self._say_again(session_id)
            await self._say_again(fork_id(session_id))

    async def unreachable(self, session: Session) -> list[tuple[Json, tuple[str, ...]]]:
        """The session's credentials, each with those of its hosts that the environment's rules do not let through."""
        rules = await self._rules(session)
        found = []
        for record, grant in await self._granted(session, await self._attached(session)):
            if hosts := unreachable_hosts(rules, grant):
                found.append((record, hosts))
        return found

    # ── from a session to its rules ───────────────────────────────────────────────────────────────────────────────────

    async def _say_again(self, session_id: str) -> None:
        async with self._changing[session_id]:
            if session_id in self._open:
                await self._say(session_id, None)

    async def _say(self, session_id: str, listener: socket.socket | None) -> None:
        session = await self.records.session(owner_of(session_id))
        if session is None:
            return
        granted = await self._granted(session, await self._attached(session))
        rules, grants = await self._rules(session), [grant for _, grant in granted]
        grants += [grant for _, grant in await self._granted_repositories(session)]
        try:
            await self.ways.open(session_id, rules, grants, listener)
        except VaultRefused as refused:
            # What was in force stays so; a sandbox whose way is not open yet has no network.
            logger.warning("the network of session %s: %s", session_id, refused)

    async def _attached(self, session: Session) -> list[Json]:
        attached = await self.vaults.attached(session.vault_ids)
        return [record for record in attached if record["auth"]["type"] == "environment_variable"]

    async def _granted(self, session: Session, records: Sequence[Json]) -> list[tuple[Json, Grant]]:
        placeholders = await self._placeholders(session, records)
        return [(record, _grant(record, placeholders[record["id"]])) for record in records]

    async def _granted_repositories(self, session: Session) -> list[tuple[Json, Grant]]:
        """The session's repositories that have a token of their own."""
        private = [one for one in session.repositories if one["workbench"] is not None]
        placeholders = await self._placeholders(session, private)
        return [
            (one, Grant(one["id"], placeholders[one["id"]], (str(urlsplit(one["url"]).hostname),))) for one in private
        ]

    async def _placeholders(self, session: Session, records: Sequence[Json]) -> dict[str, str]:
        if not records:
            return {}
        known = {
            fact.body["credential_id"]: str(fact.body["placeholder"])
            for fact in await self.facts.facts(session.id, CREDENTIAL_GRANTED.name)
        }
        for record in records:
            if record["id"] not in known:
                placeholder = minted(record["workbench"]["prefix"], record["workbench"]["length"])
                known[record["id"]] = placeholder
                body = {"credential_id": record["id"], "placeholder": placeholder}
                await self.facts.record(CREDENTIAL_GRANTED.made(session.id, self.clock(), body))
        return known

    async def _rules(self, session: Session, more: Sequence[str] = ()) -> NetworkRules:
        allowed = [fact.body["host"] for fact in await self.facts.facts(session.id, NETWORK_ALLOWED.name)]
        return rules_of(session, self.packages(), [*allowed, *more])


def rules_of(session: Session, packages: PackagePlaces, allowed: Sequence[str] = ()) -> NetworkRules:
    """The rules of a session's environment, with this machine's package hosts and its agent's servers where it allows them.

    An agent of others reaches its vendor, and the configured endpoint: without a model it is none.
    """
    networking = session.environment.get("networking") or {}
    own = session.network
    hosts = [str(host).lower() for host in networking.get("allowed_hosts") or ()] + list(allowed)
    # Its own repositories are what a session is for.
    hosts += [str(urlsplit(one["url"]).hostname) for one in session.repositories]
    if networking.get("allow_mcp_servers"):
        hosts += server_hosts(session.agent)
    hosts += session.acp.hosts if session.acp else ()
    with_packages = networking.get("type") == "unrestricted" or networking.get("allow_package_managers")
    if with_packages:
        hosts += packages.hosts
    return NetworkRules(
        type=str(networking.get("type", "limited")),
        hosts=tuple(dict.fromkeys(hosts)),
        # A mirror of this machine's own may well stand in its private network: it was named in its configuration.
        private_ok=(*own.get("private_hosts", ()), *(packages.hosts if with_packages else ())),
        tunnel_hosts=tuple(own.get("tunnel_hosts", ())),
        plain_http=(*own.get("plain_http", ()), *(packages.plain_http if with_packages else ())),
        websockets=bool(own.get("websockets")),
        model_route=MODEL if session.acp else "",
        ports=(_HTTPS_PORT, *own.get("ports", ()), *(packages.ports if with_packages else ())),
    )


def server_hosts(agent: Json) -> list[str]:
    """The hosts of an agent's MCP servers."""
    return [host for server in agent.get("mcp_servers") or () if (host := urlsplit(server["url"]).hostname)]


def _grant(record: Json, placeholder: str) -> Grant:
    auth = record["auth"]
    networking = auth["networking"]
    return Grant(
        credential_id=record["id"],
        placeholder=placeholder,
        hosts=tuple(networking["allowed_hosts"]) if networking["type"] == "limited" else None,
        header=auth["injection_location"]["header"],
        body=auth["injection_location"]["body"],
    )


def _git_settings(
    grants: Sequence[Grant], cloning: Sequence[tuple[Json, Grant]], ports: Sequence[int]
) -> dict[str, str]:
    """Git's own configuration by variables: each credential's hosts are asked with it, and over https where ssh was meant;
    a repository with a token of its own is asked with that."""
    settings = {f"http.{one['url']}.extraHeader": _login(grant) for one, grant in cloning}
    own = {host for _, grant in cloning for host in grant.hosts or ()}
    for grant in grants:
        for host in grant.hosts or ():
            # Two headers would be sent where both fit.
            if grant.header and "*" not in host and host not in own:
                for port in ports:
                    place = host if port == _HTTPS_PORT else f"{host}:{port}"
                    settings.setdefault(f"http.https://{place}/.extraHeader", _login(grant))
                settings.setdefault(f"url.https://{host}/.insteadOf", f"git@{host}:")
    # The files have another owner inside than in the index of the host's git, which would all be read again for it.
    settings["core.checkStat"] = "minimal"
    # In a sandbox every folder is the agent's, whoever owns it outside.
    settings["safe.directory"] = "*"
    named = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        named |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return named


def _login(grant: Grant) -> str:
    login = base64.b64encode(f"x-access-token:{grant.placeholder}".encode()).decode()
    return f"Authorization: Basic {login}"
