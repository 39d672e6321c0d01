"""Memory all the way: a real container's edits are versions, and the next session finds them."""

from __future__ import annotations

from tests.hands.places import podman_only
from tests.line.installation import installation
from tests.messages_server import call, text


@podman_only
def test_what_one_agent_keeps_the_next_one_finds_and_a_read_only_store_stays_as_it_is() -> None:
    script = [
        call("bash", {"command": "ls -A /mnt/memory/team-notes; echo 'use just' > /mnt/memory/team-notes/build.md"}),
        call("write", {"file_path": "/mnt/memory/team-notes/tests/db.md", "content": "POSTGRES_HOST=db"}),
        text("Kept."),
        call("bash", {"command": "cat /mnt/memory/team-notes/build.md; echo x > /mnt/memory/team-notes/no.md"}),
        call("write", {"file_path": "/mnt/memory/team-notes/no.md", "content": "x"}),
        call("read", {"file_path": "/mnt/memory/team-notes/tests/db.md"}),
        text("Found."),
    ]
    with installation(script) as here:
        store = here.told("memory", "new", "Team NotedFacts").strip()
        assert here.say("run", "--memory", "Team NotedFacts", "keep it").code == 0
        assert here.told("memory", "cat", store, "/build.md") == "use just\n"
        [session] = here.json("ps")
        [latest, *_] = here.json("memory", "log", store)
        assert latest["created_by"] == {"type": "session_actor", "session_id": session["id"]}
        here.kill_engine()
        assert here.say("run", "--memory", f"{store}:ro", "look").code == 0
        second = next(one["id"] for one in here.json("ps") if one["id"] != session["id"])
        results = [e for e in here.events(second) if e["type"] == "agent.tool_result"]
        told = [result["content"][0]["text"] for result in results]
        assert told[0].startswith("use just")
        assert "Read-only file system" in told[0]
        assert told[1] == ("write: /mnt/memory/team-notes/no.md is inside read-only directory /mnt/memory/team-notes")
        assert told[2] == "POSTGRES_HOST=db"
        assert {one["path"] for one in here.json("memory", "ls", store)} == {"/build.md", "/tests/db.md"}
