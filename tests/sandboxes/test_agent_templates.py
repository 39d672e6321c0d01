"""Agents by trade: each template is what the API takes, and its rubric tells good work from bad without a model."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from workbench.catalog.agent_templates import SKILLS, AgentTemplate, environment_body, templates
from workbench.catalog.agents import CreateAgent
from workbench.catalog.environments import CreateEnvironment
from workbench.catalog.errors import checked
from workbench.contracts.outcomes import MOST_RUBRIC
from workbench.contracts.rubrics import Criterion, criteria_of
from workbench.models.offline.instructions import Unclear, instructions
from workbench.skills.packing import Pack

SAMPLES: Final = Path(__file__).parent / "samples"
EVERY: Final = {one.name: one for one in templates()}
BARE: Final = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
WANTED: Final = {
    "developers": "bug-fixer dependency-updater docs-keeper incident-scribe migration-planner release-notes reviewer test-writer",
    "finance": "audit-sampling covenant-watch earnings-review expense-review kyc-screening market-brief month-end-close pitch-book reconciliation valuation",
    "legal": "contract-review discovery-triage matter-summary privacy-request version-comparison",
    "knowledge": "daily-digest research-brief support-ticket",
}


def test_every_agent_of_every_trade_is_there() -> None:
    found: dict[str, list[str]] = {}
    for one in EVERY.values():
        found.setdefault(one.trade, []).append(one.name)
    assert found == {trade: names.split() for trade, names in WANTED.items()}


@pytest.mark.parametrize("name", EVERY)
def test_a_template_is_what_the_api_takes(name: str) -> None:
    one = EVERY[name]
    body = one.body(name, "offline", ["skill_1"] * bool(one.skills))
    checked(CreateAgent, body)
    checked(CreateEnvironment, environment_body(one.environment))
    for skill in one.skills:
        with Pack() as pack:
            pack.begin(f"{skill}/SKILL.md")
            pack.add((SKILLS / skill / "SKILL.md").read_bytes())
            assert pack.skill().about.name == skill
    assert len(_rubric(one)) <= MOST_RUBRIC
    assert 40 < len(one.summary) <= 160
    assert one.needs.endswith(".")
    assert len(one.agent["system"]) > 1000
    assert one.example["task"]
    assert one.example["files"]
    assert not any(isinstance(step, Unclear) for step in instructions(one.example["offline"])), one.example["offline"]


@pytest.mark.parametrize("name", EVERY)
def test_a_rubric_tells_good_work_from_bad(name: str, tmp_path: Path) -> None:
    one = EVERY[name]
    sample: dict[str, dict[str, str]] = yaml.safe_load((SAMPLES / f"{name}.yaml").read_text())
    decided = [criterion for criterion in criteria_of(_rubric(one)) if criterion.checks]
    own = [criterion for criterion in criteria_of(one.rubric) if criterion.is_decided]
    assert own, "a command of its own rubric decides, whatever it works on"
    assert all(criterion.is_decided for criterion in criteria_of(one.example["rubric"]))
    good = _placed(tmp_path / "good", one.example["files"] | sample["good"])
    bad = _placed(tmp_path / "bad", one.example["files"] | sample["good"] | sample["bad"])
    with ThreadPoolExecutor(2) as side_by_side:
        missed = list(side_by_side.map(lambda folder: _missed(decided, folder), (good, bad)))
    assert missed[0] == []
    assert len(missed[1]) >= 2, "work that is bad misses more than one thing"


def _rubric(one: AgentTemplate) -> str:
    return f"{one.rubric.rstrip()}\n{one.example['rubric']}"


def _placed(folder: Path, files: dict[str, Any]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def _missed(criteria: list[Criterion], folder: Path) -> list[str]:
    """The first two criteria that do not hold, with what their commands print."""
    missed: list[str] = []
    for criterion in criteria:
        for check in criterion.checks:
            done = subprocess.run(
                ["bash", "-c", check.shell()], cwd=folder, env=BARE, capture_output=True, text=True, check=False
            )
            if done.returncode:
                missed.append(f"{criterion.text}\n{done.stdout}{done.stderr}")
        if len(missed) >= 2:
            break
    return missed
