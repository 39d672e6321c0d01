"""examples:
workbench podman images                        what the workbench's sandboxes are made of
workbench podman ps                            the sandboxes as Podman sees them
workbench podman image prune                   frees what no sandbox uses

The workbench keeps its images and containers in a storage of its own; plain podman shows yours, and neither touches the other.
"""

from __future__ import annotations

import argparse
import os
import shutil

from workbench import settings
from workbench.commands.surface import Wrong
from workbench.hands.host import INSTALL
from workbench.hands.storage import environment


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("argument", nargs=argparse.REMAINDER, help="what podman is to do")


def run(options: argparse.Namespace) -> int:
    place = settings.load()
    program = shutil.which(place.podman)
    if program is None:
        raise Wrong(f"Podman is not installed; run `{INSTALL}`")
    os.execve(program, [program, *options.argument], {**os.environ, **environment(place)})
