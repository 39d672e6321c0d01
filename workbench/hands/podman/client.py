"""A client of Podman's REST API, made with podman-py: one call in one thread, and its failures in words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman.faults import explain

CALL_LIMIT_S = 30.0


class ServiceGone(SandboxUnavailable):
    """The service ended in the middle of a call, or did not answer in time."""


@dataclass(frozen=True)
class Client:
    """The socket of a Podman service, and how long it may be silent; blocking, for the thread that makes the call."""

    socket: Path
    limit_s: float = CALL_LIMIT_S

    @contextlib.contextmanager
    def api(self, what: str) -> Iterator[Any]:
        """podman-py's requests (`get`, `post`, `delete`) for doing `what`.

        Raises:
            ServiceGone: nobody answered.
            SandboxUnavailable: Podman refuses; the text says what failed and why.
        """
        # podman-py takes 160 ms to import: not before Podman is wanted, and not in the event loop.
        from podman import PodmanClient
        from podman.errors import PodmanError

        with PodmanClient(base_url=f"unix://{self.socket}", timeout=self.limit_s) as client:
            try:
                yield client.api
            except (PodmanError, OSError) as error:
                # An error of HTTP knows the answer that it came with; one without an answer is a lost connection.
                if getattr(error, "response", error) is None:
                    raise ServiceGone(
                        f"{what} failed: the Podman service did not answer ({error.__cause__ or error}); try again."
                    ) from error
                raise explain(what, str(getattr(error, "explanation", None) or error)) from error
