"""The writable folders beside /workspace that an environment names in its metadata, checked when a session begins."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Final

from workbench.catalog.errors import Refused

FOLDERS_KEY: Final = "workbench.folders"
MOST: Final = 16
_PATH: Final = re.compile(r"(/[A-Za-z0-9._@+-]{1,100}){1,10}")
_OURS: Final = ("/workspace", "/mnt", "/tmp", "/run", "/opt/runner")
_SYSTEM: Final = (
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/proc",
    "/sbin",
    "/sys",
    "/usr",
)
_WHOLE: Final = ("/home", "/opt", "/var")
"""What has too much in it to be one writable folder; folders in it may be."""


def named_folders(metadata: Mapping[str, str]) -> list[str]:
    """Their paths, in order; none where none are named.

    Raises:
        Refused: one is no such path, is part of the system or of the sandbox, or lies in another one.
    """
    found = list(dict.fromkeys(one.strip() for one in metadata.get(FOLDERS_KEY, "").split(",") if one.strip()))
    if len(found) > MOST:
        raise Refused(f"{_place()}: at most {MOST} folders, these are {len(found)}")
    for one in found:
        if not _PATH.fullmatch(one) or posixpath.normpath(one) != one:
            raise Refused(f"{_place()}: {one[:100]!r} must be an absolute path of plain letters, as /app")
        if one in _WHOLE or any(one == top or one.startswith(f"{top}/") for top in (*_OURS, *_SYSTEM)):
            raise Refused(
                f"{_place()}: {one} belongs to the sandbox or its system; name another one, as /app or /srv/shop"
            )
        if around := next((other for other in found if one.startswith(f"{other}/")), None):
            raise Refused(f"{_place()}: {one} lies in {around}, which is writable already; remove one of them")
    return found


def _place() -> str:
    return f"the environment's metadata.{FOLDERS_KEY}"
