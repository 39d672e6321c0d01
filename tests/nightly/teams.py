"""A coordinator with three agents whose engine is killed at any moment: each report comes once, and no effect twice."""

from __future__ import annotations

import random
import threading
from collections import Counter
from typing import Any

from tests.line.installation import Installation, installation
from tests.messages_server import Play, call, text
from tests.nightly.summary import Summary
from workbench import settings
from workbench.client import paths
from workbench.client.sync import connect
from workbench.contracts.values import Json

NAMES = ("tester", "coder", "writer")
STEPS = 3
LEDGER = "/mnt/session/outputs/ledger"


def play(request: Json) -> Play:
    """The coordinator starts all and waits; each agent writes some lines and reports. Told apart by how many calls there were."""
    role = str(request["system"][0]["text"]).partition("\n")[0]
    done = sum(block["type"] == "tool_use" for turn in request["messages"] for block in _blocks(turn))
    if role == "lead":
        if done == len(NAMES):
            return text("I have started all, or heard of them.")
        return call("create_agent", {"agent": NAMES[done], "message": f"Do the work of the {NAMES[done]}."})
    if done == STEPS:
        return text(f"The {role} has done all.")
    return call("bash", {"command": f"echo {role} {done} >> {LEDGER}; sleep 0.3"})


def _blocks(turn: Json) -> list[Json]:
    content = turn["content"]
    return [] if isinstance(content, str) else content


def coordinator(here: Installation, *names: str) -> str:
    """The id of an agent that may start agents of these names; the engine runs."""
    engine = connect(settings.load(here.environment))
    assert engine is not None
    usual: Json = {"model": "claude-opus-5-5", "tools": [{"type": "agent_toolset_20260401"}]}
    members = [engine.post(paths.AGENTS, {"name": name, "system": name, **usual})["id"] for name in names]
    team = {"type": "coordinator", "agents": members}
    made: str = engine.post(paths.AGENTS, {"name": "lead", "system": "lead", "multiagent": team, **usual})["id"]
    return made


def run(count: int, chance: random.Random) -> Summary:
    """One team; its engine is killed so many times."""
    summary, pause = Summary(), threading.Event()
    with installation() as here:
        here.model.otherwise = play
        here.told("up")
        session_id = here.run_detached("--agent", coordinator(here, *NAMES), "-C", "none", "go")
        for _ in range(count):
            pause.wait(chance.uniform(0.0, 1.2))
            here.kill_engine()
            here.told("up")
            summary.figures["killed"] += 1
        if (code := here.say("logs", "-f", session_id).code) != 0:
            summary.faults.append(f"the session ended with {code}")
        summary.faults += _faults(here, session_id)
    return summary


def _faults(here: Installation, session_id: str) -> list[str]:
    engine = connect(settings.load(here.environment))
    assert engine is not None
    events = list(engine.pages(paths.events(session_id), [("limit", "1000")]))
    reports = Counter(one["from_agent_name"] for one in events if one["type"] == "agent.thread_message_received")
    made = [one for one in events if one["type"] == "session.thread_created"]
    faults = []
    if reports != Counter(NAMES):
        faults.append(f"reports: {reports}")
    if sorted(one["agent_name"] for one in made) != sorted(NAMES):
        faults.append(f"threads: {[one['agent_name'] for one in made]}")
    for one in made:
        path = paths.thread_events(session_id, one["session_thread_id"])
        faults += _of_thread(one["agent_name"], list(engine.pages(path, [("limit", "1000")])))
    ledger = here.home / "data" / "sandboxes" / session_id / "session" / "outputs" / "ledger"
    written = ledger.read_text().splitlines()
    if len(set(written)) != len(written):
        faults.append(f"written twice: {written}")
    return faults


def _of_thread(name: str, events: list[dict[str, Any]]) -> list[str]:
    kinds = Counter(one["type"] for one in events)
    called = {one["id"] for one in events if one["type"] == "agent.tool_use"}
    results = [one["tool_use_id"] for one in events if one["type"] == "agent.tool_result"]
    is_well = len(called) == STEPS and sorted(results) == sorted(called) and kinds["agent.thread_message_sent"] == 1
    return [] if is_well else [f"{name}: {dict(kinds)}"]
