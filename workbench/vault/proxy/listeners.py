"""Listeners that a sandbox has handed over."""

from __future__ import annotations

import socket

from workbench.contracts.vault import VaultRefused


def taken_over(listener: socket.socket) -> socket.socket:
    """A descriptor of our own for a listener that a sandbox has handed over.

    Raises:
        VaultRefused: it is none: a connection, a socket of another kind, or one that does not listen.
    """
    # Asks the kernel for the protocol: asyncio sets TCP_NODELAY by it, and without that an answer in two parts takes 44 ms.
    own = socket.socket(fileno=socket.dup(listener.fileno()))
    kind = (own.family, own.type)
    if kind == (socket.AF_INET, socket.SOCK_STREAM) and own.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return own
    own.close()
    raise VaultRefused("what the sandbox handed over is no listener")
