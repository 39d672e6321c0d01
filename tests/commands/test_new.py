"""`workbench new`: what would be made is shown, made once, and used by sessions of the agent."""

from __future__ import annotations

from tests.line.installation import installation


def test_a_newcomer_makes_a_reviewer_and_a_session_uses_it() -> None:
    with installation(offline=True) as here:
        assert [one["name"] for one in here.json("new")][:2] == ["bug-fixer", "dependency-updater"]
        asked = here.say("new", "reviewer")
        assert asked.code == 2
        assert "+ environment sealed" in asked.out
        assert "-y makes it" in asked.err
        assert here.json("agents", "list") == []
        assert "+ agent reviewer" in here.told("new", "reviewer", "-y")
        assert "is there, unchanged" in here.told("new", "reviewer", "-y")
        session = here.json("run", "--detach", "--agent", "reviewer", "-C", "none", "read x")
        assert session["agent"]["name"] == "reviewer"
        [sealed] = here.json("environments", "list")
        assert (sealed["name"], session["environment_id"]) == ("sealed", sealed["id"])
        graded = here.json("run", "--detach", "--agent", "reviewer", "-C", "none", "--rubric", "reviewer", "read x")
        [outcome] = [one for one in here.events(graded["id"]) if one["type"] == "user.define_outcome"]
        assert outcome["rubric"]["content"].startswith("# A review that its author can act on")
        folder = here.home / "example"
        assert "next:" in here.told("new", "reconciliation", "--example", str(folder))
        assert {one.name for one in folder.iterdir()} == {"bank.csv", "ledger.csv", "RUBRIC.md"}
        assert "is there already" in here.say("new", "reconciliation", "--example", str(folder)).err
        assert "did you mean reviewer or" in here.say("new", "reviwer").err
