"""The tests that are marked `long`, which the test command leaves out: stories of a quarter of a minute, and more of their kind."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

from tests.nightly.summary import Summary

ROOT = Path(__file__).resolve().parent.parent.parent
RUN_S = 1800


def run(count: int, chance: random.Random) -> Summary:
    """Once: `count` and `chance` change nothing."""
    summary = Summary()
    command = [sys.executable, "-m", "pytest", "-q", "-m", "long"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=RUN_S)
    for amount, outcome in re.findall(r"(\d+) (passed|failed|error)", done.stdout):
        summary.figures[outcome] = int(amount)
    summary.faults += re.findall(r"^FAILED (.*)", done.stdout, re.MULTILINE)
    if done.returncode and not summary.faults:
        summary.faults.append((done.stdout + done.stderr)[-500:])
    return summary
