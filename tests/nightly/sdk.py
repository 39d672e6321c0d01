"""The SDK's own generated tests, for the nouns that are served: fetched as its source archive, run unmodified against a served engine."""

from __future__ import annotations

import collections
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from tests.line.installation import installation
from tests.nightly.placeholders import Engine, Proxy
from tests.nightly.summary import Summary

VERSIONS = ("2.14.0", "2.10.0")
SERVED = (
    *("beta/test_agents.py", "beta/agents", "beta/test_environments.py", "beta/environments"),
    *("beta/test_sessions.py", "beta/sessions"),
    *("beta/test_vaults.py", "beta/vaults", "beta/test_memory_stores.py", "beta/memory_stores", "beta/test_dreams.py"),
    *("beta/test_models.py", "beta/test_files.py", "beta/test_skills.py", "beta/skills", "beta/test_deployments.py"),
    *("beta/test_deployment_runs.py", "beta/test_webhooks.py", "beta/organization/test_webhooks.py"),
    *("test_files.py", "test_models.py", "test_skills.py", "skills"),
)
"""Some are younger than the oldest version."""
_PRIMARY = "the primary thread ends with its session, and the samples have no other"
NOT_THERE: dict[str, str] = {
    f"beta.sessions.test_threads.TestThreads.test_{name}": _PRIMARY
    for name in (
        "method_archive",
        "method_archive_with_all_params",
        "raw_response_archive",
        "streaming_response_archive",
    )
} | {
    "beta.test_deployments.TestDeployments.test_method_list_with_all_params": "status and include_archived exclude each other"
}
"""What the public rules refuse of the samples, and why; such a test that passes is a fault of this table."""
NEEDED = (
    "pytest",
    "pytest-asyncio",
    "respx",
    "aiohttp",
    "httpx-aiohttp",
    "inline-snapshot",
    "http-snapshot",
    "standardwebhooks",
)
_MOCKED = re.compile(r"(test_files|test_versions)\..*_download(_with_all_params)?$")
"""The test answers itself, by a mock that is none for the SDK's own HTTP library: the server is asked nothing."""
PREPARE_S = 900
RUN_S = 1800


def run(count: int, chance: random.Random) -> Summary:
    """Every generated test of these nouns, with each version of the SDK."""
    summary = Summary()
    for version in VERSIONS[:count]:
        with tempfile.TemporaryDirectory(prefix="wbsdk") as name, installation(offline=True) as here:
            python = _prepared(Path(name), version)
            served = here.json("serve", "--port", "0")
            with Proxy(Engine(served["base_url"], served["token"])) as proxy:
                report = _report(Path(name), python, proxy.base_url)
            outcomes, failed, there = _counted(report), _failed(report), set(map(_name, _cases(report)))
        for outcome, amount in sorted(outcomes.items()):
            summary.figures[f"{version} {outcome}"] = amount
        failed = {name: amount for name, amount in failed.items() if not _MOCKED.search(name)}
        summary.figures[f"{version} not there"] = sum(count for name, count in failed.items() if name in NOT_THERE)
        summary.faults += [f"{version}: {name} ×{count}" for name, count in failed.items() if name not in NOT_THERE]
        summary.faults += [f"{version}: {name} passes" for name in NOT_THERE if name in there and name not in failed]
    return summary


def _prepared(folder: Path, version: str) -> Path:
    """A Python with this SDK, and its tests beside it."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, timeout=PREPARE_S)
    python = folder / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "install", f"anthropic[aiohttp,mcp]=={version}", *NEEDED], check=True, timeout=PREPARE_S)
    fetch = ["download", "--no-deps", "--no-binary=anthropic", f"--dest={folder}", f"anthropic=={version}"]
    subprocess.run([*pip, *fetch], check=True, timeout=PREPARE_S)
    with tarfile.open(next(folder.glob("anthropic-*.tar.gz"))) as archive:
        for member in archive:
            _, *inside = PurePosixPath(member.name).parts
            if member.isfile() and inside[0] == "tests" and ".." not in inside:
                archive.extract(member, folder / "source", set_attrs=False)
    shutil.move(next((folder / "source").glob("anthropic-*/tests")), folder / "tests")
    return python


def _report(folder: Path, python: Path, base_url: str) -> Path:
    report = folder / "report.xml"
    places = [folder / "tests" / "api_resources" / name for name in SERVED]
    tests = [str(place) for place in places if place.exists()]
    options = ["-q", "-p", "no:cacheprovider", "-c", "/dev/null", f"--rootdir={folder}", f"--junitxml={report}"]
    options += ["-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=session"]
    command = [str(python), "-m", "pytest", *options, *tests]
    environment = {"PATH": "/usr/bin:/bin", "TEST_API_BASE_URL": base_url, "HOME": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environment, check=False, timeout=RUN_S, capture_output=True, text=True
    )
    if not report.exists():
        raise AssertionError(f"the SDK's tests did not run: {(done.stdout + done.stderr)[-2000:]}")
    return report


def _cases(report: Path) -> list[ElementTree.Element]:
    return list(ElementTree.parse(report).getroot().iter("testcase"))


def _outcome(case: ElementTree.Element) -> str:
    if case.find("skipped") is not None:
        return "skipped"
    return "failed" if case.find("failure") is not None or case.find("error") is not None else "passed"


def _counted(report: Path) -> dict[str, int]:
    return dict(collections.Counter(map(_outcome, _cases(report))))


def _failed(report: Path) -> dict[str, int]:
    """The failed tests, those that differ in their client alone counted together."""
    names = [_name(case) for case in _cases(report) if _outcome(case) == "failed"]
    return dict(sorted(collections.Counter(names).items()))


def _name(case: ElementTree.Element) -> str:
    of_class = str(case.get("classname")).partition("api_resources.")[2].replace("TestAsync", "Test")
    return f"{of_class}.{str(case.get('name')).partition('[')[0]}"
