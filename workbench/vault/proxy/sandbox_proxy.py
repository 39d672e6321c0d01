"""One session's egress proxy: serves its sandbox's listener by the policy in force, and tells each decision before it acts."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import h11

from workbench.clock import now
from workbench.contracts.vault import NetDecision
from workbench.vault.proxy.addresses import BUFFER_BYTES, PrivateAddress, Streams
from workbench.vault.proxy.client_hello import RECORD_HEAD_BYTES, NoGreeting, record_length, server_name
from workbench.vault.proxy.dependencies import ProxyDependencies
from workbench.vault.proxy.encryption import accepted
from workbench.vault.proxy.exchange import NO_REDACTION, Upstream, exchange
from workbench.vault.proxy.heads import split_authority, split_path
from workbench.vault.proxy.model_way import Carries, ModelWay, is_model
from workbench.vault.proxy.outgoing import Preparation, Redactions
from workbench.vault.proxy.policy import REASONS, Destination, Policy
from workbench.vault.proxy.redaction import Redaction
from workbench.vault.proxy.relay import relay
from workbench.vault.proxy.wire import Accepted, Gone, Refused, Wire


class SandboxProxy:
    """Every connection that its listener accepts comes from this one session: the listener is the identity."""

    def __init__(
        self, session_id: str, policy: Policy, around: ProxyDependencies, routes: Carries | None = None
    ) -> None:
        """`routes` has the one on which a sandbox may ask the model, where its rules name one."""
        self.session_id = session_id
        self._routes = routes
        self.policy = policy
        self._around = around
        self._redactions = Redactions(around.secrets)
        self._server: asyncio.Server | None = None
        self._serving: dict[asyncio.Task[None], Destination | None] = {}

    async def listen(self, listener: socket.socket) -> None:
        """Begin to accept on this listener, instead of an earlier one."""
        self._stop_listening()
        listener.setblocking(False)
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=BUFFER_BYTES)

    def change(self, policy: Policy) -> None:
        """Put another policy in force, and cut what it would not have let through."""
        self.policy = policy
        for task, goal in self._serving.items():
            if goal is not None and policy.refusal(goal.host, is_address=goal.is_address) is not None:
                task.cancel()

    def redaction(self) -> Redaction:
        return self._redactions.of(self.policy)

    async def close(self) -> None:
        """Cut every connection and let go of the listener."""
        self._stop_listening()
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        client = Accepted(reader, writer)
        self._serving[task] = None
        try:
            if len(self._serving) <= self._around.limits.connections:
                await self._serve(client)
        except (OSError, TimeoutError, Gone, asyncio.IncompleteReadError):
            # One side went away or said nothing: the connection is over, and that is all.
            pass
        except asyncio.CancelledError:
            # `close` or `change` asked for it; an accepted connection's task has no other caller.
            pass
        finally:
            del self._serving[task]
            writer.close()

    async def _serve(self, client: Accepted) -> None:
        async with asyncio.timeout(self._around.limits.head_s):
            request = await self._request(client)
        if request is None:
            return
        if request.method == b"CONNECT":
            await self._connect(client, request)
        else:
            await self._plain(client, request)

    async def _request(self, client: Wire) -> h11.Request | None:
        try:
            return await client.request()
        except h11.RemoteProtocolError as error:
            await client.respond(error.error_status_hint, REASONS["bad_request"], reason="bad_request")
            return None

    # ── CONNECT ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _connect(self, client: Accepted, request: h11.Request) -> None:
        where = Destination("", 0, False, b"https")
        try:
            host, port, is_address = split_authority(bytes(request.target), None)
            where = Destination(host, port, is_address, b"https")
            if any(name in {b"content-length", b"transfer-encoding"} for name, _ in request.headers):
                raise Refused(400, "bad_request")
            if is_model(host, port) and (way := self._model_way()) is not None:
                client.writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await self._ask_model(Wire(client.reader, client.writer, is_server=True), where, way)
                return
            goal = await self._permitted(where)
            if client.http.trailing_data[0] or await client.has_more():
                # What follows a CONNECT before its answer was meant for somebody else than its reader.
                raise Refused(400, "bad_request")
        except Refused as refused:
            await self._refuse(client, where, refused, "CONNECT")
            return
        except Gone:
            await self._tell(where, "CONNECT", allowed=False, reason="client_left")
            return
        self._lead(goal)
        client.writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        if self.policy.is_tunnel(goal.host):
            await self._tunnel(client, goal)
        else:
            await self._open(client, goal)

    async def _permitted(self, goal: Destination) -> Destination:
        """With its addresses, where the rules allow the host and the port.

        Raises:
            Refused: they do not; a refused name has not been asked for at any resolver.
        """
        reason = self.policy.refusal(goal.host, is_address=goal.is_address)
        reason = reason or self.policy.refusal_of_port(goal.host, goal.port, plain=goal.scheme == b"http")
        if reason is not None:
            raise Refused(403, reason)
        return replace(goal, addresses=await self._addresses(goal))

    async def _addresses(self, goal: Destination) -> tuple[str, ...]:
        if goal.is_address:
            # Named in the rules as it is, which is a choice of its own.
            return (goal.host,)
        private_ok = self.policy.may_be_private(goal.host)
        try:
            return await self._around.dialer.addresses(goal.host, goal.port, private_ok=private_ok)
        except PrivateAddress:
            raise Refused(403, "private_address") from None
        except OSError:
            raise Refused(502, "name_unknown") from None

    def _lead(self, goal: Destination) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving[task] = goal

    async def _tunnel(self, client: Accepted, goal: Destination) -> None:
        """A host that is not opened: only its greeting is read, and must name it."""
        try:
            async with asyncio.timeout(self._around.limits.handshake_s):
                head = await client.stream.readexactly(RECORD_HEAD_BYTES)
                record = await client.stream.readexactly(record_length(head))
            if server_name(record) != goal.host:
                raise NoGreeting
        except (NoGreeting, asyncio.IncompleteReadError, TimeoutError):
            await self._tell(goal, "CONNECT", allowed=False, reason="tunnel_mismatch")
            return
        await self._tell(goal, "CONNECT", allowed=True, reason="tunnel")
        reader, writer = await self._around.dialer.dial(goal.addresses, goal.port)
        writer.write(head + record)
        try:
            await relay((client.reader, client.writer, b""), (reader, writer, b""), NO_REDACTION)
        finally:
            writer.close()

    async def _open(self, client: Accepted, goal: Destination) -> None:
        """A host that is opened: TLS with us, and TLS beyond."""
        try:
            context = self._around.authority.context(goal.host)
            encrypted = await accepted(client.transport, context, self._around.limits.handshake_s)
        except (OSError, TimeoutError):
            await self._tell(goal, "CONNECT", allowed=False, reason="tls_failed")
            return
        upstream = self._upstream(goal)
        try:
            await self._converse(Wire(encrypted, encrypted, is_server=True), goal, upstream)
        finally:
            upstream.drop()
            encrypted.close()

    async def _converse(self, client: Wire, goal: Destination, upstream: Upstream) -> None:
        while (request := await self._next(client, upstream)) is not None:
            if not await self._carried(client, request, goal, upstream):
                return
            client.http.start_next_cycle()

    async def _next(self, client: Wire, upstream: Upstream) -> h11.Request | None:
        waiting = asyncio.ensure_future(self._request(client))
        try:
            # An idle connection is kept for the client; the one beyond is opened again when it is needed.
            await asyncio.wait({waiting}, timeout=self._around.limits.idle_upstream_s)
            if not waiting.done():
                upstream.drop()
            return await waiting
        finally:
            waiting.cancel()

    # ── plain http ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _plain(self, client: Accepted, request: h11.Request) -> None:
        """One request, never with a secret; its connection ends with it, as the next one may name another host."""
        where = Destination("", 0, False, b"http")
        try:
            scheme, _, rest = bytes(request.target).partition(b"://")
            if scheme.lower() != b"http":
                raise Refused(400, "bad_request")
            host, port, is_address = split_authority(split_path(rest)[0], 80)
            where = Destination(host, port, is_address, b"http")
            if is_model(host, port) and (way := self._model_way()) is not None:
                try:
                    await self._carried_to_model(client, request, where, way)
                finally:
                    way.drop()
                return
            goal = await self._permitted(where)
        except Refused as refused:
            await self._refuse(client, where, refused, request.method.decode())
            return
        self._lead(goal)
        upstream = self._upstream(goal)
        try:
            await self._carried(client, request, goal, upstream)
        finally:
            upstream.drop()

    # ── the model ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _model_way(self) -> ModelWay | None:
        name = self.policy.rules.model_route
        return ModelWay(self._routes, name, self.session_id) if name and self._routes is not None else None

    async def _ask_model(self, client: Wire, goal: Destination, way: ModelWay) -> None:
        """One request after the other in a tunnel, which some clients open for plain HTTP too."""
        try:
            while (request := await self._request(client)) is not None:
                if not await self._carried_to_model(client, request, goal, way):
                    return
                client.http.start_next_cycle()
        finally:
            way.drop()

    async def _carried_to_model(self, client: Wire, request: h11.Request, goal: Destination, way: ModelWay) -> bool:
        try:
            return await way.carried(client, request)
        except Refused as refused:
            await self._refuse(client, goal, refused, request.method.decode())
            return False

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _upstream(self, goal: Destination) -> Upstream:
        """The connection beyond: first to the addresses that were checked, later to those that are checked again."""
        checked = [goal.addresses]

        async def dial() -> Streams:
            addresses = checked.pop() if checked else await self._addresses(goal)
            context = self._around.trusted if goal.scheme == b"https" else None
            return await self._around.dialer.dial(addresses, goal.port, context, goal.host)

        return Upstream(dial)

    async def _carried(self, client: Wire, request: h11.Request, goal: Destination, upstream: Upstream) -> bool:
        """Carry one request and its answer, or refuse it; whether the connection may carry another."""
        around = self._around
        preparation = Preparation(
            self.session_id, self.policy, goal, around.secrets, self._redactions, around.limits, around.tell
        )
        try:
            outgoing = await preparation.outgoing(client, request)
            return await exchange(client, upstream, outgoing)
        except Refused as refused:
            await self._refuse(client, goal, refused, request.method.decode())
            return False

    async def _refuse(self, client: Wire, goal: Destination, refused: Refused, method: str) -> None:
        await self._tell(goal, method, allowed=False, reason=refused.reason)
        await client.respond(refused.status, REASONS[refused.reason], reason=refused.reason)

    async def _tell(self, goal: Destination, method: str, *, allowed: bool, reason: str) -> None:
        decision = NetDecision(self.session_id, now(), goal.host, goal.port, allowed, reason, method=method)
        await self._around.tell(decision)
