"""examples:
workbench up                                   any other word starts it too, where it is needed
"""

from __future__ import annotations

import argparse

from workbench.commands import surface


def arguments(parser: argparse.ArgumentParser) -> None:
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    status = surface.client().get("/workbench/v1/status")
    if options.json:
        surface.print_json(status)
    else:
        surface.out(f"the engine runs (pid {status['pid']}, model {status['default_model']})")
    return 0
