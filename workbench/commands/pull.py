"""examples:
workbench pull                                 shows what differs here, and asks
workbench pull agents reviewer --from work     one agent, with the skills that it names
workbench pull memory -y
"""

from __future__ import annotations

import argparse

from workbench.commands import surface
from workbench.commands.hosted import named
from workbench.commands.transfer import carrying


def arguments(parser: argparse.ArgumentParser) -> None:
    carrying.arguments(parser, "--from")


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    return carrying.carry(options, engine.through(named(engine, options.service)), engine, "this machine")
