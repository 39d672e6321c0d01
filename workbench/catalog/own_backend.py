"""The backend that an environment chooses for its sandboxes in its metadata, checked when a session begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workbench.catalog.errors import Refused
from workbench.settings import DEFAULT_BACKEND

BACKEND_KEY = "workbench.backend"
MACHINE_KEY = "workbench.machine"
"""Names a machine of the user's, reached by ssh; no backend need be named then."""
_OF_MACHINES = "ssh"

BackendRefusal = Callable[[str], str | None]
"""Why no environment may choose the backend of this name; None where it may."""


def only_default(name: str) -> str | None:
    """Refuses every backend but the usual one."""
    return None if name == DEFAULT_BACKEND else f"{name!r} is not allowed here; only {DEFAULT_BACKEND} is"


def chosen_machine(metadata: Mapping[str, str]) -> str:
    """The machine's name; "" where none is named. Whether there is one, its sandbox's start says."""
    return metadata.get(MACHINE_KEY, "")


def chosen_backend(metadata: Mapping[str, str], refusal: BackendRefusal) -> str:
    """The backend's name; the usual one where none is named.

    Raises:
        Refused: it does not exist, or the settings of this installation do not allow it.
    """
    machine = chosen_machine(metadata)
    name = metadata.get(BACKEND_KEY, _OF_MACHINES if machine else DEFAULT_BACKEND)
    if bool(machine) != (name == _OF_MACHINES):
        raise Refused(
            f"the environment's metadata.{MACHINE_KEY}: goes with the backend {_OF_MACHINES!r}, and that backend with a machine"
        )
    if (words := refusal(name)) is not None:
        raise Refused(f"the environment's metadata.{BACKEND_KEY}: {words}")
    return name
