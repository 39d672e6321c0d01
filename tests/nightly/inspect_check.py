"""inspect_ai's own check of sandbox providers on ours, in full: what it passes, and why not where it does not."""

from __future__ import annotations

import json
import random
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import tests
from tests.line.installation import installation
from tests.nightly.newer_python import environment
from tests.nightly.summary import Summary

PACKAGES: Final = ("inspect_ai==0.3.285", "pytest==8.4.2", "pytest-asyncio==1.2.0")
CASES: Final = 44
CHECK_S: Final = 1800
ONE_USER: Final = "a sandbox has one user, without the rights to become or to make another one"
NOT_PASSED: Final = {"test_exec_as_user": ONE_USER}
_RESULT: Final = re.compile(r"::(test_\w+) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)")


def run(count: int, chance: random.Random) -> Summary:
    """All cases, then a task of its own; a case that fails without a reason here, or passes with one, is a fault."""
    summary = Summary()
    root = Path(tests.__file__).parent.parent
    check = root / "tests" / "nightly" / "harnesses" / "inspect_self_check.py"
    with tempfile.TemporaryDirectory(prefix="wbinspect") as name, installation(offline=True) as here:
        python = environment(Path(name), PACKAGES, newer=False)
        served = here.json("serve", "--port", "0")
        around = here.environment | {
            "PYTHONPATH": str(root),
            "PYTHONWARNINGS": "default",
            "HOME": name,
            "ANTHROPIC_BASE_URL": served["base_url"],
            "ANTHROPIC_API_KEY": served["token"],
        }
        options = ["-v", "-p", "no:cacheprovider", "-c", "/dev/null", "--noconftest", "--import-mode=importlib"]
        options += ["-o", "asyncio_mode=auto", "-o", "asyncio_default_test_loop_scope=module"]
        done = _told([str(python), "-m", "pytest", *options, str(check)], name, around)
        told = _told([str(python), "-m", "tests.nightly.harnesses.inspect_task", name], name, around)
    ended = (
        json.loads(told.stdout.strip().rpartition("\n")[2]) if told.returncode == 0 else {"said": told.stderr[-2000:]}
    )
    if ended.get("accuracy") != [1.0]:
        summary.faults.append(f"the task: {ended}")
    summary.figures["tasks"] = 1
    results = dict(_RESULT.findall(done.stdout))
    for case, result in results.items():
        summary.figures[result.lower()] += 1
        if (result == "PASSED") == (case in NOT_PASSED):
            summary.faults.append(f"{case}: {result}")
    if len(results) != CASES:
        summary.faults.append(f"{len(results)} cases of {CASES}: {(done.stdout + done.stderr)[-3000:]}")
    elif summary.faults:
        summary.faults.append(done.stdout[-4000:])
    return summary


def _told(command: list[str], folder: str, around: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=around, cwd=folder, check=False, timeout=CHECK_S, capture_output=True, text=True)
