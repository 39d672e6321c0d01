"""From a sandbox's request to the one that goes out: its head checked, placeholders replaced where they may be."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import h11

from workbench.clock import now
from workbench.contracts.vault import Grant, NetDecision, VaultRefused
from workbench.vault.keeping.secrets import Secrets
from workbench.vault.proxy.dependencies import Tell
from workbench.vault.proxy.exchange import Outgoing, body_of
from workbench.vault.proxy.heads import (
    forwarded,
    header,
    is_websocket,
    origin_form,
    refuse_ambiguous,
    wants_upgrade,
    without,
)
from workbench.vault.proxy.needles import all_needles, binary_needles
from workbench.vault.proxy.policy import Destination, Policy
from workbench.vault.proxy.redaction import Redaction
from workbench.vault.proxy.signing import refuse_signature
from workbench.vault.proxy.substitution import (
    BodySubstitution,
    Headers,
    Live,
    foreign_headers,
    in_headers,
    placeholders_in,
)
from workbench.vault.proxy.wire import Limits, Refused, Wire


class Redactions:
    """What is taken out of everything that comes back to a session; made anew when a secret or a grant changes."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._made: tuple[Policy, int, Redaction] | None = None

    def of(self, policy: Policy) -> Redaction:
        if self._made is None or self._made[0] is not policy or self._made[1] != self._secrets.version:
            pairs = [
                (value.encode(), grant.placeholder.encode())
                for grant in policy.grants
                if (credential := self._secrets.known(grant.credential_id)) is not None
                for value in credential.hidden()
            ]
            needles = all_needles(pairs)
            in_binary = binary_needles(needles, [value for value, _ in pairs])
            self._made = (policy, self._secrets.version, Redaction(needles, in_binary))
        return self._made[2]


@dataclass(frozen=True)
class Preparation:
    """One request of one session, on its way to `goal`, by the policy that is in force as it comes."""

    session_id: str
    policy: Policy
    goal: Destination
    secrets: Secrets
    redactions: Redactions
    limits: Limits
    tell: Tell

    async def outgoing(self, client: Wire, request: h11.Request) -> Outgoing:
        """The request as it goes out; its decision has been told.

        Raises:
            Refused: it does not go out.
        """
        goal = self.goal
        if (reason := self.policy.refusal(goal.host, is_address=goal.is_address)) is not None:
            raise Refused(403, reason)
        refuse_ambiguous(request)
        target = origin_form(request, goal.scheme, goal.host, goal.port)
        websocket = is_websocket(request)
        if wants_upgrade(request.headers) and not (websocket and self.policy.rules.websockets):
            raise Refused(403 if websocket else 400, "upgrade_refused")
        headers = forwarded(request.headers)
        # Never over plain http, where everybody on the way could read it.
        grants = self.policy.live(goal.host) if goal.scheme == b"https" else ()
        live = await self._secrets_of(grants, request, headers, target)
        if any(grant.exclusive for grant in grants) and foreign_headers(headers, grants):
            raise Refused(403, "foreign_credential")
        refuse_signature(headers, target, grants)
        written = in_headers(headers, live)
        outgoing = Outgoing(
            bytes(request.method),
            target,
            _shaped(written.headers, is_guarded=bool(grants), is_websocket=websocket),
            is_guarded=bool(grants),
            is_websocket=websocket,
        )
        outgoing, in_body = await self._with_body(client, request, outgoing, live)
        await self._tell_both(request, written.credential_ids, in_body)
        # Taken last: reading the secrets above may have changed what is to be taken out.
        return replace(outgoing, redaction=self.redactions.of(self.policy))

    async def _secrets_of(
        self, grants: tuple[Grant, ...], request: h11.Request, headers: Headers, target: bytes
    ) -> list[Live]:
        """The secrets that this request may need; waited for only where it names their placeholder, or its body may."""
        named = placeholders_in(headers, target, grants)
        live = []
        for grant in grants:
            is_needed = grant.credential_id in named or (grant.body and _has_body(request))
            credential = self.secrets.known(grant.credential_id)
            if credential is None and is_needed:
                try:
                    async with asyncio.timeout(self.limits.unlock_s):
                        credential = await self.secrets.get(grant.credential_id)
                except (VaultRefused, TimeoutError):
                    raise Refused(503, "credential_locked") from None
            if credential is not None and credential.value:
                live.append(Live(grant, credential.value))
            elif grant.credential_id in named:
                raise Refused(503, "credential_missing")
        return live

    async def _with_body(
        self, client: Wire, request: h11.Request, outgoing: Outgoing, live: list[Live]
    ) -> tuple[Outgoing, tuple[str, ...]]:
        """With the body's placeholders replaced where a credential allows that; whose secrets are in it, where known now."""
        is_chunked = header(request.headers, b"transfer-encoding") is not None
        is_coded = header(request.headers, b"content-encoding") is not None
        if not _has_body(request):
            return outgoing, ()
        if is_coded or not any(one.grant.body for one in live):
            return (_chunked(outgoing) if is_chunked else outgoing), ()
        body = BodySubstitution(live, header(request.headers, b"content-type") or b"")
        if is_chunked or int(header(request.headers, b"content-length") or 0) > self.limits.whole_body_bytes:

            async def tell_body(credential_ids: tuple[str, ...]) -> None:
                await self._told(request, credential_ids=credential_ids, where="body")

            return _chunked(replace(outgoing, body=body, tell_body=tell_body)), ()
        if client.http.they_are_waiting_for_100_continue:
            client.write(h11.InformationalResponse(status_code=100, headers=[]))
        whole = b"".join([body.feed(piece) async for piece in body_of(client)]) + body.flush()
        headers = [*without(outgoing.headers, b"content-length"), (b"content-length", b"%d" % len(whole))]
        return replace(outgoing, headers=headers, whole_body=whole), tuple(sorted(body.used))

    # ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _tell_both(self, request: h11.Request, in_headers: tuple[str, ...], in_body: tuple[str, ...]) -> None:
        """Whose secret goes along, and whose placeholder goes out as it is."""
        named = placeholders_in(forwarded(request.headers), bytes(request.target), self.policy.grants)
        elsewhere = tuple(one for one in named if one not in in_headers)
        used = tuple(dict.fromkeys((*in_headers, *in_body)))
        if elsewhere:
            await self._told(request, reason="placeholder_elsewhere", credential_ids=elsewhere)
        if used or not elsewhere:
            where = "header" if in_headers else "body" if in_body else ""
            await self._told(request, credential_ids=used, where=where)

    async def _told(
        self, request: h11.Request, *, reason: str = "", credential_ids: tuple[str, ...] = (), where: str = ""
    ) -> None:
        """Tell that the request is allowed."""
        goal, method = self.goal, request.method.decode()
        decision = NetDecision(
            self.session_id, now(), goal.host, goal.port, True, reason, credential_ids, where, method
        )
        await self.tell(decision)


def _has_body(request: h11.Request) -> bool:
    length = header(request.headers, b"content-length")
    return length not in {None, b"0"} or header(request.headers, b"transfer-encoding") is not None


def _shaped(headers: Headers, *, is_guarded: bool, is_websocket: bool) -> Headers:
    if is_guarded:
        # Only what can be read can have a secret taken out of it: no compression, no halves of a file.
        headers = [*without(headers, b"accept-encoding", b"range", b"if-range"), (b"accept-encoding", b"identity")]
    if is_websocket:
        # Without extensions frames stay readable, for the same reason.
        kept = without(headers, b"sec-websocket-extensions")
        return [*kept, (b"connection", b"upgrade"), (b"upgrade", b"websocket")]
    return headers


def _chunked(outgoing: Outgoing) -> Outgoing:
    headers = [*without(outgoing.headers, b"content-length"), (b"transfer-encoding", b"chunked")]
    return replace(outgoing, headers=headers)
