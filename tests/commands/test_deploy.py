"""Deployments from files: the same again changes nothing, a change is shown, and what runs and why it does not is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.line.installation import installation
from workbench.commands.deployment_files import machine_zone

FILE = """\
name: nightly
environment: night
prompt: Say hello.
schedule: {expression: "30 2 * * *", timezone: Europe/Berlin}
project: shop
budget: 2.50
overlap: skip
metadata: {team: shop}
"""


def test_a_file_is_a_deployment_and_the_same_file_again_changes_nothing() -> None:
    with installation(offline=True) as here:
        (here.home / "shop").mkdir()
        night = here.home / "night.yaml"
        night.write_text("name: night\nconfig: {type: cloud}\n")
        here.told("environments", "apply", "-f", str(night))
        file = here.home / "nightly.yaml"
        file.write_text(FILE)
        made = here.say("deploy", "apply", "-f", str(file))
        assert "+ deployment nightly: create" in made.out
        assert made.err.count(" 02:30") == made.err.count("(Europe/Berlin)") * 3 == 3
        assert [one["action"] for one in here.json("deploy", "apply", "-f", str(file))] == ["unchanged"]
        file.write_text(FILE.replace("30 2", "45 2").replace("project: shop\n", "").replace("Say", "Shout"))
        dry = here.told("deploy", "apply", "--dry-run", "-f", str(file))
        assert "45 2 * * *" in dry
        assert [list(one["changes"]) for one in here.json("deploy", "apply", "-f", str(file))] == [
            ["initial_events", "schedule", "metadata"]
        ]
        [known] = here.json("deploy", "list")
        assert known["metadata"] == {"team": "shop", "workbench.overlap": "skip"}
        assert (known["budget"]["max_list_cost"]["amount"], known["schedule"]["expression"]) == ("250", "45 2 * * *")
        begun = here.told("deploy", "run", "nightly").strip()
        here.until(begun, "session.status_idle")
        assert here.told("deploy", "pause", "nightly") == "nightly paused\n"
        assert [one["session_id"] for one in here.json("deploy", "runs", "nightly")] == [begun]
        assert "paused" in here.told("deploy", "list")
        assert "did you mean nightly" in here.say("deploy", "run", "nigthly").err
        here.told("deploy", "archive", "nightly")
        assert here.json("deploy", "list") == []


WRONG = [
    ("name: a\nprompt: x\nagent: nobody\n", ":3: agent: there is no agent"),
    ("name: a\nschedule: {expression: '0 0 * * *'}\n", ":1: prompt: say what"),
    ("name: a\nprompt: x\nschedule:\n  expression: '0 0 30 2 *'\n  timezone: UTC\n", ":4: schedule.expression"),
    ("name: a\nprompt: x\noverlap: pile\n", ":3: metadata.workbench.overlap"),
    ("name: a\nprompt: x\nevery: day\n", ":3: every: no such field"),
]


def test_a_wrong_file_is_refused_with_its_line() -> None:
    with installation(offline=True) as here:
        file = here.home / "a.yaml"
        for text, said in WRONG:
            file.write_text(text)
            done = here.say("deploy", "apply", "-f", str(file))
            assert done.code == 2, text
            assert f"{file}{said}" in done.err, done.err


def test_the_zone_of_a_machine_is_the_name_that_its_local_time_leads_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TZ", raising=False)
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Australia/Lord_Howe")
    assert machine_zone(link) == "Australia/Lord_Howe"
    assert machine_zone(tmp_path / "nothing") == "UTC"
    monkeypatch.setenv("TZ", ":Europe/Berlin")
    assert machine_zone(link) == "Europe/Berlin"
