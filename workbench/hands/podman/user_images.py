"""Images of the user's own Podman, copied into the workbench's storage when a session names one."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.contracts.values import Progress
from workbench.hands.podman.command import Finished, podman, run
from workbench.hands.podman.faults import explain
from workbench.hands.podman.storage import of_the_user
from workbench.settings import Settings

COPY_LIMIT_S = 1200.0
_IDENTIFY = ("image", "inspect", "--format", "{{.Id}}")


async def copy_newest(settings: Settings, reference: str, archive: Path, progress: Progress) -> None:
    """Copy the user's image of this name where the workbench's storage lacks it or has an older one; none of that name is no error.

    Raises:
        SandboxUnavailable: it is there and cannot be copied.
    """
    theirs = await _in_own_podman(settings, *_IDENTIFY, reference)
    if theirs.code != 0 or theirs.output == (await podman(settings, *_IDENTIFY, reference)).output:
        return
    progress(f"Copying the image {reference} from your Podman …")
    try:
        saved = await _in_own_podman(settings, "save", "--format=oci-archive", f"--output={archive}", reference)
        if saved.code != 0:
            raise explain(f"Copying the image {reference}", saved.errors)
        loaded = await podman(settings, "load", "--quiet", f"--input={archive}", timeout_s=COPY_LIMIT_S)
        if loaded.code != 0:
            raise explain(f"Copying the image {reference}", loaded.errors)
    finally:
        archive.unlink(missing_ok=True)
    progress(f"The image {reference} is copied.")


async def _in_own_podman(settings: Settings, *arguments: str) -> Finished:
    """A call in the user's own storage, which is only read."""
    environment = of_the_user(os.environ)
    return await run(settings.podman, *arguments, environment=environment, timeout_s=COPY_LIMIT_S, folder=Path.home())
