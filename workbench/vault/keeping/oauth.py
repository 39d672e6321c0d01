"""OAuth refresh: one request for all that wait for it, and the new token stored before its first use."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import h11

from workbench.clock import now, timestamp
from workbench.contracts.vault import Refreshed, VaultRefused
from workbench.vault.keeping.secrets import Credential, Secrets
from workbench.vault.proxy.addresses import Dialer, PrivateAddress
from workbench.vault.proxy.exchange import body_of
from workbench.vault.proxy.heads import split_authority
from workbench.vault.proxy.wire import Gone, Refused, Wire

MOST_ANSWER_BYTES = 64 * 1024
LIMIT_S = 30.0
EARLY = dt.timedelta(seconds=30)
"""A token is renewed this long before it expires, so that none expires on its way."""


@dataclass(frozen=True)
class OAuth:
    """Refreshes credentials of `mcp_oauth`; a call during a refresh gets its outcome."""

    secrets: Secrets
    dialer: Dialer
    trusted: ssl.SSLContext
    notice: Callable[[str, str, str], None]
    """Hears kind, words and credential id of what a person should know."""

    async def fresh(
        self, credential_id: str, *, refused: str | None = None
    ) -> tuple[Credential | None, Refreshed | None]:
        """The credential, refreshed where it is about to expire or where the server has refused this very token."""
        credential = await self.secrets.get(credential_id)
        if credential is None or not (_is_due(credential) or credential.value == refused):
            return credential, None
        async with self.secrets.turn(credential_id):
            credential = await self.secrets.get(credential_id)
            # Compared with the token of the failed request, not with the one that is current now: else five refused
            # requests would rotate the refresh token five times.
            if credential is None or not (_is_due(credential) or credential.value == refused):
                return credential, None
            outcome = await self._refresh(credential)
        return await self.secrets.get(credential_id), outcome

    async def refresh(self, credential_id: str) -> Refreshed:
        """Refresh now; a caller that waited for another's refresh gets that one's success."""
        before = await self.secrets.get(credential_id)
        if before is None:
            raise VaultRefused(f"there is no secret for {credential_id}")
        async with self.secrets.turn(credential_id):
            credential = await self.secrets.get(credential_id)
            if credential is None:
                raise VaultRefused(f"there is no secret for {credential_id}")
            if credential.value != before.value:
                return Refreshed("succeeded", 200, credential.settings.get("expires_at"))
            return await self._refresh(credential)

    async def _refresh(self, credential: Credential) -> Refreshed:
        outcome = await self._asked(credential)
        if outcome.status == "succeeded":
            self.notice("refreshed", f"the access token of {credential.id} was refreshed", credential.id)
        elif outcome.status != "no_refresh_token":
            words = (
                f"the access token of {credential.id} could not be refreshed ({outcome.status}); workbench vault rotate"
            )
            self.notice("refresh_failed", words, credential.id)
        return outcome

    async def _asked(self, credential: Credential) -> Refreshed:
        if "refresh_token" not in credential.secrets or "token_endpoint" not in credential.settings:
            return Refreshed("no_refresh_token")
        try:
            async with asyncio.timeout(LIMIT_S):
                status, raw = await self._ask(credential)
        except (OSError, TimeoutError, PrivateAddress, Gone):
            return Refreshed("connect_error")
        except Refused:
            return Refreshed("failed")
        granted = _granted(raw) if status == 200 else None
        if granted is None:
            return Refreshed("failed", status)
        secrets, expires_at = granted
        try:
            await self.secrets.put(credential.id, secrets, {"expires_at": expires_at})
        except VaultRefused:
            return Refreshed("failed", status)
        return Refreshed("succeeded", status, expires_at)

    async def _ask(self, credential: Credential) -> tuple[int, bytes]:
        """One POST to the token endpoint; a redirect is an answer like any other, and not the right one."""
        endpoint = urlsplit(credential.settings["token_endpoint"])
        if endpoint.scheme != "https" or endpoint.username is not None:
            raise Refused(400, "bad_request")
        host, port, _ = split_authority(endpoint.netloc.encode(), 443)
        addresses = await self.dialer.addresses(host, port, private_ok=False)
        reader, writer = await self.dialer.dial(addresses, port, self.trusted, host)
        wire = Wire(reader, writer, is_server=False)
        try:
            fields, headers = _form(credential)
            body = urlencode(fields).encode()
            target = (endpoint.path or "/") + (f"?{endpoint.query}" if endpoint.query else "")
            wire.write(
                h11.Request(
                    method="POST",
                    target=target,
                    headers=[
                        ("host", endpoint.netloc),
                        ("content-type", "application/x-www-form-urlencoded"),
                        ("accept", "application/json"),
                        ("accept-encoding", "identity"),
                        ("content-length", str(len(body))),
                        ("connection", "close"),
                        *headers,
                    ],
                ),
                h11.Data(data=body),
                h11.EndOfMessage(),
            )
            return await _answer(wire)
        except h11.ProtocolError:
            raise Refused(502, "bad_answer") from None
        finally:
            wire.close()


async def _answer(wire: Wire) -> tuple[int, bytes]:
    event = await wire.event()
    while isinstance(event, h11.InformationalResponse):
        event = await wire.event()
    if not isinstance(event, h11.Response):
        raise Gone
    raw = b""
    async for piece in body_of(wire):
        raw += piece
        if len(raw) > MOST_ANSWER_BYTES:
            raise Refused(502, "bad_answer")
    return event.status_code, raw


def _form(credential: Credential) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The fields of the request, and the headers by which the client proves who it is."""
    settings, secrets = credential.settings, credential.secrets
    fields = {"grant_type": "refresh_token", "refresh_token": secrets["refresh_token"]}
    fields |= {name: settings[name] for name in ("resource", "scope") if settings.get(name)}
    client_id, secret = settings.get("client_id", ""), secrets.get("client_secret", "")
    if settings.get("token_endpoint_auth") == "client_secret_basic":
        pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
        return fields, [("authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")]
    fields["client_id"] = client_id
    if settings.get("token_endpoint_auth") == "client_secret_post":
        fields["client_secret"] = secret
    return fields, []


def _granted(raw: bytes) -> tuple[Mapping[str, str], str | None] | None:
    """The new secrets and when they expire; None where the answer is not a grant of a bearer token."""
    try:
        answer: dict[str, Any] = json.loads(raw)
        token, kind, seconds = answer["access_token"], str(answer["token_type"]), answer.get("expires_in")
        if kind.lower() != "bearer" or not isinstance(token, str):
            return None
        secrets = {"access_token": token}
        if isinstance(rotated := answer.get("refresh_token"), str):
            secrets["refresh_token"] = rotated
        expires_at = timestamp(now() + dt.timedelta(seconds=float(seconds))) if seconds else None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
    return secrets, expires_at


def _is_due(credential: Credential) -> bool:
    expires_at = credential.settings.get("expires_at")
    if not expires_at or "refresh_token" not in credential.secrets:
        return False
    try:
        return dt.datetime.fromisoformat(expires_at) - EARLY <= now()
    except (ValueError, TypeError):
        return False
