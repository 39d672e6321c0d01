"""`workbench replay` and `workbench eval` in front of a real engine: recorded sessions as a suite for their agent's versions."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from tests.line.installation import installation
from tests.messages_server import call, text

AGENT = "name: careful\nmodel: claude-opus-5-5\nsystem: {system}\ntools: [{{type: agent_toolset_20260401}}]\n"


def test_a_session_is_replayed_recorded_and_run_again_with_two_versions_of_its_agent(tmp_path: Path) -> None:
    write = call("write", {"file_path": "/workspace/done", "content": "yes"})
    with installation([write, text("Done."), text("I did not."), write, text("Done.")]) as here:
        file, suite = tmp_path / "careful.yaml", tmp_path / "suite"
        file.write_text(AGENT.format(system="Be careful."))
        here.told("agents", "apply", "-f", str(file))
        session_id = here.run_detached("--agent", "careful", "-C", "none", "--title", "do it", "Do it")
        here.until(session_id, "session.status_idle")
        asked = len(here.model.requests)
        live_tools = here.json("replay", session_id, "--live-tools")["calls"]
        assert [(one["name"], one["same"]) for one in live_tools] == [("write", True)]
        assert here.json("replay", session_id)["same"] == 2
        here.told("eval", str(suite), "--record", session_id, "--check", "test -e /workspace/done")
        assert "✓" in here.told("eval", str(suite))

        file.write_text(AGENT.format(system="Be bold."))
        here.told("agents", "apply", "-f", str(file))
        differs = here.say("replay", session_id, "--with-agent", "careful")
        assert differs.code == 1
        assert "Be careful." in differs.out
        assert "Be bold." in differs.out
        compared = here.say("eval", str(suite), "--agent", "careful@1", "--agent", "careful", "--json")
        assert [(one["candidate"], one["passed"]) for one in json.loads(compared.out)] == [
            ("careful@1", True),
            ("careful@2", False),
        ]
        assert len(here.model.requests) == asked

        report = tmp_path / "report.xml"
        words = ("eval", str(suite), "--agent", "careful@1", "--agent", "careful", "--live", "--junit", str(report))
        live = here.say(*words)
        assert live.code == 1
        suites = ElementTree.parse(report).getroot()
        assert [(one.get("name"), one.get("failures")) for one in suites] == [("careful@1", "1"), ("careful@2", "0")]
        assert here.say("eval", str(tmp_path)).code == 2
