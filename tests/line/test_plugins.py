"""A plugin through a whole installation: its skills for an agent, its server off until it is given to one, in a real container."""

from __future__ import annotations

import json

from tests.api.test_plugins import PLUGIN
from tests.api.test_skills import folder
from tests.hands.places import podman_only
from tests.hands.stdio_server import PROGRAM
from tests.line.installation import installation
from tests.line.test_skills import results
from tests.messages_server import call, text

ROOT = "/mnt/session/plugins/notes"
SERVERS = {"adder": {"command": "${PLUGIN_ROOT}/bin/adder.py", "env": {"SAYS": "from ${PLUGIN_ROOT}"}}}
FILES = PLUGIN | {
    "notes/mcp.json": json.dumps({"mcpServers": SERVERS}).encode(),
    "notes/bin/adder.py": f"#!/usr/bin/env python3\n{PROGRAM}".encode(),
}


@podman_only
def test_a_plugins_skills_are_used_and_its_server_runs_in_the_sandbox_once_an_agent_names_it() -> None:
    steps = (
        call(
            "bash",
            {"command": f"cat /workspace/skills/take/SKILL.md; ls -l {ROOT}/bin; touch {ROOT}/x; mv {ROOT} /tmp"},
        ),
        text("Done."),
    )
    with installation(list(steps)) as here:
        folder(here.home, FILES)
        checked = here.say("skills", "check", "notes")
        assert (checked.code, checked.out) == (0, "notes/plugin.json: hooks: is not read here (advice)\n")
        here.told("run", "--detach", "-C", "none", "--model", "offline", "hello")
        added = here.told("skills", "add", "notes", "--agent", "default")
        assert "workbench mcp add notes:adder gives it to an agent" in added
        assert [one["name"] for one in here.json("skills", "list", "-C", "none")] == ["take", "find"]
        assert here.json("mcp", "list") == [
            {
                "agent": None,
                "name": "notes:adder",
                "url": f"stdio:env 'SAYS=from {ROOT}' {ROOT}/bin/adder.py",
                "tools": None,
                "tokens": None,
            }
        ]
        missed = here.say("mcp", "add", "notes:ader")
        assert (missed.code, "did you mean notes:adder?" in missed.err) == (2, True), missed
        here.told("mcp", "add", "notes:adder")
        found = here.json("mcp", "test", "adder")
        assert ([one["model_name"] for one in found["tools"]], found["fault"]) == (["mcp__adder__add"], None)
        session_id = here.run_detached("-C", "none", "take a note")
        here.told("logs", "-f", session_id)
        [tried] = results(here, session_id)
        assert "Takes a note." in tried
        assert "adder.py" in tried
        assert tried.count("Read-only file system") == 1 + len(FILES), tried
        here.told("mcp", "remove", "adder")
        here.told("skills", "remove", "notes")
        assert here.json("skills", "list", "-C", "none") == here.json("mcp", "list") == []
