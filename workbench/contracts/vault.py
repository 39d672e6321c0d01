"""What the vault promises: it keeps secrets and tells none, and it is the only way out."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Grant:
    """What one session may use of one credential: where its placeholder becomes the secret.

    `hosts` are the credential's own (names, IPv4, `*.name`); None is every host that the environment allows. `exclusive`
    hosts get no request that carries a credential of somebody else.
    """

    credential_id: str
    placeholder: str
    hosts: tuple[str, ...] | None
    header: bool = True
    body: bool = False
    exclusive: bool = False


@dataclass(frozen=True)
class NetworkRules:
    """Where one session's sandbox may go: `type` is `none`, `limited` (to `hosts`) or `unrestricted`.

    `private_ok` are names that may lead to private addresses (this machine's package mirrors), `tunnel_hosts` pass without
    being opened and never get a secret, `plain_http` are names that may be asked on port 80, never with a secret.
    `model_route` names the engine's route that a sandbox finds under `MODEL_HOST`; without one there is no such host.
    """

    type: str = "limited"
    hosts: tuple[str, ...] = ()
    private_ok: tuple[str, ...] = ()
    tunnel_hosts: tuple[str, ...] = ()
    plain_http: tuple[str, ...] = ()
    websockets: bool = False
    ports: tuple[int, ...] = (443,)
    model_route: str = ""


@dataclass(frozen=True)
class Route:
    """One of the engine's own ways out: plain HTTP in, by this name as its Host, on the vault's socket; `base_url` beyond.

    `scheme` says how the credential goes along: `x-api-key`, `x-subscription-token`, `bearer`, or `oauth` (a bearer that the
    vault refreshes). What the client sends as its own credential is taken off. `socket` is set where the server listens on a
    Unix socket, and `session_id` where the engine goes out for one session.
    """

    name: str
    base_url: str
    credential_id: str | None = None
    scheme: str | None = None
    socket: Path | None = None
    private_ok: bool = False
    session_id: str | None = None


@dataclass(frozen=True)
class NetDecision:
    """One request and what became of it, without query strings and values.

    `reason` is a word (`host_not_allowed`, `private_address`, `placeholder_elsewhere`, …), "" where there is nothing to say.
    `credential_ids` are those whose secret went along, or whose placeholder did where `reason` is `placeholder_elsewhere`;
    `where` is `header`, `body` or "". `route` is the name of the engine's own way out, with the session that it went out for,
    if there was one.
    """

    session_id: str | None
    at: datetime
    host: str
    port: int
    allowed: bool
    reason: str = ""
    credential_ids: tuple[str, ...] = ()
    where: str = ""
    method: str = ""
    route: str = ""


@dataclass(frozen=True)
class VaultNotice:
    """Something about the vault that a person should know: `kind` is one of `locked`, `unlocked`, `refreshed`,
    `refresh_failed` and `restarted`."""

    kind: str
    at: datetime
    words: str
    credential_id: str | None = None


@dataclass(frozen=True)
class Stored:
    """What may be known of a stored credential: `fingerprint` changes when the secret does; a placeholder for it begins
    with `prefix` (the vendor's known one, or "") and has `length` characters. `too_short` are the fields whose secret could
    not be told from ordinary text: it is used, and not looked for in what comes back."""

    fingerprint: str
    prefix: str
    length: int
    too_short: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refreshed:
    """What became of an OAuth refresh: `succeeded`, `failed`, `connect_error` or `no_refresh_token`; the HTTP status where
    there was an answer, whose text is never shown."""

    status: str
    status_code: int | None = None
    expires_at: str | None = None


@dataclass(frozen=True)
class VaultStanding:
    """Where secrets are kept: `kind` is `keyring`, `file` or `memory` (gone when the engine ends), `backend` its name;
    `state` is `ready`, `locked` or `unusable`; `words` say what to do. `missing` are credential ids without their secret."""

    kind: str
    backend: str
    state: str
    words: str = ""
    missing: tuple[str, ...] = ()
    pid: int | None = None


class VaultRefused(Exception):
    """A secret was not stored, removed or used; the text says why, what to do, and never a value."""


class Vault(Protocol):
    """Keeps secrets and tells none. There is no get. Each method raises `VaultRefused` where it cannot do what is asked.

    Secrets are named fields: `value`, `token`, `access_token`, `refresh_token`, `client_secret`. Settings are what is not
    secret: `expires_at`, `token_endpoint`, `token_endpoint_auth` (`none`, `client_secret_basic`, `client_secret_post`),
    `client_id`, `resource`, `scope`.
    """

    async def put(self, credential_id: str, secrets: Mapping[str, str], settings: Mapping[str, str | None]) -> Stored:
        """Store these fields; those not named stay as they were, a setting of None is taken off. Reaches open sessions."""

    async def adopt(self, credential_id: str, deposit_id: str, settings: Mapping[str, str | None]) -> Stored:
        """The same with the secrets of a deposit, which another process has sent to the vault itself; once only."""

    async def remove(self, credential_id: str) -> None:
        """Forget it everywhere; no error when there is nothing."""

    async def refresh(self, credential_id: str) -> Refreshed:
        """Get a new access token now; callers at the same time share one refresh."""

    async def code(self, credential_id: str, data: bytes) -> str:
        """HMAC-SHA256 over the data with the credential's `value`, in hex; one that begins with `whsec_` is base64."""

    async def is_same(self, credential_id: str, given: str) -> bool:
        """Whether somebody gave the credential's `value` itself."""

    async def redact(self, session_id: str, data: bytes, *, is_piece: bool = False) -> bytes:
        """`data` with the session's secrets, in common encodings too, taken out.

        Of a piece of a longer text, what may be the end of a secret at its beginning is made unreadable, and what may begin
        one at its end is left out.
        """

    async def check(self, credential_ids: Sequence[str] = ()) -> VaultStanding:
        """What keeps the secrets, in which state, and which of these it does not have."""


class Ways(Protocol):
    """The only ways out: of each sandbox through its own listener, of the engine through named routes on one socket."""

    async def open(
        self, session_id: str, rules: NetworkRules, grants: Sequence[Grant], listener: socket.socket | None = None
    ) -> None:
        """Begin, or replace rules and grants as one; None keeps the listener. The caller may close its own descriptor.

        Raises:
            VaultRefused: rules or grants are wrong; what was in force stays in force.
        """

    async def close(self, session_id: str) -> None:
        """Cut every connection and let go of the listener; no error when there is none."""

    async def route(self, route: Route) -> None:
        """Add or replace one of the engine's ways out."""

    async def forget(self, name: str) -> None:
        """Take a route away; no error when there is none."""

    def decisions(self) -> AsyncIterator[NetDecision]:
        """Every decision from now on, in order; ends at close."""

    def notices(self) -> AsyncIterator[VaultNotice]:
        """Every notice from now on; ends at close."""
