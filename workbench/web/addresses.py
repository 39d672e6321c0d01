"""Addresses of the web: read strictly, in one spelling, and held against an agent's lists of domains."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

MOST_CHARACTERS: Final = 2000
_HOST: Final = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")
_NUMBER: Final = re.compile(r":|(?:^|\.)(?:\d+|0x[0-9a-f]*)$")
"""Ends what resolvers read as an address, in whatever spelling."""
_PORTS: Final = {"http": 80, "https": 443}
_LEAST_OTHER_PORT: Final = 1024
"""Below it, other protocols listen."""
_AS_IT_IS: Final = "%/:?#[]@!$&'()*+,;=~-._"


class NotAnAddress(ValueError):
    """A text is no address of a page; says why."""


@dataclass(frozen=True)
class Address:
    """One page: its origin, and what its host is asked for."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def url(self) -> str:
        return self.origin + self.target


def read(text: str, base: Address | None = None) -> Address:
    """The address in its one spelling, without its fragment; a relative one leads from `base`.

    Raises:
        NotAnAddress: anything else than http or https, a password in it, a host in another spelling, an odd port.
    """
    try:
        parts = urlsplit(urljoin(base.url, text.strip()) if base else text.strip())
        port, host = parts.port, (parts.hostname or "").removesuffix(".")
    except ValueError as error:
        raise NotAnAddress(f"it is no address ({error})") from error
    if len(text) > MOST_CHARACTERS:
        raise NotAnAddress(f"it is longer than {MOST_CHARACTERS} characters")
    if parts.scheme not in _PORTS:
        raise NotAnAddress("an address begins with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise NotAnAddress("no user name and no password may be in it")
    if not host.isascii():
        raise NotAnAddress(f"write its host in ASCII, as in {_in_ascii(host)}")
    if not _HOST.fullmatch(host) or (_NUMBER.search(host) and not _is_ip(host)):
        raise NotAnAddress("its host is none")
    port = _PORTS[parts.scheme] if port is None else port
    if port not in _PORTS.values() and port < _LEAST_OTHER_PORT:
        raise NotAnAddress(f"port {port} is none of the web's: 80, 443, or from {_LEAST_OTHER_PORT} on")
    query = f"?{parts.query}" if parts.query else ""
    return Address(parts.scheme, host, port, quote((parts.path or "/") + query, safe=_AS_IT_IS))


def _is_ip(host: str) -> bool:
    try:
        return str(ipaddress.ip_address(host)) == host or ":" in host
    except ValueError:
        return False


def _in_ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return "xn--…"


def is_covered(domains: Sequence[str], host: str, path: str = "/") -> bool:
    """Whether one of an agent's entries (a host, for searches with the beginning of a path) covers this page."""
    for entry in domains:
        domain, _, below = entry.lower().partition("/")
        if (host == domain or host.endswith(f".{domain}")) and path.lower().startswith(f"/{below}"):
            return True
    return False


def is_permitted(allowed: Sequence[str] | None, blocked: Sequence[str] | None, host: str, path: str = "/") -> bool:
    """Whether an agent's lists let this page through."""
    if allowed and not is_covered(allowed, host, path):
        return False
    return not (blocked and is_covered(blocked, host, path))


def common(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """What two lists of domains both let through: of two entries the narrower; a name that is nobody's where that is nothing."""
    found = [entry for entry in one if any(_is_within(entry, wider) for wider in other)]
    found += [entry for entry in other if entry not in found and any(_is_within(entry, wider) for wider in one)]
    return found or ["nothing.invalid"]


def _is_within(entry: str, wider: str) -> bool:
    entry, wider = entry.lower(), wider.lower()
    host, _, path = entry.partition("/")
    wider_host, _, wider_path = wider.partition("/")
    return (host == wider_host or host.endswith(f".{wider_host}")) and path.startswith(wider_path)
