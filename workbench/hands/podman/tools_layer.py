"""The tools that most projects call, as a layer on the base image: built behind the first work, so that no call waits for it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import sandboxes
from workbench.contracts.values import Progress
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import stored_images
from workbench.hands.podman.connection import Podman
from workbench.hands.podman.images import alone
from workbench.hands.podman.layers import NODE, build_layer, script_build
from workbench.settings import make_private

_FOLDER = Path(sandboxes.__file__).parent / "base"
SCRIPT = _FOLDER / "tools.sh"
PACKAGES = _FOLDER / "tools.txt"


async def ensure_tools(podman: Podman, base: str, progress: Progress, steps: Progress = lambda _: None) -> str:
    """The reference of the base image with the tools, built where it is not there; `steps` hears each step of it.

    Raises:
        SandboxUnavailable: it cannot be built; the text says at which step, and has the last words of it.
    """
    reference = tools_reference(base)
    if await podman.ask(stored_images.has_image, reference):
        return reference
    async with alone(make_private(podman.settings.images) / f"{reference.rpartition(':')[2]}.lock", progress):
        if not await podman.ask(stored_images.has_image, reference):
            progress("Adding make, compilers, Node, uv and other tools to the sandbox image (once, about a minute).")
            order = script_build(reference, base, SCRIPT, {PACKAGES.name: PACKAGES.read_bytes()})
            if failed := await build_layer(podman, order, "Adding the tools", steps):
                raise SandboxUnavailable(
                    f"The tools cannot be added to the sandbox image, which works without them: {': '.join(failed)}"
                )
            progress("New sandboxes have make, compilers, Node, uv and other tools now.")
    return reference


def tools_reference(base: str) -> str:
    """The name of the image with the tools, which another base, list or way of installing would change."""
    recipe = "\n".join((base, *(file.read_text() for file in (SCRIPT, PACKAGES, NODE))))
    return f"localhost/workbench-tools:{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
