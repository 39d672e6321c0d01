"""Podman's images over its REST API: found, named, imported, copied, pulled and built."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workbench.hands.podman.client import Client

TAR_BODY = {"content-type": "application/x-tar"}
CHUNK_BYTES = 1 << 20
CONTAINERFILE = "Containerfile"
LONGEST_LINE = 10_000

Tell = Callable[[str], None]
"""Takes each line that Podman says while it works, in the thread of the call."""


@dataclass(frozen=True)
class Build:
    """What an image is built of: a Containerfile, the files that it may mount or copy, and what its steps get.

    `pull` is Podman's policy for the bases (`missing`, `never`). With `proxies` the steps have those of the service's
    environment; the image has them in no case.
    """

    reference: str
    containerfile: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    pull: str = "never"
    proxies: bool = False


def has_image(client: Client, reference: str) -> bool:
    """Whether Podman has this image."""
    with client.api("Looking for an image") as api:
        answer = api.get(f"/images/{_path(reference)}/exists")
        if answer.status_code == 404:
            return False
        answer.raise_for_status()
        return True


def image_id(client: Client, reference: str) -> str | None:
    """The id of the image that has this name now; None where Podman has none."""
    with client.api("Looking at an image") as api:
        answer = api.get(f"/images/{_path(reference)}/json")
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return str(answer.json()["Id"])


def tag(client: Client, reference: str, name: str) -> None:
    """Give an image one more name, `REPOSITORY[:TAG]`."""
    repository, _, its_tag = name.partition(":")
    params = {"repo": repository, "tag": its_tag or "latest"}
    with client.api(f"Naming the image {reference}") as api:
        api.post(f"/images/{_path(reference)}/tag", params=params).raise_for_status()


def import_archive(client: Client, archive: Path, reference: str, label: str) -> None:
    """Make an image of a tar archive of a whole file system."""
    params = {"reference": reference, "changes": [f"LABEL {label}"]}
    with client.api("Importing the sandbox image") as api, archive.open("rb") as data:
        api.post("/images/import", params=params, data=data, headers=TAR_BODY).raise_for_status()


def save(client: Client, reference: str, archive: Path) -> None:
    """Write an image with its name into an archive."""
    with client.api(f"Copying the image {reference}") as api:
        answer = api.get(f"/images/{_path(reference)}/get", params={"format": "oci-archive"}, stream=True)
        answer.raise_for_status()
        with archive.open("wb") as file:
            for chunk in answer.iter_content(CHUNK_BYTES):
                file.write(chunk)


def load(client: Client, archive: Path, reference: str) -> None:
    """Take over the image of an archive that `save` has written."""
    with client.api(f"Copying the image {reference}") as api, archive.open("rb") as data:
        api.post("/images/load", data=data, headers=TAR_BODY).raise_for_status()


def pull(client: Client, reference: str, tell: Tell) -> str:
    """Pull an image from its registry: Podman's error, or "" when it is there."""
    with client.api(f"Pulling the image {reference}") as api:
        answer = api.post("/images/pull", params={"reference": reference, "policy": "always"}, stream=True)
        return _followed(answer, tell)


def build(client: Client, order: Build, tell: Tell) -> str:
    """Build an image in one layer, its steps on the host's network: Podman's error, or "" when it is there."""
    params = {
        "t": order.reference,
        "dockerfile": CONTAINERFILE,
        # The Containerfile lies in the context, for Podman alone.
        "excludes": json.dumps([CONTAINERFILE]),
        "isolation": "chroot",
        "nsoptions": json.dumps([{"Name": "network", "Host": True, "Path": ""}]),
        "pullpolicy": order.pull,
        "httpproxy": order.proxies,
        "layers": False,
        "rm": True,
        "forcerm": True,
    }
    context = _archive({CONTAINERFILE: order.containerfile.encode(), **order.files})
    with client.api(f"Building the image {order.reference}") as api:
        answer = api.post("/build", params=params, data=context, headers=TAR_BODY, stream=True)
        error = _followed(answer, tell)
    if not error and not has_image(client, order.reference):
        return "the build ended without an image and without a word"
    return error


def _followed(answer: Any, tell: Tell) -> str:
    if answer.status_code >= 400:
        return _error(answer.json())
    error = ""
    for line in _lines(json.loads(raw) for raw in answer.iter_lines() if raw):
        if isinstance(line, str):
            tell(line)
        else:
            error = _error(line)
    return error


def _lines(reports: Iterator[dict[str, Any]]) -> Iterator[str | dict[str, Any]]:
    """The lines of the pieces in which they come, and each error as it is."""
    begun = ""
    for report in reports:
        *whole, begun = re.split(r"[\r\n]+", begun + str(report.get("stream") or ""))
        if len(begun) > LONGEST_LINE:
            whole, begun = [*whole, begun], ""
        yield from whole
        if report.get("error"):
            yield report
    yield from [begun] if begun else []


def _error(report: Mapping[str, Any]) -> str:
    return str(report.get("error") or report.get("message") or "it said nothing").strip()


def _path(reference: str) -> str:
    return quote(reference, safe="/:@")


def _archive(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    return written.getvalue()
