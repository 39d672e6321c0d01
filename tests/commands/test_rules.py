"""`workbench rules`: what was allowed for good, from the shell."""

from __future__ import annotations

from tests.line.installation import installation


def test_a_rule_is_added_listed_and_taken_back() -> None:
    with installation(offline=True) as here:
        added = here.told("rules", "add", "bash(make test *)")
        rule_id = added.split()[0]
        assert "everywhere" in added
        assert [(one["id"], one["allow"]) for one in here.json("rules", "ls")] == [(rule_id, ["bash(make test *)"])]
        assert "bash(make test *)" in (here.home / "config" / "permissions.toml").read_text()
        assert rule_id in here.told("rules", "rm", rule_id)
        assert here.json("rules", "ls") == []
        assert here.say("rules", "rm", rule_id).code == 2
        assert here.say("rules", "add").code == 2
        assert here.say("rules", "add", "fly").code == 2
        assert here.say("rules", "add", "read", "--session", "nobody").code == 2


def test_a_broken_file_is_said_and_left_as_it_is() -> None:
    with installation(offline=True) as here:
        here.told("up")
        file = here.home / "config" / "permissions.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text("allow = [")
        done = here.say("rules", "add", "read")
        assert (done.code, "mend the file" in done.err) == (2, True)
        assert "permissions.toml" in here.say("rules", "ls").err
        assert file.read_text() == "allow = ["
