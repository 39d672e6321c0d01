"""Workers of self-hosted environments on a machine without our code: the SDKs' own, in Python and TypeScript, one of them killed at work."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.line.installation import Installation, installation
from tests.messages_server import call, text
from tests.nightly.summary import Summary

PYTHON_SDK: Final = "anthropic==2.14.0"
NODE_SDK: Final = "@anthropic-ai/sdk@1.14.0"
WAIT_S: Final = 120
_PYTHON: Final = """
import asyncio, sys
from anthropic import AsyncAnthropic
async def main():
    base_url, environment_id, key, workdir = sys.argv[1:]
    async with AsyncAnthropic(base_url=base_url, api_key="unused") as client:
        await client.beta.environments.work.worker(
            environment_id=environment_id, environment_key=key, workdir=workdir, max_idle=0.5).run()
asyncio.run(main())
"""
_NODE: Final = """
import Anthropic from "@anthropic-ai/sdk";
import { EnvironmentWorker } from "@anthropic-ai/sdk/lib/environments/worker";
const [baseURL, environmentId, environmentKey, workdir] = process.argv.slice(2);
const client = new Anthropic({ baseURL, apiKey: "unused" });
await new EnvironmentWorker({ client, environmentId, environmentKey, workdir, maxIdleMs: 500 }).run();
"""
SLOW: Final = {"command": "echo began >> ran; sleep 600"}
WAITING: Final = {"command": "sleep 2; echo done"}
SESSIONS: Final = 8
QUICK: Final = {"command": "echo once >> ran; echo $((40 + 2))"}


def _python(folder: Path) -> list[str]:
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, timeout=WAIT_S)
    python = folder / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", PYTHON_SDK]
    subprocess.run(pip, check=True, timeout=WAIT_S * 4)
    (folder / "worker.py").write_text(_PYTHON)
    return [str(python), "-I", str(folder / "worker.py")]


def _node(folder: Path) -> list[str]:
    subprocess.run(["npm", "install", "--silent", NODE_SDK], cwd=folder, check=True, timeout=WAIT_S * 4)
    (folder / "worker.mjs").write_text(_NODE)
    return ["node", str(folder / "worker.mjs")]


LANGUAGES: Final[dict[str, Callable[[Path], list[str]]]] = {"python": _python, "typescript": _node}


def run(count: int, chance: random.Random) -> Summary:
    """With each language: a call that is served, and one whose worker is killed and that is not run twice."""
    summary = Summary()
    for name, prepared in list(LANGUAGES.items())[:count]:
        with tempfile.TemporaryDirectory(prefix="wbworker") as folder:
            command = prepared(Path(folder))
            workdir = Path(folder) / "work"
            workdir.mkdir()
            script = [call("bash", QUICK), text("Done."), call("bash", SLOW), text("Seen.")]
            with installation(script) as here:
                summary.faults += [f"{name}: {fault}" for fault in _story(here, command, workdir)]
            # In percent: how many calls two of them serve in the time in which one serves a hundred.
            summary.figures[f"two {name} workers over one"] = round(100 * _served(command, 2) / _served(command, 1))
        summary.figures[name] = 1
    return summary


def _served(command: list[str], count: int) -> float:
    """Calls a second that so many workers serve, each of which takes two seconds."""
    with tempfile.TemporaryDirectory(prefix="wbworkers") as folder, installation() as here:
        here.model.otherwise = lambda asked: text("Done.") if len(asked["messages"]) > 1 else call("bash", WAITING)
        whole = _queue(here, command)
        sessions = [here.run_detached("--environment", "far", "-C", "none", "Go") for _ in range(SESSIONS)]
        places = [Path(folder) / str(number) for number in range(count)]
        for place in places:
            place.mkdir()
        workers = [_started([*whole, str(place)], place) for place in places]
        try:
            answered: list[float] = []

            def all_answered() -> bool:
                found = sum(
                    any(one["type"] == "user.tool_result" for one in here.events(one_id)) for one_id in sessions
                )
                answered.extend([time.monotonic()] * (found - len(answered)))
                return found == SESSIONS

            _until(all_answered)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
    # Behind the first one: how long a worker takes to begin says nothing of the queue.
    return (SESSIONS - 1) / (answered[-1] - answered[0])


def _queue(here: Installation, command: list[str]) -> list[str]:
    """The environment `far` with a key, and the command of its workers up to the folder that each works in."""
    (here.home / "far.yaml").write_text(
        'name: far\nconfig: {type: self_hosted}\nmetadata: {workbench.lease_seconds: "5"}\n'
    )
    here.told("environments", "apply", "-f", str(here.home / "far.yaml"))
    key = here.told("tokens", "add", "far", "--role", "worker", "--environment", "far").strip()
    served = here.json("serve", "--port", "0")
    environment_id = next(one["id"] for one in here.json("environments", "list") if one["name"] == "far")
    return [*command, served["base_url"], environment_id, key]


def _story(here: Installation, command: list[str], workdir: Path) -> list[str]:
    whole = [*_queue(here, command), str(workdir)]
    first = _started(whole, workdir)
    try:
        session_id = here.run_detached("--environment", "far", "-C", "none", "Go")
        here.until(session_id, "session.status_idle", 2)
        served_once = [one for one in here.events(session_id) if one["type"] == "user.tool_result"]
        here.told("send", session_id, "Again")
        _until(lambda: (workdir / "ran").read_text().split() == ["once", "began"])
    finally:
        first.kill()
        first.wait()
    second = _started(whole, workdir)
    try:
        _until(lambda: here.events(session_id)[-1].get("stop_reason") == {"type": "end_turn"})
    finally:
        second.kill()
        second.wait()
    results = [one for one in here.events(session_id) if one["type"] == "user.tool_result"]
    faults = []
    if "".join(block["text"] for block in served_once[0]["content"]).strip() != "42":
        faults.append(f"the first call gave {served_once}")
    if len(results) != 2 or "may have run" not in str(results[1]):
        faults.append(f"the call of the killed worker gave {results[1:]}")
    if (workdir / "ran").read_text().split() != ["once", "began"]:
        faults.append("a call ran twice")
    return faults


def _started(command: list[str], workdir: Path) -> subprocess.Popen[bytes]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(workdir)}
    return subprocess.Popen(command, env=environment, cwd=workdir)


def _until(found: Callable[[], bool]) -> None:
    pause, deadline = threading.Event(), time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        try:
            if found():
                return
        except OSError:
            # The file is not there yet.
            pass
        pause.wait(0.2)
    raise AssertionError("it did not come to that in time")
