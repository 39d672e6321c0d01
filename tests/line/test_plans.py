"""Plan mode from the shell: nothing changes until the plan is approved, in the agent's version or in one's own."""

from __future__ import annotations

from tests.hands.places import podman_only
from tests.line.installation import installation
from tests.line.test_projects import _project
from tests.messages_server import call, text


@podman_only
def test_a_plan_waits_is_sent_back_and_then_approved_in_a_persons_own_version() -> None:
    script = [
        call("write", {"file_path": "new.txt", "content": "too early"}),
        call("propose_plan", {"plan": "1. Write new.txt."}),
        call("propose_plan", {"plan": "1. Write new.txt, shorter."}),
        call("write", {"file_path": "new.txt", "content": "x\n"}),
        text("Written."),
    ]
    with installation(script) as here:
        project = _project(here)
        waits = here.say("run", "--mode", "plan", "-C", str(project), "write it")
        assert waits.code == 4, waits
        assert "1. Write new.txt." in waits.out
        [session] = here.json("ps")
        session_id = session["id"]
        assert here.json("diff", session_id)["changes"] == []
        here.told("deny", session_id, "shorter")
        assert here.say("logs", "-f", session_id).code == 4
        mine = here.home / "plan.md"
        mine.write_text("1. Write x into new.txt.\n")
        assert here.say("allow", session_id, "--plan", str(here.home / "none.md")).code == 2
        here.told("allow", session_id, "--plan", str(mine))
        assert here.say("logs", "-f", session_id).code == 0
        [change] = here.json("diff", session_id)["changes"]
        assert (change["path"], change["kind"]) == ("new.txt", "added")
        assert "agent's own policies" in here.told("set", session_id)
        assert here.json("set", session_id, "--mode", "ask")["metadata"] == {
            "workbench.permission_mode": "ask",
            "workbench.project": str(project),
        }
