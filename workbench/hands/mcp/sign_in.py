"""Signing in at an MCP server: its authorization server found, a client registered there, a person's consent, and the tokens.

It runs in the command that a person started, never in the engine: what comes out goes to the vault.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from workbench.clock import now, timestamp
from workbench.contracts.values import Json

if TYPE_CHECKING:
    from mcp.client.auth import OAuthClientProvider
    from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthToken

LIMIT_S: Final = 20.0
"""For each answer of a server; a person may take as long as they like."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SECRET_AUTHS: Final = ("client_secret_basic", "client_secret_post")

Consent = Callable[[str], Awaitable[str]]
"""Has a person open an address, and gives the one at which their browser ended."""


class SignInFailed(Exception):
    """There are no tokens; the words say why, and hold no secret."""


@dataclass(frozen=True)
class KnownClient:
    """A client that was registered with the authorization server beforehand."""

    id: str
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class SignedIn:
    """Tokens by the vault's names of fields, and what may be shown of the credential, as the public API has it."""

    secrets: Mapping[str, str] = field(repr=False)
    auth: Json = field(default_factory=dict)


async def signed_in(
    url: str,
    redirect_uri: str,
    consent: Consent,
    *,
    client: KnownClient | None = None,
    metadata_url: str | None = None,
    scope: str = "",
) -> SignedIn:
    """Sign in at the server of this URL. `metadata_url` is a document about this client, for servers that take one in place of a
    registration, and `scope` is asked for beside what the server says.

    Raises:
        SignInFailed: there are no tokens.
    """
    from mcp.client.auth import OAuthClientProvider
    from mcp.shared.auth import OAuthClientMetadata
    from pydantic import AnyUrl

    storage, returned = _Storage(client, redirect_uri), _Returned()

    async def opened(address: str) -> None:
        returned.address = await consent(_with_scope(address, scope))

    metadata = OAuthClientMetadata(redirect_uris=[AnyUrl(redirect_uri)], client_name="workbench")
    provider = OAuthClientProvider(url, metadata, storage, opened, returned.result, metadata_url)
    try:
        await _entered(url, provider)
    except Exception as error:
        # The library raises what it met, in groups or alone. With tokens it is the server that failed, which a test of it will say.
        if storage.tokens is None:
            raise _explained(error) from None
    if storage.tokens is None:
        raise SignInFailed("the server let this client in without a sign-in; it needs no login")
    return _told(url, provider, storage)


async def _entered(url: str, provider: OAuthClientProvider) -> None:
    """Connect and list the tools, as a session does: the server asks for a sign-in where it wants one."""
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    hooks = {"request": [_refuse_plain]}
    timeout = httpx2.Timeout(LIMIT_S, read=None)
    async with (
        httpx2.AsyncClient(auth=provider, timeout=timeout, event_hooks=hooks) as http,
        Client(streamable_http_client(url, http_client=http)) as session,
    ):
        await session.list_tools()


async def _refuse_plain(request: httpx2.Request) -> None:
    if request.url.scheme != "https" and request.url.host not in _LOOPBACK:
        raise httpx2.UnsupportedProtocol(f"{request.url.host} is named without https, and a token goes nowhere without")


class _Returned:
    """What the browser came back with."""

    address = ""

    async def result(self) -> AuthorizationCodeResult:
        from mcp.shared.auth import AuthorizationCodeResult

        given = {name: values[0] for name, values in parse_qs(urlsplit(self.address).query).items()}
        if "code" not in given:
            words = given.get("error_description") or given.get("error") or "the address has no code in it"
            raise SignInFailed(f"the sign-in was not granted: {words[:300]}")
        return AuthorizationCodeResult(code=given["code"], state=given.get("state"), iss=given.get("iss"))


class _Storage:
    """The library's own promise of a store, kept for as long as the sign-in takes."""

    def __init__(self, client: KnownClient | None, redirect_uri: str) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None
        if client is not None:
            from mcp.shared.auth import OAuthClientInformationFull
            from pydantic import AnyUrl

            method = "client_secret_basic" if client.secret else "none"
            self.client = OAuthClientInformationFull(
                client_id=client.id,
                client_secret=client.secret,
                token_endpoint_auth_method=method,
                redirect_uris=[AnyUrl(redirect_uri)],
            )

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


def _with_scope(address: str, more: str) -> str:
    """The address at which a person consents, with these scopes beside those that it has."""
    parts = urlsplit(address)
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    scopes = dict.fromkeys([*given.get("scope", "").split(), *more.split()])
    return parts._replace(query=urlencode(given | ({"scope": " ".join(scopes)} if scopes else {}))).geturl()


def _told(url: str, provider: OAuthClientProvider, storage: _Storage) -> SignedIn:
    tokens, client, context = storage.tokens, storage.client, provider.context
    assert tokens is not None
    assert client is not None
    method = client.token_endpoint_auth_method if client.client_secret else None
    method = method if method in _SECRET_AUTHS else "none"
    endpoint = str(context.oauth_metadata.token_endpoint) if context.oauth_metadata else ""
    auth: Json = {"type": "mcp_oauth", "mcp_server_url": url}
    secrets = {"access_token": tokens.access_token}
    if tokens.expires_in:
        auth["expires_at"] = timestamp(now() + timedelta(seconds=tokens.expires_in))
    if tokens.refresh_token and endpoint.startswith("https://"):
        secrets["refresh_token"] = tokens.refresh_token
        resource = context.get_resource_url() if context.protected_resource_metadata else None
        shown: Json = {
            "client_id": client.client_id,
            "token_endpoint": endpoint,
            "token_endpoint_auth": {"type": method},
        }
        auth["refresh"] = shown | {"resource": resource, "scope": tokens.scope or context.client_metadata.scope}
        if method != "none":
            secrets["client_secret"] = str(client.client_secret)
    return SignedIn(secrets, auth)


def _explained(error: BaseException) -> SignInFailed:
    """The innermost error in words: the library's own name endpoints and states, and no token."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, SignInFailed):
        return error
    words = str(error)
    if words.startswith("Invalid token response"):
        # It quotes what came, which may well be a token.
        words = "the authorization server gave tokens that cannot be read"
    return SignInFailed(f"the sign-in failed: {words[:500] or type(error).__name__}")
