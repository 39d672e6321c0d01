"""Hosts as text: one spelling of each, the patterns that rules are made of, and who covers whom. Pure."""

from __future__ import annotations

import ipaddress
import re

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_IPV4 = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}\Z")
_HEXADECIMAL = re.compile(r"0x[0-9a-f]*\Z")
MOST_CHARACTERS = 253


class NotAHost(ValueError):
    """The text is no host, or one of many spellings of one."""


def canonical(raw: str) -> tuple[str, bool]:
    """The one spelling of a host, before any rule and any query sees it, and whether it is an address.

    What resolvers would read as an address in another spelling (`127.1`, `0x7f.1`, `2130706433`) is none here.

    Raises:
        NotAHost: anything else than a name of letters, digits, `-`, `_` and dots, or an address.
    """
    host = raw.lower()
    if host.startswith("[") and host.endswith("]") and "%" not in host:
        try:
            return str(ipaddress.IPv6Address(host[1:-1])), True
        except ValueError as error:
            raise NotAHost(raw) from error
    host = host.removesuffix(".")
    if not host or len(host) > MOST_CHARACTERS or not host.isascii():
        raise NotAHost(raw)
    labels = host.split(".")
    if not all(_LABEL.match(label) for label in labels):
        raise NotAHost(raw)
    # A name that ends in a number is an IPv4 address to every resolver, or an attempt to look like one.
    if labels[-1].isdigit() or _HEXADECIMAL.match(labels[-1]):
        if not _IPV4.match(host):
            raise NotAHost(raw)
        try:
            return str(ipaddress.IPv4Address(host)), True
        except ValueError as error:
            raise NotAHost(raw) from error
    return host, False


def pattern(raw: str) -> str:
    """A rule's host in its one spelling: a name, an IPv4 address, or `*.name` for everything below a name.

    Raises:
        NotAHost: a URL, a port, a path, IPv6, `*`, `*.tld`, a `*` elsewhere, or more than one host.
    """
    wild = raw.startswith("*.")
    host, is_address = canonical(raw[2:] if wild else raw)
    if ":" in host or (wild and (is_address or "." not in host)):
        raise NotAHost(raw)
    return f"*.{host}" if wild else host


def covers(rule: str, host: str) -> bool:
    """Whether a rule's pattern names this host; `*.name` names neither `name` itself nor an address."""
    if rule.startswith("*."):
        return host.endswith(rule[1:]) and len(host) > len(rule) - 1
    return host == rule


def meet(one: str, other: str) -> bool:
    """Whether some host is named by both patterns."""
    if one.startswith("*.") and other.startswith("*."):
        return one == other or one.endswith(other[1:]) or other.endswith(one[1:])
    return covers(one, other) if one.startswith("*.") else covers(other, one)


def is_local_name(host: str) -> bool:
    """Whether this name means the machine itself, whatever a resolver says."""
    return host == "localhost" or host.endswith((".localhost", ".containers.internal", ".docker.internal"))
