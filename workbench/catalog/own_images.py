"""The image of its own that an environment names in its metadata, checked when a session begins."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from workbench.catalog.errors import Refused

IMAGE_KEY = "workbench.image"
CONTAINERFILE_KEY = "workbench.containerfile"

_HOST = r"(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9-]+(\.[a-z0-9-]+)*:[0-9]+)(:[0-9]+)?"
_PATH = r"(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"
_REFERENCE = re.compile(rf"(?!-){_HOST}{_PATH}(:\w[\w.-]{{0,127}}|@sha256:[0-9a-f]{{64}})?", re.ASCII)


def named_image(metadata: Mapping[str, str]) -> str | None:
    """The image reference; None when none is named.

    Raises:
        Refused: it does not say its registry, or a Containerfile is named as well.
    """
    reference = metadata.get(IMAGE_KEY)
    if reference is None:
        return None
    if CONTAINERFILE_KEY in metadata:
        raise Refused(f"the environment's metadata names {IMAGE_KEY} and {CONTAINERFILE_KEY}; remove one of them")
    if not _REFERENCE.fullmatch(reference):
        raise Refused(
            f"the environment's metadata.{IMAGE_KEY}: {reference!r} must be a whole image reference, with its registry and a tag or digest, "
            "as localhost/mine:1 or registry.example/team/mine@sha256:…; correct the environment"
        )
    return reference


def named_containerfile(metadata: Mapping[str, str]) -> str | None:
    """The resolved path of the Containerfile; None when none is named.

    Raises:
        Refused: it is not an absolute path of a file that this user can read.
    """
    named = metadata.get(CONTAINERFILE_KEY)
    if named is None:
        return None
    file = Path(named)
    if "\0" in named or not file.is_absolute() or not file.is_file() or not os.access(file, os.R_OK):
        raise Refused(
            f"the environment's metadata.{CONTAINERFILE_KEY}: {named!r} must be the absolute path of a Containerfile that "
            "you can read; correct the environment, or put the file there"
        )
    return str(file.resolve())
