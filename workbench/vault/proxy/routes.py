"""The engine's routes: plain HTTP in on one socket, by name; TLS out, with the credential that the engine lacks."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from dataclasses import dataclass, replace

import h11

from workbench.clock import now
from workbench.contracts.vault import NetDecision, Refreshed, VaultRefused
from workbench.vault.keeping.oauth import OAuth
from workbench.vault.keeping.secrets import Credential
from workbench.vault.proxy import unix_servers
from workbench.vault.proxy.addresses import BUFFER_BYTES, PrivateAddress, Streams
from workbench.vault.proxy.dependencies import ProxyDependencies
from workbench.vault.proxy.exchange import Outgoing, Upstream, Withheld, body_of, exchange
from workbench.vault.proxy.heads import forwarded, header, refuse_ambiguous, wants_upgrade, without
from workbench.vault.proxy.needles import all_needles
from workbench.vault.proxy.open_routes import KEY_HEADERS, OpenRoute
from workbench.vault.proxy.policy import REASONS
from workbench.vault.proxy.redaction import Redaction
from workbench.vault.proxy.wire import Gone, Refused, Wire

NAMES_OF_CREDENTIALS = (b"authorization", *KEY_HEADERS.values(), b"cookie", b"proxy-authorization")
REFRESH_HEADER = b"x-workbench-refresh"
"""Says on an answer what became of a refresh that it took: `failed`, `connect_error` or `no_refresh_token`."""


class Routes:
    """Serves the engine's socket: only the named routes, only for this user, and no proxying."""

    def __init__(self, around: ProxyDependencies, oauth: OAuth) -> None:
        self._around = around
        self._oauth = oauth
        self._routes: dict[str, OpenRoute] = {}
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def listen(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self._server = await unix_servers.serve(self._accept, listener, limit=BUFFER_BYTES)

    def set(self, route: OpenRoute) -> None:
        self._routes[route.route.name] = route

    def forget(self, name: str) -> None:
        self._routes.pop(name, None)

    def credentials(self) -> frozenset[str]:
        """The ids that routes use."""
        return frozenset(one.route.credential_id for one in self._routes.values() if one.route.credential_id)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        client = Wire(reader, writer, is_server=True)
        beyond: dict[str, Upstream] = {}
        try:
            if is_own_user(writer.get_extra_info("socket")):
                await self._serve(client, beyond)
        except (OSError, TimeoutError, Gone):
            # The engine or the server went away; the caller sees that.
            pass
        except asyncio.CancelledError:
            # `close` asked for it.
            pass
        finally:
            self._serving.discard(task)
            for upstream in beyond.values():
                upstream.drop()
            writer.close()

    async def _serve(self, client: Wire, beyond: dict[str, Upstream]) -> None:
        while (request := await self._request(client)) is not None:
            try:
                goes_on = await self._carried(client, request, beyond)
            except Refused as refused:
                await client.respond(refused.status, REASONS[refused.reason], reason=refused.reason)
                return
            if not goes_on:
                return
            client.http.start_next_cycle()

    async def _request(self, client: Wire) -> h11.Request | None:
        try:
            return await client.request()
        except h11.RemoteProtocolError as error:
            await client.respond(error.error_status_hint, REASONS["bad_request"], reason="bad_request")
            return None

    async def _carried(self, client: Wire, request: h11.Request, beyond: dict[str, Upstream]) -> bool:
        refuse_ambiguous(request)
        if request.method == b"CONNECT" or not bytes(request.target).startswith(b"/"):
            raise Refused(404, "no_such_route")
        name = (header(request.headers, b"host") or b"").decode("ascii", errors="replace")
        return await self.carry(name, client, request, beyond)

    async def carry(
        self, name: str, client: Wire, request: h11.Request, beyond: dict[str, Upstream], session_id: str | None = None
    ) -> bool:
        """Carry a request on the route of this name, for a session's sandbox where one is named; see `Errand.carry`.

        Raises:
            Refused: it could not be sent, or not be answered.
        """
        open_route = self._routes.get(name)
        if open_route is None:
            # It may come yet, and no answer of a server beyond must be taken out of this one.
            raise Refused(503, "no_such_route")
        if wants_upgrade(request.headers):
            raise Refused(400, "upgrade_refused")
        if session_id is not None:
            open_route = replace(open_route, route=replace(open_route.route, session_id=session_id))
        if name not in beyond:
            beyond[name] = Upstream(lambda: self._dial(name))
        errand = Errand(open_route, self._around, self._oauth, beyond[name])
        return await errand.carry(client, request)

    async def _dial(self, name: str) -> Streams:
        open_route = self._routes.get(name)
        if open_route is None:
            raise Refused(503, "no_such_route")
        dialer, route = self._around.dialer, open_route.route
        if route.socket is not None:
            return await asyncio.open_unix_connection(str(route.socket), limit=BUFFER_BYTES)
        try:
            addresses = await dialer.addresses(open_route.host, open_route.port, private_ok=route.private_ok)
        except PrivateAddress:
            raise Refused(403, "private_address") from None
        context = self._around.trusted if open_route.is_encrypted else None
        return await dialer.dial(addresses, open_route.port, context, open_route.host)


@dataclass(frozen=True)
class Errand:
    """One request on a route: its own credential put in, the client's taken off, and once more where a token was too old."""

    open_route: OpenRoute
    around: ProxyDependencies
    oauth: OAuth
    upstream: Upstream

    async def carry(self, client: Wire, request: h11.Request) -> bool:
        """Carry it and its answer; whether the connection may carry another.

        Raises:
            Refused: it could not be sent, or not be answered.
        """
        await self._refuse_private(request)
        whole = await self._whole_body(client, request) if self.open_route.route.scheme == "oauth" else None
        credential, refreshed = await self._credential(None)
        await self._tell(request, credential)
        outgoing = self._outgoing(request, credential, refreshed, whole)
        is_repeatable = whole is not None and credential is not None and refreshed is None
        try:
            withheld = frozenset({401}) if is_repeatable else frozenset[int]()
            return await exchange(client, self.upstream, replace(outgoing, withheld=withheld))
        except Withheld:
            assert credential is not None
            credential, refreshed = await self._credential(credential.value)
            return await exchange(client, self.upstream, self._outgoing(request, credential, refreshed, whole))

    async def _whole_body(self, client: Wire, request: h11.Request) -> bytes | None:
        """The body, kept so that it can be sent again; None where it is too long for that, or of unknown length."""
        length = int(header(request.headers, b"content-length") or 0)
        if header(request.headers, b"transfer-encoding") is not None or length > self.around.limits.whole_body_bytes:
            return None
        if client.http.they_are_waiting_for_100_continue:
            client.write(h11.InformationalResponse(status_code=100, headers=[]))
        return b"".join([piece async for piece in body_of(client)])

    async def _credential(self, refused: str | None) -> tuple[Credential | None, Refreshed | None]:
        route = self.open_route.route
        if route.credential_id is None:
            return None, None
        if route.scheme != "oauth" and (known := self.around.secrets.known(route.credential_id)) and known.value:
            return known, None
        try:
            async with asyncio.timeout(self.around.limits.unlock_s):
                if route.scheme == "oauth":
                    credential, refreshed = await self.oauth.fresh(route.credential_id, refused=refused)
                else:
                    credential, refreshed = await self.around.secrets.get(route.credential_id), None
        except (VaultRefused, TimeoutError):
            raise Refused(503, "credential_locked") from None
        if credential is None or not credential.value:
            raise Refused(401, "credential_missing")
        return credential, refreshed

    def _outgoing(
        self, request: h11.Request, credential: Credential | None, refreshed: Refreshed | None, whole: bytes | None
    ) -> Outgoing:
        headers = without(forwarded(request.headers), b"host", *NAMES_OF_CREDENTIALS)
        headers = [(b"host", self.open_route.base.netloc.encode()), *headers]
        if credential is not None:
            value = credential.value.encode()
            key = KEY_HEADERS.get(self.open_route.route.scheme or "")
            headers.append((key, value) if key else (b"authorization", b"Bearer " + value))
            headers = [*without(headers, b"accept-encoding", b"range", b"if-range"), (b"accept-encoding", b"identity")]
        if header(request.headers, b"transfer-encoding") is not None:
            headers.append((b"transfer-encoding", b"chunked"))
        hidden = credential.hidden() if credential else ()
        failed = refreshed is not None and refreshed.status != "succeeded"
        return Outgoing(
            bytes(request.method),
            self.open_route.base.path.rstrip("/").encode() + bytes(request.target),
            headers,
            redaction=Redaction(all_needles((value.encode(), b"") for value in hidden)),
            is_guarded=credential is not None,
            whole_body=whole,
            marks=[(REFRESH_HEADER, refreshed.status.encode())] if refreshed is not None and failed else [],
        )

    async def _refuse_private(self, request: h11.Request) -> None:
        """Before it is told that this goes out; what is dialled is checked again."""
        route = self.open_route.route
        if route.private_ok or route.socket is not None:
            return
        try:
            await self.around.dialer.addresses(self.open_route.host, self.open_route.port, private_ok=False)
        except PrivateAddress:
            await self._tell(request, None, refusal="private_address")
            raise Refused(403, "private_address") from None
        except OSError:
            # Dialling says so, where it is dialled.
            return

    async def _tell(self, request: h11.Request, credential: Credential | None, *, refusal: str = "") -> None:
        open_route = self.open_route
        decision = NetDecision(
            session_id=open_route.route.session_id,
            at=now(),
            host=open_route.host,
            port=open_route.port,
            allowed=not refusal,
            reason=refusal,
            credential_ids=(credential.id,) if credential else (),
            where="header" if credential else "",
            method=request.method.decode(),
            route=open_route.route.name,
        )
        await self.around.tell(decision)


def is_own_user(connection: socket.socket) -> bool:
    """Whether the other end of a Unix socket is a process of this very user, whatever the socket's mode has become."""
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return bool(uid == os.getuid())
