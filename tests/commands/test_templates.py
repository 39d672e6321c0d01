"""Agents and environments as YAML: wrong files are named with their line, the same again changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.line.installation import installation
from workbench.commands.surface import Wrong
from workbench.commands.templates import AGENT, read


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name: a\nmodel: m\ncolour: red\n", ":3: colour: no such field"),
        ("model: m\n", ":1: name: must be text"),
        ("name: a\nmodel: [\n", ":3: not YAML"),
        ("- a\n- b\n", ":1: an agent is a mapping"),
        ("name: a\nmodel: m\n---\nname: 3\n", ":4: name: must be text"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, text: str, place: str) -> None:
    file = tmp_path / "agent.yaml"
    file.write_text(text)
    with pytest.raises(Wrong) as refused:
        list(read(file, AGENT))
    assert str(refused.value).startswith(f"{file}{place}")


def test_applying_shows_what_changes_and_the_same_again_changes_nothing() -> None:
    with installation(offline=True) as here:
        folder = here.home / "agents"
        folder.mkdir()
        one, two = folder / "one.yaml", folder / "two.yaml"
        one.write_text("name: one\nmodel: offline\ntools: [{type: agent_toolset_20260401}]\n")
        two.write_text("name: two\nmodel: {id: offline, effort: low}\nmetadata: {team: x}\n")
        assert [d["action"] for d in here.json("agents", "apply", "-f", str(folder))] == ["create", "create"]
        assert [d["action"] for d in here.json("agents", "apply", "-f", str(folder))] == ["unchanged", "unchanged"]
        one.write_text("name: one\nmodel: offline\nsystem: Be brief.\n")
        assert "system: null → Be brief." in here.told("agents", "apply", "--dry-run", "-f", str(one))
        [done] = here.json("agents", "apply", "-f", str(one))
        assert (done["action"], done["changes"]) == ("change", {"system": [None, "Be brief."]})
        assert here.json("agents", "show", "one")["version"] == 2
        assert [agent["name"] for agent in here.json("agents", "list")] == ["two", "one"]


def test_what_show_prints_can_be_changed_and_applied() -> None:
    with installation(offline=True) as here:
        file = here.home / "one.yaml"
        for word, first, old, new in (
            ("agents", "name: one\nmodel: offline\nsystem: Be brief.\n", "brief", "kind"),
            ("environments", "name: one\nconfig: {type: cloud}\ndescription: Be brief.\n", "brief", "kind"),
        ):
            file.write_text(first)
            here.told(word, "apply", "-f", str(file))
            file.write_text(here.told(word, "show", "one"))
            assert [one["action"] for one in here.json(word, "apply", "-f", str(file))] == ["unchanged"]
            file.write_text(file.read_text().replace(old, new))
            [done] = here.json(word, "apply", "-f", str(file))
            assert (done["action"], len(done["changes"])) == ("change", 1)


def test_what_the_engine_refuses_is_said_with_file_line_and_field() -> None:
    with installation(offline=True) as here:
        file = here.home / "agent.yaml"
        file.write_text(
            "name: a\nmodel: m\ntools:\n  - type: agent_toolset_20260401\n    default_config:\n      enabled: maybe\n"
        )
        done = here.say("agents", "apply", "-f", str(file))
        assert done.code == 2
        assert f"{file}:6: tools.0" in done.err, done.err
