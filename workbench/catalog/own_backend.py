"""The backend that an environment chooses for its sandboxes in its metadata, checked when a session begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workbench.catalog.errors import Refused
from workbench.settings import DEFAULT_BACKEND

BACKEND_KEY = "workbench.backend"

BackendRefusal = Callable[[str], str | None]
"""Why no environment may choose the backend of this name; None where it may."""


def only_default(name: str) -> str | None:
    """Refuses every backend but the usual one."""
    return None if name == DEFAULT_BACKEND else f"{name!r} is not allowed here; only {DEFAULT_BACKEND} is"


def chosen_backend(metadata: Mapping[str, str], refusal: BackendRefusal) -> str:
    """The backend's name; the usual one where none is named.

    Raises:
        Refused: it does not exist, or the settings of this installation do not allow it.
    """
    name = metadata.get(BACKEND_KEY, DEFAULT_BACKEND)
    if (words := refusal(name)) is not None:
        raise Refused(f"the environment's metadata.{BACKEND_KEY}: {words}")
    return name
