"""Which hosts a sandbox may reach: pure rules over names and addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.contracts import Json

_NOT_PUBLIC = "addresses on this machine and in private networks are never reachable from a sandbox"


@dataclass(frozen=True)
class Policy:
    """`hosts` are names, or `*.name` for everything below a name but not itself; None allows every public host."""

    hosts: tuple[str, ...] | None

    def refusal(self, host: str) -> str | None:
        """The rule that forbids this host; None when it may be asked for."""
        if is_address(host):
            return "hosts are reached by name, never by address"
        if host == "localhost" or host.endswith(".localhost"):
            return _NOT_PUBLIC
        if self.hosts is None or any(_covers(pattern, host) for pattern in self.hosts):
            return None
        return "the environment's networking is limited, and its allowed_hosts do not name this host"


def policy_of(networking: Json, package_hosts: Sequence[str]) -> Policy:
    """The rules of an environment's `networking`; anything that is not understood allows nothing."""
    if networking.get("type") == "unrestricted":
        return Policy(None)
    hosts = [str(host).lower() for host in networking.get("allowed_hosts") or ()]
    if networking.get("allow_package_managers"):
        hosts += package_hosts
    return Policy(tuple(hosts))


def normal(host: str) -> str:
    """A host's name as it is compared: lower case, without brackets and final dot."""
    return host.strip("[]").rstrip(".").lower()


def is_address(host: str) -> bool:
    """Whether this is an address in any spelling: `0x7f.1` and `2130706433` are ones to many resolvers."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        last = host.rpartition(".")[2]
        return last.isdigit() or last.startswith("0x")
    return True


def refusal_of_address(address: str) -> str | None:
    """Why a name that leads to this address may not be reached; None when the address is a public one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None) or found
    if found.is_global and mapped.is_global and not found.is_multicast:
        return None
    return f"it leads to {address}, and {_NOT_PUBLIC}"


def _covers(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return host == pattern
