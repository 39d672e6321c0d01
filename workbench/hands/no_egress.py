"""No way out at all: what a sandbox has where nobody gives it one."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from workbench.contracts.values import Session


class Sealed:
    """Outlets that lead nowhere: connections are refused."""

    async def variables(self, session: Session) -> Mapping[str, str]:
        return {}

    async def open(self, session_id: str, listener: socket.socket) -> None:
        # Shut for all who share it, so that nobody waits in its queue.
        listener.shutdown(socket.SHUT_RDWR)

    async def close(self, session_id: str) -> None:
        return
