"""Images of the user's own Podman, copied into the workbench's storage when a session names one."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.contracts.values import Progress
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import stored_images
from workbench.hands.podman.connection import Podman, temporary_podman
from workbench.hands.podman.storage import of_the_user

COPY_LIMIT_S = 1200.0


async def copy_newest(podman: Podman, reference: str, archive: Path, progress: Progress) -> None:
    """Copy the user's image of this name where the workbench's storage lacks it or has an older one; none of that name is no error.

    Raises:
        SandboxUnavailable: it is there and cannot be copied.
    """
    async with temporary_podman(podman.settings, of_the_user(os.environ)) as users:
        theirs = await _id_of_theirs(users, reference)
        if theirs is None or theirs == await podman.ask(stored_images.image_id, reference):
            return
        progress(f"Copying the image {reference} from your Podman …")
        try:
            await users.within(COPY_LIMIT_S, stored_images.save, reference, archive)
            await podman.within(COPY_LIMIT_S, stored_images.load, archive, reference)
        finally:
            archive.unlink(missing_ok=True)
    progress(f"The image {reference} is copied.")


async def _id_of_theirs(users: Podman, reference: str) -> str | None:
    try:
        return await users.ask(stored_images.image_id, reference)
    except SandboxUnavailable:
        # A Podman that does not work has no image for us.
        return None
