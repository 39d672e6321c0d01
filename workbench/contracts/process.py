"""Process promises: what the engine's process can do besides its sessions, its port, and its vault."""

from __future__ import annotations

from typing import Protocol

from workbench.contracts.values import Json


class VaultService(Protocol):
    """Where secrets are kept, and what they are tried on."""

    async def standing(self) -> Json:
        """Kind, backend, state, words for a person, and the credentials whose secret is missing or too short."""

    async def use_key(self, deposit_id: str | None) -> Json:
        """Keep a deposited key as the model's, or take it away; gives the endpoint that is used now.

        Raises:
            VaultRefused: there is no such deposit, or it cannot be kept.
        """

    async def validated(self, vault_id: str, credential_id: str) -> Json:
        """Try an OAuth credential on its MCP server; gives a vault_credential_validation."""


class Process(Protocol):
    """The engine's process, without what it listens on."""

    @property
    def vault(self) -> VaultService: ...

    async def status(self) -> Json:
        """Pid, age, folders, model and endpoint, sessions by status, notices."""

    async def sandboxes(self) -> list[Json]:
        """The running sandboxes with what each takes."""

    def limits(self) -> Json:
        """What one sandbox and this installation may take."""

    async def log_tail(self, after: int | None) -> Json:
        """Whole lines of the engine's log file behind a position, or the last ones."""

    def stop(self, *, ends_sandboxes: bool) -> None:
        """End the engine, and its sandboxes where that is asked for."""


class Serving(Protocol):
    """The port of 127.0.0.1 on which the engine listens on request."""

    @property
    def port(self) -> int | None: ...

    async def open(self, port: int | None) -> Json:
        """Listen; gives port, token and base URL."""

    async def forget(self) -> None:
        """Stop listening for good: the token is void."""


class Receiving(Protocol):
    """Where webhooks come in: a Unix socket always, and a port of 127.0.0.1 on request."""

    def places(self) -> Json:
        """`socket` and `port`; null where it does not listen."""

    async def open(self, port: int) -> Json:
        """Listen on this port, 0 for a free one; gives the places.

        Raises:
            Refused: 409 when the port is taken.
        """

    async def forget(self) -> None:
        """Listen on no port any more."""
