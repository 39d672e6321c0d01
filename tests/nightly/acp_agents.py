"""Real agents of others, as npm has them today, in real sandboxes against a scripted model: a prompt, a question, a file, a restart."""

from __future__ import annotations

import random
from typing import Any, Final

from tests.line.installation import Installation, installation
from tests.messages_server import Play, call, text
from tests.nightly.summary import Summary
from workbench.contracts.acp_agents import KNOWN

AGENTS: Final = [name for name, one in KNOWN.items() if not one.credential]
"""Those that ask the configured endpoint; the others' vendors are not here."""
WAIT_S: Final = 600
COMMAND: Final = "echo made > made.txt && cat made.txt"
DONE: Final = "Done: the file is written."


def run(count: int, chance: random.Random) -> Summary:
    """One story for each agent."""
    summary = Summary()
    for name in AGENTS[:count]:
        with installation() as here:
            here.model.otherwise = _play
            (here.home / "shop").mkdir()
            faults = list(_story(here, name, summary))
        summary.faults += [f"{name}: {fault}" for fault in faults]
    return summary


def _play(request: dict[str, Any]) -> Play:
    """Has the agent run one command of its shell, and then end; whatever else it asks gets words."""
    names = {str(tool.get("name")).lower(): str(tool.get("name")) for tool in request.get("tools") or ()}
    last = request["messages"][-1]["content"]
    has_run = isinstance(last, list) and any(block.get("type") == "tool_result" for block in last)
    if has_run or "bash" not in names or "Again" in str(last):
        return text(DONE)
    return call(names["bash"], {"command": COMMAND, "description": "Write a file"})


def _story(here: Installation, name: str, summary: Summary) -> list[str]:
    faults: list[str] = []
    test = here.say_within(WAIT_S, "agents", "test", f"acp:{name}")
    if test.code:
        return [test.err]
    session_id = here.run_detached("--agent", f"acp:{name}", "--mode", "ask", "-C", str(here.home / "shop"), "Write it")
    here.until(session_id, "session.status_idle", within_s=WAIT_S)
    asked = [one for one in here.events(session_id) if one["type"] == "agent.mcp_tool_use"]
    if [(one["name"], one["input"].get("command"), one["evaluated_permission"]) for one in asked] != [
        ("bash", COMMAND, "ask")
    ]:
        return [f"it asked {asked}"]
    # The agent waits in its sandbox, and not with the engine.
    here.kill_engine()
    here.told("allow", session_id)
    here.until(session_id, "session.status_idle", 2, within_s=WAIT_S)
    if "+made" not in here.told("diff", session_id):
        faults.append("it wrote no file")
    here.told("down", "--sandboxes")
    here.told("send", session_id, "Again?")
    here.until(session_id, "session.status_idle", 3, within_s=WAIT_S)
    told = here.events(session_id)
    said = [one["content"][0]["text"].strip() for one in told if one["type"] == "agent.message"]
    faults += [] if said[-2:] == [DONE, DONE] else [f"it said {said}"]
    faults += [one["error"]["message"] for one in told if one["type"] == "session.error"]
    if any("placeholder" in key for headers in here.model.headers for key in headers.values()):
        faults.append("the model saw the placeholder")
    usage = [one["model_usage"]["output_tokens"] for one in told if one["type"] == "span.model_request_end"]
    faults += [] if all(usage) else [f"it told no usage: {usage}"]
    summary.figures["agents"] += 1
    summary.figures["events"] += len(told)
    return faults
