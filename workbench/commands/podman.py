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
import subprocess
import sys

from workbench import settings
from workbench.commands import surface
from workbench.commands.surface import Wrong
from workbench.hands.podman.command import INSTALL
from workbench.hands.podman.storage import environment


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("argument", nargs=argparse.REMAINDER, help="what podman is to do")


def run(options: argparse.Namespace) -> int:
    place = settings.load()
    program = shutil.which(place.podman)
    if program is None:
        raise Wrong(f"Podman is not installed; run `{INSTALL}`")
    command, around = [program, *options.argument], {**os.environ, **environment(place)}
    if not sys.stdout.isatty():
        os.execve(program, command, around)
    # Names of images and containers may be anybody's words.
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=around, stdout=pipe, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            surface.out(line.removesuffix("\n"))
    return running.returncode
