"""Removes what dead engines left in Podman, and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from workbench.hands.podman import containers
from workbench.hands.podman.client import Client
from workbench.hands.podman.containers import Found
from workbench.hands.podman.specification import APP_LABEL, SPARE_PREFIX, container_name, home_label
from workbench.settings import Settings


def sweep(client: Client, settings: Settings, known: Collection[str] | None = None) -> None:
    """Remove our containers that do not run, that no session has or whose session is not `known`, and those of workbenches whose
    data folder is gone.
    """
    names = None if known is None else {container_name(settings, session_id) for session_id in known}
    for found in containers.labelled(client, APP_LABEL):
        if _is_left_over(found, settings, names):
            containers.remove(client, found.container_id)


def _is_left_over(found: Found, settings: Settings, known: Collection[str] | None) -> bool:
    name, own = home_label(settings).split("=", 1)
    home = found.labels.get(name)
    if home == own:
        # A session's container may have been a spare: its name tells, its labels stay those of a spare.
        is_spare = found.name.startswith(SPARE_PREFIX)
        return not found.running or is_spare or (known is not None and found.name not in known)
    return home is not None and not Path(home).is_dir()
