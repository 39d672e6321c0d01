"""HTTP over a Unix socket of this machine, as the vault's ways out are."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

import httpx2

_NO_ROOTS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nothing on such a way is encrypted; without this each transport reads all roots of the system, 60 ms of processor time."""
_USUAL: Final = httpx2.Limits(max_connections=100, max_keepalive_connections=20)


def transport(socket: Path, limits: httpx2.Limits = _USUAL) -> httpx2.AsyncHTTPTransport:
    """A transport that takes every request to this socket, whatever host it names."""
    return httpx2.AsyncHTTPTransport(uds=str(socket), limits=limits, verify=_NO_ROOTS)
