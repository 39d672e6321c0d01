"""Podman's containers over its REST API: made, found, removed, or run once for their output."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from workbench.contracts.values import Json
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman.client import Client

JSON_BODY = {"content-type": "application/json"}
REMOVE_TRIES = 3
"""The first forced removal of a container whose conmon was killed fails, and so does one on a full disk that frees space."""
_FRAME_BYTES = 8


@dataclass(frozen=True)
class Container:
    """A container that runs: what it is, the numbers on the host of its first process and of its monitor, and what Podman warned of."""

    container_id: str
    image_id: str
    pid: int
    warnings: tuple[str, ...]
    monitor: int = 0


@dataclass(frozen=True)
class Found:
    """A container of the workbench, by its labels."""

    container_id: str
    running: bool
    labels: Mapping[str, str]
    name: str


def start(client: Client, specification: Json) -> Container:
    """Create and start one container from a SpecGenerator object (podman-py's own `create` drops the warnings).

    Raises:
        SandboxUnavailable: Podman refuses; nothing is left behind.
    """
    with client.api("Starting the sandbox") as api:
        made = _made(api, specification)
        container_id = str(made["Id"])
        try:
            api.post(f"/containers/{container_id}/start").raise_for_status()
            seen = api.get(f"/containers/{container_id}/json")
            seen.raise_for_status()
        except OSError:
            remove(client, container_id)
            raise
        body = seen.json()
        warnings = tuple(str(warning) for warning in made.get("Warnings") or ())
        state = body["State"]
        return Container(container_id, str(body["Image"]), int(state["Pid"]), warnings, int(state["ConmonPid"]))


def rename(client: Client, container: Container, name: str, image: str) -> None:
    """Give a container another name, if what it is made of is what this image is now.

    Raises:
        SandboxUnavailable: it is not, or another container has the name, or the container is gone.
    """
    with client.api("Taking the spare sandbox") as api:
        found = api.get("/images/" + quote(image, safe="/:@") + "/json")
        found.raise_for_status()
        if found.json()["Id"] != container.image_id:
            raise SandboxUnavailable(f"The spare sandbox is of an earlier image {image}.")
        api.post(f"/containers/{container.container_id}/rename", params={"name": name}).raise_for_status()


def run(client: Client, specification: Json) -> tuple[int, str]:
    """Run a container to its end and remove it: its exit code, and what it wrote to its output.

    Raises:
        SandboxUnavailable: Podman refuses, or the container does not end in the client's time.
    """
    with client.api("Running a container") as api:
        container_id = str(_made(api, specification)["Id"])
        try:
            api.post(f"/containers/{container_id}/start").raise_for_status()
            ended = api.post(f"/containers/{container_id}/wait")
            ended.raise_for_status()
            logs = api.get(f"/containers/{container_id}/logs", params={"stdout": True, "stderr": False})
            logs.raise_for_status()
            return int(ended.text), _unframed(logs.content).decode(errors="replace")
        finally:
            remove(client, container_id)


def labelled(client: Client, *labels: str) -> list[Found]:
    """All containers, running or not, that carry these `name=value` labels."""
    params = {"all": True, "filters": json.dumps({"label": list(labels)})}
    with client.api("Listing the sandboxes") as api:
        answer = api.get("/containers/json", params=params)
        answer.raise_for_status()
        return [
            Found(row["Id"], row["State"] == "running", row["Labels"] or {}, row["Names"][0]) for row in answer.json()
        ]


def remove(client: Client, name: str) -> None:
    """Remove a container whatever its state; none of that name is no error.

    Raises:
        SandboxUnavailable: it is still there after several tries.
    """
    params = {"force": True, "timeout": 0, "ignore": True}
    for tries_left in reversed(range(REMOVE_TRIES)):
        with client.api("Removing the sandbox") as api:
            answer = api.delete(f"/containers/{name}", params=params)
            if answer.status_code in {200, 204, 404} and api.get(f"/containers/{name}/exists").status_code == 404:
                return
            if not tries_left:
                raise SandboxUnavailable(
                    f"The container {name} cannot be removed; run `workbench podman rm -f -t0 {name}` to see why."
                )


def _made(api: Any, specification: Json) -> Json:
    made = api.post("/containers/create", data=json.dumps(specification), headers=JSON_BODY)
    made.raise_for_status()
    body: Json = made.json()
    return body


def _unframed(log: bytes) -> bytes:
    """The log without the frame before each piece: which output it is of, and its length."""
    pieces = []
    while len(log) >= _FRAME_BYTES:
        end = _FRAME_BYTES + int.from_bytes(log[4:_FRAME_BYTES], "big")
        pieces.append(log[_FRAME_BYTES:end])
        log = log[end:]
    return b"".join(pieces)
