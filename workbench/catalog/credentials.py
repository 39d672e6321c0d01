"""Credentials: what may be asked for of each kind, what of it is secret, and what is shown of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from workbench import clock
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused
from workbench.contracts.values import Json

MOST_HOSTS = 16
_HOST = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_OURS = frozenset({"HOME", "LANG", "PATH", "NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "LD_PRELOAD"})

Parameters = TypeVar("Parameters", bound=Body)


def _hosts(hosts: list[str]) -> list[str]:
    for host in hosts:
        if not _HOST.fullmatch(host) or host.count(".") < (2 if host.startswith("*.") else 1):
            raise ValueError(
                f"{host!r} must be a bare host, an IPv4 address or *.example.com: no URL, port, path or IPv6"
            )
    return [host.lower() for host in hosts]


def _variable(name: str) -> str:
    if not _VARIABLE.fullmatch(name) or name.upper() in _OURS:
        raise ValueError(f"{name!r} cannot be the name of an environment variable of a sandbox")
    return name


def _server_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("must be a URL such as https://mcp.example.com/mcp")
    return url


def _endpoint(url: str) -> str:
    if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
        raise ValueError("must be an https URL")
    return url


Secret = Annotated[str, Field(min_length=1)]
Deposit = Annotated[str | None, Field(min_length=1)]
"""In place of the secret fields: the id under which the vault itself was given them, so that they pass no other process."""


class Unrestricted(Body):
    type: Literal["unrestricted"]


class Limited(Body):
    type: Literal["limited"]
    allowed_hosts: Annotated[list[str], Field(min_length=1, max_length=MOST_HOSTS), AfterValidator(_hosts)]


Networking = Annotated[Unrestricted | Limited, Field(discriminator="type")]


class Injection(Body):
    header: bool | None = None
    body: bool | None = None

    @model_validator(mode="after")
    def _says_yes_or_no(self) -> Injection:
        if any(getattr(self, name) is None for name in self.model_fields_set):
            raise ValueError("header and body are true or false; leave out what is not meant")
        return self


class CreateVariable(Body):
    type: Literal["environment_variable"]
    secret_name: Annotated[str, AfterValidator(_variable)]
    secret_value: Secret | None = None
    networking: Networking
    injection_location: Injection | None = None
    workbench_deposit: Deposit = None


class UpdateVariable(Body):
    type: Literal["environment_variable"]
    secret_value: Secret | None = None
    networking: Networking | None = None
    injection_location: Injection | None = None
    workbench_deposit: Deposit = None


class CreateBearer(Body):
    type: Literal["static_bearer"]
    token: Secret | None = None
    mcp_server_url: Annotated[str, AfterValidator(_server_url)]
    workbench_deposit: Deposit = None


class UpdateBearer(Body):
    type: Literal["static_bearer"]
    token: Secret | None = None
    workbench_deposit: Deposit = None


class NoEndpointAuth(Body):
    type: Literal["none"]


class EndpointAuth(Body):
    type: Literal["client_secret_basic", "client_secret_post"]
    client_secret: Secret | None = None


class Refresh(Body):
    client_id: Annotated[str, Field(min_length=1)]
    refresh_token: Secret | None = None
    token_endpoint: Annotated[str, AfterValidator(_endpoint)]
    token_endpoint_auth: Annotated[NoEndpointAuth | EndpointAuth, Field(discriminator="type")]
    resource: str | None = None
    scope: str | None = None


class UpdateRefresh(Body):
    refresh_token: Secret | None = None
    scope: str | None = None
    token_endpoint_auth: EndpointAuth | None = None


class CreateOAuth(Body):
    type: Literal["mcp_oauth"]
    access_token: Secret | None = None
    mcp_server_url: Annotated[str, AfterValidator(_server_url)]
    expires_at: str | None = None
    refresh: Refresh | None = None
    workbench_deposit: Deposit = None


class UpdateOAuth(Body):
    type: Literal["mcp_oauth"]
    access_token: Secret | None = None
    expires_at: str | None = None
    refresh: UpdateRefresh | None = None
    workbench_deposit: Deposit = None


CreateAuth = Annotated[CreateVariable | CreateBearer | CreateOAuth, Field(discriminator="type")]
UpdateAuth = Annotated[UpdateVariable | UpdateBearer | UpdateOAuth, Field(discriminator="type")]


@dataclass(frozen=True)
class Given:
    """What a request says of a credential: what is shown, what is secret, and what the vault needs beside the secret."""

    auth: Json
    secrets: Mapping[str, str]
    settings: Mapping[str, str | None]
    deposit: str | None


def created(auth: Any, now: datetime) -> Given:
    """A new credential's parts.

    Raises:
        Refused: a secret is missing, or a moment has passed.
    """
    match auth:
        case CreateVariable():
            shown = {
                "type": auth.type,
                "secret_name": auth.secret_name,
                "networking": auth.networking.model_dump(),
                "injection_location": _injected(auth.injection_location, None),
            }
            given = Given(shown, _secrets(value=auth.secret_value), {}, auth.workbench_deposit)
            return _with_secret(given, "secret_value", auth.secret_value)
        case CreateBearer():
            shown = {"type": auth.type, "mcp_server_url": auth.mcp_server_url}
            given = Given(shown, _secrets(token=auth.token), {}, auth.workbench_deposit)
            return _with_secret(given, "token", auth.token)
        case _:
            return _created_oauth(auth, now)


def _created_oauth(auth: CreateOAuth, now: datetime) -> Given:
    shown: Json = {"type": auth.type, "mcp_server_url": auth.mcp_server_url}
    settings: dict[str, str | None] = {}
    secrets = _secrets(access_token=auth.access_token)
    if auth.expires_at is not None:
        shown["expires_at"] = settings["expires_at"] = _future(auth.expires_at, now)
    if (refresh := auth.refresh) is not None:
        endpoint = refresh.token_endpoint_auth
        public = refresh.model_dump(include={"client_id", "token_endpoint", "resource", "scope"})
        shown["refresh"] = public | {"token_endpoint_auth": {"type": endpoint.type}}
        settings |= public | {"token_endpoint_auth": endpoint.type}
        client_secret = endpoint.client_secret if isinstance(endpoint, EndpointAuth) else None
        secrets |= _secrets(refresh_token=refresh.refresh_token, client_secret=client_secret)
        if auth.workbench_deposit is None and refresh.refresh_token is None:
            raise Refused("auth.refresh.refresh_token: Field required")
        if auth.workbench_deposit is None and isinstance(endpoint, EndpointAuth) and client_secret is None:
            raise Refused("auth.refresh.token_endpoint_auth.client_secret: Field required")
    return _with_secret(Given(shown, secrets, settings, auth.workbench_deposit), "access_token", auth.access_token)


def _with_secret(given: Given, name: str, secret: str | None) -> Given:
    if secret is None and given.deposit is None:
        raise Refused(f"auth.{name}: Field required")
    return given


def updated(old: Json, auth: Any, now: datetime) -> Given:
    """The parts after an update: secrets and settings are only those that change.

    Raises:
        Refused: another kind, or what cannot change.
    """
    if auth.type != old["type"]:
        raise Refused(f"auth.type: is {old['type']} and cannot change; create another credential")
    match auth:
        case UpdateVariable():
            shown = dict(old)
            if auth.networking is not None:
                shown["networking"] = auth.networking.model_dump()
            if auth.injection_location is not None:
                shown["injection_location"] = _injected(auth.injection_location, old["injection_location"])
            return Given(shown, _secrets(value=auth.secret_value), {}, auth.workbench_deposit)
        case UpdateBearer():
            return Given(old, _secrets(token=auth.token), {}, auth.workbench_deposit)
        case _:
            return _updated_oauth(old, auth, now)


def _updated_oauth(old: Json, auth: UpdateOAuth, now: datetime) -> Given:
    shown, settings = dict(old), dict[str, str | None]()
    secrets = _secrets(access_token=auth.access_token)
    if auth.expires_at is not None:
        shown["expires_at"] = settings["expires_at"] = _future(auth.expires_at, now)
    if (refresh := auth.refresh) is not None:
        if "refresh" not in old:
            raise Refused("auth.refresh: the credential was created without a refresh token; create another one")
        known = dict(old["refresh"])
        endpoint = refresh.token_endpoint_auth
        if endpoint is not None and endpoint.type != known["token_endpoint_auth"]["type"]:
            raise Refused("auth.refresh.token_endpoint_auth.type: cannot change")
        if refresh.scope is not None:
            known["scope"] = settings["scope"] = refresh.scope or None
        secrets |= _secrets(
            refresh_token=refresh.refresh_token, client_secret=endpoint.client_secret if endpoint else None
        )
        shown["refresh"] = known
    return Given(shown, secrets, settings, auth.workbench_deposit)


def _injected(given: Injection | None, old: Json | None) -> Json:
    """Left out at creation both places are meant; in what is given a missing one is not, and an update keeps it."""
    if given is None:
        return {"header": True, "body": True}
    kept = old or {"header": False, "body": False}
    merged = {name: kept[name] if getattr(given, name) is None else getattr(given, name) for name in ("header", "body")}
    if not any(merged.values()):
        raise Refused("auth.injection_location: header or body must be true, or the secret goes nowhere")
    return merged


def _secrets(**named: str | None) -> dict[str, str]:
    return {name: value for name, value in named.items() if value is not None}


def _future(text: str, now: datetime) -> str:
    try:
        moment = clock.read(text)
    except ValueError as error:
        reason = f"{text[:100]!r} is not a moment such as 2027-01-31T12:00:00Z ({error})"
        raise Refused(f"auth.expires_at: {reason}") from None
    if moment <= now:
        raise Refused("auth.expires_at: must be a moment in the future, with its zone")
    return text


def key_of(auth: Json) -> tuple[str, str]:
    """What no two active credentials of a vault may share: the variable's name, or the server's normalised URL."""
    if auth["type"] == "environment_variable":
        return "secret_name", auth["secret_name"]
    return "mcp_server_url", normalised(auth["mcp_server_url"])


def normalised(url: str) -> str:
    """A server's URL as it is compared: scheme and host in lower case, without default port and final slash."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in (None, default) else ""
    host = (parts.hostname or "").lower()
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme.lower()}://{host}{port}{parts.path.rstrip('/')}{query}"
