"""The command: which run, how long, with which seed; prints a summary and ends with 1 where something was lost."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable

from tests.nightly import (
    acp_agents,
    browser,
    clients,
    damage,
    dreams,
    editors,
    harbor,
    inspect_check,
    kills,
    lake,
    long,
    mcp,
    pasts,
    queue,
    sdk,
    short,
    teams,
    workers,
)
from tests.nightly.summary import Summary

RUNS: dict[str, tuple[Callable[[int, random.Random], Summary], int]] = {
    "kills": (kills.run, 500),
    "damage": (damage.run, 300),
    "short": (short.run, 500),
    "browser": (browser.run, 4),
    "clients": (clients.run, len(clients.CLIENTS)),
    "sdk": (sdk.run, len(sdk.VERSIONS)),
    "teams": (teams.run, 10),
    "queue": (queue.run, 1000),
    "workers": (workers.run, len(workers.LANGUAGES)),
    "editors": (editors.run, 1),
    "acp_agents": (acp_agents.run, len(acp_agents.AGENTS)),
    "harbor": (harbor.run, 3),
    "inspect": (inspect_check.run, inspect_check.CASES),
    "lake": (lake.run, 4),
    "long": (long.run, 1),
    "pasts": (pasts.run, len(pasts.PACKAGES)),
    "dreams": (dreams.run, 8),
    "mcp": (mcp.run, mcp.SCENARIOS),
}


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.nightly", description=__doc__)
    parser.add_argument("run", choices=[*RUNS, "all"])
    parser.add_argument("--count", type=int, help="how many kills, damaged copies or sessions")
    parser.add_argument(
        "--seed", type=int, help="repeats the choices of an earlier run, not the moments at which they fall"
    )
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.randrange(1 << 32)
    is_good = True
    for name in RUNS if given.run == "all" else [given.run]:
        run, usual = RUNS[name]
        count = given.count or usual
        sys.stdout.write(f"{name}: {count}, seed {seed}\n")
        sys.stdout.flush()
        began = time.monotonic()
        summary = run(count, random.Random(seed))
        for fault in summary.faults:
            sys.stdout.write(f"  FAULT {fault}\n")
        figures = ", ".join(f"{what} {amount}" for what, amount in summary.figures.items())
        verdict = f"{len(summary.faults)} faults" if summary.faults else "no faults"
        sys.stdout.write(f"{name}: {verdict}; {figures}; {time.monotonic() - began:.0f} s, seed {seed}\n")
        is_good = is_good and not summary.faults
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
