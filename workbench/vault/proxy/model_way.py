"""The model as a sandbox asks it: the engine's route to the configured endpoint, for the requests that models are asked with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

import h11

from workbench.contracts.acp_agents import MODEL_HOST
from workbench.vault.proxy.exchange import Upstream
from workbench.vault.proxy.heads import header, refuse_ambiguous, split_path
from workbench.vault.proxy.wire import Refused, Wire

_ASKED: Final = frozenset(
    {(b"POST", b"/v1/messages"), (b"POST", b"/v1/messages/count_tokens"), (b"GET", b"/v1/models")}
)
_PORT: Final = 80


class Carries(Protocol):
    """The engine's routes."""

    async def carry(
        self, name: str, client: Wire, request: h11.Request, beyond: dict[str, Upstream], session_id: str | None = None
    ) -> bool:
        """Carry one request and its answer; whether the connection may carry another."""


@dataclass
class ModelWay:
    """One connection of one session's sandbox to the route of this name."""

    routes: Carries
    name: str
    session_id: str
    beyond: dict[str, Upstream] = field(default_factory=dict)

    async def carried(self, client: Wire, request: h11.Request) -> bool:
        """Carry one request; what is asked of the endpoint besides its models is refused: the key could do more.

        Raises:
            Refused: it could not be sent, or not be answered.
        """
        refuse_ambiguous(request)
        target = bytes(request.target)
        if not target.startswith(b"/"):
            target = split_path(target.partition(b"://")[2])[1]
        method, path = bytes(request.method), target.partition(b"?")[0]
        if (method, path) not in _ASKED and not (method == b"GET" and path.startswith(b"/v1/models/")):
            raise Refused(403, "not_for_models")
        headers = [(name, value) for name, value in request.headers if name != b"proxy-authorization"]
        if header(headers, b"host") is None:
            raise Refused(400, "bad_request")
        inner = h11.Request(method=method, target=target, headers=headers, http_version=request.http_version)
        return await self.routes.carry(self.name, client, inner, self.beyond, self.session_id)

    def drop(self) -> None:
        """Close what is kept of connections beyond."""
        for upstream in self.beyond.values():
            upstream.drop()


def is_model(host: str, port: int) -> bool:
    """Whether a sandbox means the model by this place."""
    return host == MODEL_HOST and port == _PORT
