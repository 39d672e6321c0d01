"""Repositories as resources of a session: what may be asked for, and where they come to lie."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from workbench.catalog.base_models import Body
from workbench.contracts.values import Json

REPOSITORY = "github_repository"
KEPT = "workbench_kept"
"""Where a request says under which id the vault has a repository's token: the engine puts it in, and no client."""
WORKSPACE = PurePosixPath("/workspace")

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_SHA = r"^[0-9a-f]{7,64}$"
_BRANCH = r"^[^\s~^:?*\[\\\x00-\x1f-][^\s~^:?*\[\\\x00-\x1f]{0,254}$"


def _url(url: str) -> str:
    parts = urlsplit(url)
    path = PurePosixPath(parts.path)
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme != "https" or not parts.hostname or not plain or len(path.parts) < 2:
        raise ValueError("must be a URL such as https://github.com/owner/repository")
    if ".." in path.parts or not _NAME.fullmatch(path.name):
        raise ValueError(f"{path.name!r} is no name of a repository")
    return url.rstrip("/")


def _mount_path(path: str | None) -> str | None:
    if path is None:
        return None
    place = PurePosixPath(path)
    if not place.is_relative_to(WORKSPACE) or place == WORKSPACE or ".." in place.parts or "\0" in path:
        raise ValueError("must lie below /workspace")
    return str(place)


class Branch(Body):
    type: Literal["branch"]
    name: Annotated[str, Field(pattern=_BRANCH)]


class Commit(Body):
    type: Literal["commit"]
    sha: Annotated[str, Field(pattern=_SHA)]


class Kept(Body):
    """What the engine has put in the place of a token: the resource's id, and the shape of a placeholder for it."""

    id: str
    prefix: str | None = None
    length: int | None = None


class RepositoryResource(Body):
    type: Literal["github_repository"]
    url: Annotated[str, AfterValidator(_url)]
    checkout: Annotated[Branch | Commit, Field(discriminator="type")] | None = None
    mount_path: Annotated[str | None, AfterValidator(_mount_path)] = None
    workbench_kept: Kept


def settled(resource: RepositoryResource, moment: str) -> Json:
    """In wire shape, with what only the workbench knows under `workbench`."""
    kept = resource.workbench_kept
    name = PurePosixPath(urlsplit(resource.url).path).name.removesuffix(".git")
    return {
        "id": kept.id,
        "type": REPOSITORY,
        "url": resource.url,
        "checkout": resource.checkout.model_dump() if resource.checkout else None,
        "mount_path": resource.mount_path or str(WORKSPACE / name),
        "created_at": moment,
        "updated_at": moment,
        "workbench": {"prefix": kept.prefix, "length": kept.length} if kept.prefix is not None else None,
    }


def shown(resource: Json) -> Json:
    """The public object."""
    return {key: value for key, value in resource.items() if key != "workbench"}
