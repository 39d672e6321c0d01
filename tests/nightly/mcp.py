"""The public MCP conformance suite's client scenarios, one after the other, against the workbench's own client."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import tests
from tests.nightly.summary import Summary

SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
NODE = "node@22"
"""The suite wants it this new, and most machines have an older one."""
PREPARE_S = 600
SCENARIO_S = 120
NO_PERSON = "a sign-in is a person's: no client credentials, no identity of a company or a workload"
NO_PROOFS = "no tokens bound to a key (DPoP): the vault sends bearer tokens"
MENDED = "schemas are mended for the models that get them: `$schema` is left out"
SCENARIOS = 48
_WITHOUT_A_PERSON = frozenset(
    f"auth/{name}"
    for name in (
        "client-credentials-jwt",
        "client-credentials-basic",
        "enterprise-managed-authorization",
        "wif-jwt-bearer",
    )
)
_SCENARIO = re.compile(r"^ +- (\S+) \[")


def reason_of(scenario: str) -> str | None:
    """Why a scenario is not passed; such a one that passes is a fault of this table."""
    if scenario == "json-schema-2020-12-preservation":
        return MENDED
    if scenario in ("auth/dpop", "auth/dpop-nonce"):
        return NO_PROOFS
    return NO_PERSON if scenario in _WITHOUT_A_PERSON else None


def run(count: int, chance: random.Random) -> Summary:
    """The first so many scenarios."""
    summary = Summary()
    with tempfile.TemporaryDirectory(prefix="wbmcp") as name:
        folder = Path(name)
        suite = _prepared(folder)
        for scenario in list(_scenarios(suite))[:count]:
            passed = _passes(suite, scenario, folder / "results")
            statuses = list(_statuses(folder / "results"))
            shutil.rmtree(folder / "results", ignore_errors=True)
            reason = reason_of(scenario)
            summary.figures["passed" if passed else "not passed"] += 1
            summary.figures["checks passed"] += statuses.count("SUCCESS")
            if passed == (reason is not None):
                summary.faults.append(f"{scenario}: {'passes' if passed else statuses}")
    return summary


def _prepared(folder: Path) -> list[str]:
    """The command of the suite, installed with a Node of its own."""
    npm = ["npm", "install", "--prefix", str(folder), "--no-fund", "--no-audit", NODE, SUITE]
    subprocess.run(npm, check=True, timeout=PREPARE_S, capture_output=True)
    programs = folder / "node_modules" / ".bin"
    return [str(programs / "node"), str(programs / "conformance")]


def _scenarios(suite: list[str]) -> Iterator[str]:
    listed = subprocess.run(
        [*suite, "list", "--client"], check=True, timeout=SCENARIO_S, capture_output=True, text=True
    )
    for line in listed.stdout.splitlines():
        if found := _SCENARIO.match(line):
            yield found[1]


def _passes(suite: list[str], scenario: str, results: Path) -> bool:
    client = f"{sys.executable} -m tests.nightly.mcp_client"
    command = [*suite, "client", "--command", client, "--scenario", scenario, "--output-dir", str(results)]
    root = Path(tests.__file__).parent.parent
    done = subprocess.run(command, check=False, cwd=root, timeout=SCENARIO_S, capture_output=True)
    return done.returncode == 0


def _statuses(results: Path) -> Iterator[str]:
    for file in results.rglob("checks.json"):
        for check in json.loads(file.read_text(encoding="utf-8")):
            yield check["status"]
