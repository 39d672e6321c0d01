"""What is told of sessions to who comes back, and to who takes one over."""

from __future__ import annotations

from pathlib import Path

from tests.hands.places import podman_only
from tests.line.installation import installation
from tests.line.test_git import _commit, _repository
from tests.line.test_projects import _ran
from tests.messages_server import call, text


@podman_only
def test_a_hand_over_names_task_state_files_commits_and_the_ways_on_and_a_recap_counts_them() -> None:
    script = [
        call("write", {"file_path": "notes.md", "content": "x\n"}),
        call("bash", {"command": _commit("alpha")}),
        call("bash", {"command": "make test || true"}),
        text("Half done."),
    ]
    with installation(script) as here:
        project = _repository(here)
        session_id = _ran(here, "-C", str(project), "--title", "Half a job", "Do the whole job.")
        told = here.told("handover", session_id)
        for line in ("# Half a job", "> Do the whole job.", "> Half done.", "- A `notes.md`", "- A `alpha`"):
            assert line in told.splitlines(), line
        [commit] = [line for line in told.splitlines() if line.endswith(" agent: alpha")]
        assert commit.startswith("- ")
        assert f"`workbench send {session_id[-6:]} " in told
        file = Path(here.home) / "handover.md"
        here.told("handover", session_id, "-o", str(file))
        assert file.read_text() == here.told("handover", session_id)
        told = here.told("proposal", session_id)
        for line in ("Half done.", "> Do the whole job.", "- A `notes.md`", "- `make test || true`: passed"):
            assert line in told.splitlines(), line
        assert here.told("proposal", session_id, "--title") == "agent: alpha\n"
        [one] = here.json("recap", "--since", "1h")["sessions"]
        found = (one["session_id"], one["how"], one["files_to_apply"], one["text"])
        assert found == (session_id, "ended", 2, "Half done.")
        assert here.json("recap", "--since", "2999-01-01")["sessions"] == []
        refused = here.say("recap", "--since", "yesterday")
        assert (refused.code, "30m, 3h, 2d" in refused.err) == (2, True)
