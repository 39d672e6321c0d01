"""harbor with our environment: tasks of our own with the oracle, and with an agent of ours on a scripted model; the reward is the verifier's."""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import tests
from tests.line.installation import Installation, installation
from tests.messages_server import Play, call, text
from tests.nightly.newer_python import environment
from tests.nightly.summary import Summary

HARBOR: Final = "harbor==0.26.0"
RUN_S: Final = 1800
HARNESSES: Final = "tests.nightly.harnesses"
TASKS: Final = Path(tests.__file__).parent / "nightly" / "harnesses" / "tasks"
AGENT: Final = f"{HARNESSES}.harbor_agent:WorkbenchAgent"
BY_AGENT: Final = "mend-a-test"
"""The task that the agent has, too."""
MEND: Final = {"command": "cd /app && sed -i 's/prices.1:./prices/' shop.py && python3 -m unittest"}


def run(count: int, chance: random.Random) -> Summary:
    """The first so many tasks with an agent that does nothing and with the oracle, then one with an agent of ours."""
    summary = Summary()
    names = sorted(one.name for one in TASKS.iterdir())[:count]
    with tempfile.TemporaryDirectory(prefix="wbharbor") as name:
        python = environment(Path(name), [HARBOR], newer=True)
        script: list[Play] = [call("bash", MEND), text("It passes.")]
        with installation(script) as here:
            served = here.json("serve", "--port", "0")
            for agent, tasks, wanted in (("nop", names, 0.0), ("oracle", names, 1.0), (AGENT, [BY_AGENT], 1.0)):
                short = agent.rpartition(":")[2]
                said = _ran(here, served, python, agent, tasks, Path(name) / short)
                rewards = _rewards(Path(name) / short)
                for task in tasks:
                    if rewards.get(task) != wanted:
                        summary.faults.append(f"{short}: {task}: reward {rewards.get(task)}: {said[-1500:]}")
                summary.figures[f"reward {wanted} by {short}"] = list(rewards.values()).count(wanted)
    return summary


def _ran(here: Installation, served: dict[str, str], python: Path, agent: str, tasks: list[str], jobs: Path) -> str:
    """What harbor said of these tasks."""
    command = [str(python.parent / "harbor"), "run", "--path", str(TASKS), "--agent", agent, "--jobs-dir", str(jobs)]
    command += [
        "--env",
        f"{HARNESSES}.harbor_environment:WorkbenchEnvironment",
        "--n-concurrent",
        "2",
        "--quiet",
        "--yes",
    ]
    for task in tasks:
        command += ["--include-task-name", task]
    around = here.environment | {
        "PYTHONPATH": str(TASKS.parent.parent.parent.parent),
        "PYTHONWARNINGS": "default",
        "HOME": str(jobs.parent),
        "ANTHROPIC_BASE_URL": served["base_url"],
        "ANTHROPIC_API_KEY": served["token"],
        "WORKBENCH_MODEL": "claude-sonnet-4-5",
        "HARBOR_TELEMETRY": "0",
    }
    pipe = subprocess.PIPE
    done = subprocess.run(
        command,
        env=around,
        cwd=jobs.parent,
        stdout=pipe,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=RUN_S,
    )
    return done.stdout


def _rewards(jobs: Path) -> dict[str, float | None]:
    """By task, as each trial's own result has it."""
    found: dict[str, float | None] = {}
    for file in jobs.glob("*/*/result.json"):
        told = json.loads(file.read_text())
        rewards = (told.get("verifier_result") or {}).get("rewards") or {}
        found[told["task_name"].rpartition("/")[2]] = rewards.get("reward")
    return found
