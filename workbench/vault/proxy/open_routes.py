"""Routes as they are asked for: what is checked of one, and where it leads. The engine checks them as well, and loads no proxy for it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from workbench.contracts.vault import Route, VaultRefused
from workbench.vault.proxy.heads import split_authority
from workbench.vault.proxy.names import NotAHost
from workbench.vault.proxy.wire import Refused

KEY_HEADERS = {"x-api-key": b"x-api-key", "x-subscription-token": b"x-subscription-token"}
"""Schemes whose header holds the key alone."""
SCHEMES = {None, *KEY_HEADERS, "bearer", "oauth"}


@dataclass(frozen=True)
class OpenRoute:
    """A route and where it leads, read once."""

    route: Route
    base: SplitResult
    host: str
    port: int

    @property
    def is_encrypted(self) -> bool:
        return self.base.scheme == "https"


def opened(route: Route) -> OpenRoute:
    """Check a route.

    Raises:
        VaultRefused: with what is wrong.
    """
    base = urlsplit(route.base_url)
    if base.scheme not in {"http", "https"} or not base.hostname or base.query or base.fragment:
        raise VaultRefused(f"route {route.name}: {route.base_url!r} is not a base URL such as https://api.example.com")
    if base.username is not None or base.password is not None:
        raise VaultRefused(f"route {route.name}: a URL with a user name or password in it; store that as a credential")
    if route.scheme not in SCHEMES or (route.credential_id is None) != (route.scheme is None):
        raise VaultRefused(
            f"route {route.name}: a credential goes along as x-api-key, x-subscription-token, bearer or oauth"
        )
    try:
        host, port, _ = split_authority(base.netloc.encode(), 443 if base.scheme == "https" else 80)
    except (Refused, NotAHost, UnicodeEncodeError):
        raise VaultRefused(f"route {route.name}: {base.netloc!r} is not a host") from None
    return OpenRoute(route, base, host, port)
