"""examples:
workbench push                                 shows what differs at the other service, and asks
workbench push agents reviewer --to work       one agent, with the skills that it names
workbench push skills environments -y
workbench push --dry-run
"""

from __future__ import annotations

import argparse

from workbench.commands import surface
from workbench.commands.hosted import named
from workbench.commands.transfer import carrying


def arguments(parser: argparse.ArgumentParser) -> None:
    carrying.arguments(parser, "--to")


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    name = named(engine, options.service)
    return carrying.carry(options, engine, engine.through(name), name)
