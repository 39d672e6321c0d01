"""The README's first command where all is there: what it costs to see that."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from workbench.bench.against.builds import Build
from workbench.bench.against.ratios import Ratio, Sizes, took_ms
from workbench.bench.figure import NotMeasured


def set_up(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
    """`setup demo` and `setup install`, each build in its own clone, with an engine that is started each time."""
    with tempfile.TemporaryDirectory(prefix="wb", ignore_cleanup_errors=True) as home:

        def taken(build: Build, action: str) -> float:
            environment = {**os.environ, "WORKBENCH_HOME": f"{home}/{build.name}"}
            try:
                return took_ms(lambda: _run(build, environment, sys.executable, "-m", "workbench.setup", action))
            finally:
                _run(build, environment, *build.command("down", "--sandboxes"))

        for action, name in (("demo", "the README's first command"), ("install", "set-up")):
            # The first of each fills the home.
            for build in (that, this):
                taken(build, action)
            ours, theirs = [], []
            for _ in range(max(1, sizes.runs // 5)):
                theirs.append(taken(that, action))
                ours.append(taken(this, action))
            yield Ratio(14, f"{name} where all is there", tuple(ours), tuple(theirs), "ms", 0.4)


def _run(build: Build, environment: dict[str, str], *command: str) -> None:
    done = subprocess.run(command, cwd=build.root, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise NotMeasured(f"{' '.join(command[-3:])} of {build.name} build: {done.stderr.decode()[-300:]}")
