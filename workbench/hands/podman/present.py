"""Sandbox images that are there already, seen before a Podman service runs."""

from __future__ import annotations

from workbench.hands.podman import command
from workbench.hands.podman.images import base_recipe
from workbench.hands.podman.tools_layer import tools_reference
from workbench.settings import Settings


def present_image(settings: Settings, *, with_tools: bool) -> str | None:
    """The reference of the base image, or of it with the tools; None where it is not seen: it may still be there.

    With the tools, the base below them has to be there too.
    """
    base = base_recipe().reference
    wanted = [base, tools_reference(base)] if with_tools else [base]
    return wanted[-1] if command.has_images(settings, *wanted) else None
