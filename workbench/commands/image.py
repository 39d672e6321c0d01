"""examples:
workbench image                                builds it where it is not there; about a minute, once
workbench image --tools                        and adds make, compilers, Node and uv now, which otherwise happens behind the first work
"""

from __future__ import annotations

import argparse
import asyncio

from workbench import settings
from workbench.commands import surface
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman.connection import temporary_podman
from workbench.hands.podman.images import ensure_image
from workbench.hands.podman.present import present_image
from workbench.hands.podman.tools_layer import ensure_tools


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tools", action="store_true", help="also add the tools that most projects call")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    place = settings.load()
    settings.make_private(place.data)
    try:
        reference = present_image(place, with_tools=options.tools) or asyncio.run(
            _ensured(place, with_tools=options.tools)
        )
    except SandboxUnavailable as trouble:
        raise surface.Wrong(str(trouble)) from None
    if options.json:
        surface.print_json({"image": reference})
    else:
        surface.out(f"the sandbox image is there: {reference}")
    return 0


async def _ensured(place: settings.Settings, *, with_tools: bool) -> str:
    async with temporary_podman(place) as podman:
        base = await ensure_image(podman, surface.say)
        return await ensure_tools(podman, base, surface.say, surface.say) if with_tools else base
