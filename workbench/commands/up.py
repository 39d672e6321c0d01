"""examples:
workbench up                                   any other word starts it too, where it is needed
"""

from __future__ import annotations

import argparse

from workbench import settings
from workbench.client import paths
from workbench.commands import endpoint, surface


def arguments(parser: argparse.ArgumentParser) -> None:
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    """0 when the engine runs whole; 1 when nothing can leave it, because no vault starts."""
    status = surface.client().get(paths.STATUS)
    if options.json:
        surface.print_json(status)
    else:
        surface.out(f"the engine runs (pid {status['pid']}), model {endpoint.described(status)}")
        for notice in status["notices"]:
            surface.complain(notice)
        if lacking := endpoint.lacking(settings.load(), status):
            surface.complain(lacking)
    return surface.FAILED if status["vault"] == "failed" else 0
