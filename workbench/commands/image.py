"""examples:
workbench image                                builds it where it is not there; about a minute, once
"""

from __future__ import annotations

import argparse
import asyncio

from workbench import settings
from workbench.commands import surface
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman.connection import temporary_podman
from workbench.hands.podman.images import ensure_image


def arguments(parser: argparse.ArgumentParser) -> None:
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    place = settings.load()
    settings.make_private(place.data)
    try:
        reference = asyncio.run(_ensured(place))
    except SandboxUnavailable as trouble:
        raise surface.Wrong(str(trouble)) from None
    if options.json:
        surface.print_json({"image": reference})
    else:
        surface.out(f"the sandbox image is there: {reference}")
    return 0


async def _ensured(place: settings.Settings) -> str:
    async with temporary_podman(place) as podman:
        return await ensure_image(podman, surface.say)
