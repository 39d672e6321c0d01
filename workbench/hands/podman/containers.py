"""Podman over its REST socket: containers made, found and removed; blocking, to be called in a thread.

Imported on first use only: podman-py and requests take 160 ms, and an engine without sandboxes needs neither.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podman import PodmanClient
from podman.errors import APIError, PodmanError

from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman.faults import explain

CALL_LIMIT_S = 30
REMOVE_TRIES = 3
"""The first forced removal of a container whose conmon was killed fails, and so does one on a full disk that frees space."""


@dataclass(frozen=True)
class Container:
    """A container that runs: what it is, its first process's number on the host, and what Podman warned of."""

    container_id: str
    image_id: str
    pid: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A container of the workbench, by its labels."""

    container_id: str
    running: bool
    labels: Mapping[str, str]


class Containers:
    """One Podman service. Each call has a client of its own: a client belongs to one thread."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    @contextlib.contextmanager
    def _api(self, what: str) -> Iterator[Any]:
        with PodmanClient(base_url=f"unix://{self._socket}", timeout=CALL_LIMIT_S) as client:
            try:
                yield client.api
            except (APIError, PodmanError) as error:
                raise explain(what, str(getattr(error, "explanation", None) or error)) from error

    def start(self, specification: Mapping[str, Any]) -> Container:
        """Create and start one container from a SpecGenerator object (podman-py's own `create` drops the warnings).

        Raises:
            SandboxUnavailable: Podman refuses; nothing is left behind.
        """
        headers = {"content-type": "application/json"}
        with self._api("Starting the sandbox") as api:
            made = api.post("/containers/create", data=json.dumps(specification), headers=headers)
            made.raise_for_status()
            container_id = str(made.json()["Id"])
            try:
                api.post(f"/containers/{container_id}/start").raise_for_status()
                seen = api.get(f"/containers/{container_id}/json")
                seen.raise_for_status()
            except APIError:
                self.remove(container_id)
                raise
            body = seen.json()
            warnings = tuple(str(warning) for warning in made.json().get("Warnings") or ())
            return Container(container_id, str(body["Image"]), int(body["State"]["Pid"]), warnings)

    def labelled(self, *labels: str) -> list[Found]:
        """All containers, running or not, that carry these `name=value` labels."""
        params = {"all": True, "filters": json.dumps({"label": list(labels)})}
        with self._api("Listing the sandboxes") as api:
            answer = api.get("/containers/json", params=params)
            answer.raise_for_status()
            return [Found(row["Id"], row["State"] == "running", row["Labels"] or {}) for row in answer.json()]

    def remove(self, name: str) -> None:
        """Remove a container whatever its state; none of that name is no error.

        Raises:
            SandboxUnavailable: it is still there after several tries.
        """
        params = {"force": True, "timeout": 0, "ignore": True}
        for tries_left in reversed(range(REMOVE_TRIES)):
            with self._api("Removing the sandbox") as api:
                answer = api.delete(f"/containers/{name}", params=params)
                if answer.status_code in {200, 204, 404} and api.get(f"/containers/{name}/exists").status_code == 404:
                    return
                if not tries_left:
                    raise SandboxUnavailable(
                        f"The container {name} cannot be removed; run `workbench podman rm -f -t0 {name}` to see why."
                    )
