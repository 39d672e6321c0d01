"""Removes what dead engines left in Podman, and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.hands.podman.specification import APP_LABEL, home_label
from workbench.settings import Settings

if TYPE_CHECKING:
    from workbench.hands.podman.containers import Containers, Found


def sweep(containers: Containers, settings: Settings, known: Collection[str] | None = None) -> None:
    """Remove our containers that do not run or whose session is not `known`, and those of workbenches whose data folder is gone."""
    for found in containers.labelled(APP_LABEL):
        if _is_left_over(found, settings, known):
            containers.remove(found.container_id)


def _is_left_over(found: Found, settings: Settings, known: Collection[str] | None) -> bool:
    name, own = home_label(settings).split("=", 1)
    home = found.labels.get(name)
    if home == own:
        return not found.running or (known is not None and found.labels.get("session") not in known)
    return home is not None and not Path(home).is_dir()
