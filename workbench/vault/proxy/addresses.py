"""From a name to a connection: resolved once, every address checked, and only a checked address dialed."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from workbench.vault.proxy.encryption import connected
from workbench.vault.proxy.resolving import LookedUpOnce, Resolve
from workbench.vault.proxy.wire import Sink, Source

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Streams = tuple[Source, Sink]

CONNECT_LIMIT_S = 20.0
BUFFER_BYTES = 1 << 18

_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"),
        # Metadata services that live on addresses which count as public.
        *("168.63.129.16/32", "100.100.100.200/32"),
        *(
            "::/96",
            "::1/128",
            "64:ff9b:1::/48",
            "100::/64",
            "2001::/32",
            "fc00::/7",
            "fe80::/10",
            "fec0::/10",
            "ff00::/8",
        ),
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


class Connect(Protocol):
    """Opens a connection to an address; with a context, TLS for `name`."""

    async def __call__(self, address: str, port: int, context: ssl.SSLContext | None, name: str | None) -> Streams: ...


class PrivateAddress(Exception):
    """A name leads to this machine, to a private network or to a service of the cloud around it."""


async def resolve_by_system(host: str, port: int) -> list[str]:
    """The addresses that this machine's resolver gives."""
    try:
        entries = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"not a host's name: {error}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


async def connect_by_system(address: str, port: int, context: ssl.SSLContext | None, name: str | None) -> Streams:
    """A TCP connection to exactly this address."""
    if context is None:
        return await asyncio.open_connection(address, port, limit=BUFFER_BYTES)
    encrypted = await connected(address, port, context, name, CONNECT_LIMIT_S)
    return encrypted, encrypted


def is_public(address: str, own: Iterable[str] = ()) -> bool:
    """Whether an address is one of the public internet, in every address that is wrapped up in it, and none of `own`."""
    if "%" in address:
        return False
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return all(_is_public(one) and str(one) not in own for one in (found, *_inside(found)))


def _is_public(address: Address) -> bool:
    if any(address in network for network in _REFUSED if network.version == address.version):
        return False
    # 6to4 and NAT64 count by the address inside.
    is_wrapped = address.version == 6 and (address.sixtofour is not None or address in _NAT64)
    return is_wrapped or (address.is_global and not address.is_multicast and not address.is_reserved)


def _inside(address: Address) -> list[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    inside: list[Address] = [found for found in (address.ipv4_mapped, address.sixtofour) if found is not None]
    if address.teredo is not None:
        inside += address.teredo
    if address in _NAT64 or address in _COMPATIBLE:
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return inside


def own_addresses(root: Path = Path("/proc/net")) -> frozenset[str]:
    """The addresses of this machine's interfaces, as far as the kernel lists them here."""
    found: set[str] = set()
    with contextlib.suppress(OSError):
        text = (root / "fib_trie").read_text()
        found.update(re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", text))
    with contextlib.suppress(OSError):
        for line in (root / "if_inet6").read_text().splitlines():
            found.add(str(ipaddress.IPv6Address(int(line.split()[0], 16))))
    return frozenset(found)


@dataclass(frozen=True)
class Dialer:
    """Resolves, checks and connects; the two ways to the outside are its seams, and so tests need no internet."""

    resolve: Resolve = field(default_factory=lambda: LookedUpOnce(resolve_by_system))
    connect: Connect = connect_by_system
    own: Callable[[], frozenset[str]] = own_addresses

    async def addresses(self, host: str, port: int, *, private_ok: bool) -> tuple[str, ...]:
        """The addresses of a name, all of them good: a rebinding name has a good one and a bad one.

        Raises:
            PrivateAddress: one of them is not public, and that is not `private_ok`.
            OSError: there are none.
        """
        async with asyncio.timeout(CONNECT_LIMIT_S):
            addresses = tuple(await self.resolve(host, port))
        if not addresses:
            raise OSError("no address")
        if not private_ok:
            own = self.own()
            if not all(is_public(address, own) for address in addresses):
                raise PrivateAddress(host)
        return addresses

    async def dial(
        self, addresses: Sequence[str], port: int, context: ssl.SSLContext | None = None, name: str | None = None
    ) -> Streams:
        """The first of these addresses that answers.

        Raises:
            OSError: none does, or (ssl.SSLError) its certificate is not one for `name`.
        """
        failure: OSError = OSError("no address")
        for address in addresses:
            try:
                async with asyncio.timeout(CONNECT_LIMIT_S):
                    return await self.connect(address, port, context, name)
            except ssl.SSLError:
                raise
            except OSError as error:
                failure = error
        raise failure
