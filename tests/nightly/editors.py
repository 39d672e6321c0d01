"""`workbench acp` against the protocol's own client library, installed apart: prompt, permission, diff, plan, cancel, load."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.line.installation import installation
from tests.messages_server import Play, Stall, call, text
from tests.nightly.summary import Summary

LIBRARY: Final = "agent-client-protocol==0.12.1"
WAIT_S: Final = 300
_CLIENT: Final = """
import asyncio, json, os, sys
from acp import spawn_agent_process, text_block
from acp.schema import AllowedOutcome, RequestPermissionResponse

class Client:
    def __init__(self):
        self.updates, self.asked, self.cancels = [], [], None
    async def session_update(self, session_id, update, **more):
        self.updates.append(update)
        if self.cancels and update.session_update == "agent_message_chunk":
            await self.cancels()
    async def request_permission(self, session_id, tool_call, options, **more):
        self.asked.append(tool_call)
        return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=options[0].option_id))
    def on_connect(self, conn):
        pass

async def main(folder, *command):
    found, client = {}, Client()
    async with spawn_agent_process(client, *command, env=dict(os.environ)) as (agent, process):
        hello = await agent.initialize(protocol_version=1)
        made = await agent.new_session(cwd=folder, mcp_servers=[])
        found["stop"] = (await agent.prompt(session_id=made.session_id, prompt=[text_block("Edit it")])).stop_reason
        found["kinds"] = [one.session_update for one in client.updates]
        found["diff"] = client.asked[0].content[0].model_dump(by_alias=True, exclude_none=True)
        await agent.set_session_mode(session_id=made.session_id, mode_id="plan")
        async def cancel():
            client.cancels = None
            await agent.cancel(session_id=made.session_id)
        client.cancels = cancel
        found["cancelled"] = (await agent.prompt(session_id=made.session_id, prompt=[text_block("Talk")])).stop_reason
    client = Client()
    async with spawn_agent_process(client, *command, env=dict(os.environ)) as (agent, process):
        await agent.initialize(protocol_version=1)
        listed = await agent.list_sessions(cwd=folder)
        loaded = await agent.load_session(cwd=folder, session_id=listed.sessions[0].session_id, mcp_servers=[])
        found["mode"] = loaded.modes.current_mode_id
        found["loaded"] = [one.session_update for one in client.updates]
    print(json.dumps(found))

asyncio.run(main(*sys.argv[1:]))
"""
WANTED: Final = {"stop": "end_turn", "cancelled": "cancelled", "mode": "plan"}


def run(count: int, chance: random.Random) -> Summary:
    """One story, whose every message the library's own models have read."""
    summary = Summary()
    plan = [{"title": "Edit", "status": "in_progress"}]
    with tempfile.TemporaryDirectory(prefix="wbacp") as name:
        shop = Path(name) / "shop"
        shop.mkdir()
        (shop / "a.txt").write_text("one\n")
        edit = {"file_path": "/workspace/shop/a.txt", "old_string": "one", "new_string": "two"}
        script: list[Play] = [call("update_tasks", {"tasks": plan}), call("edit", edit), text("Done."), Stall(4)]
        python = _prepared(Path(name))
        with installation(script) as here:
            told = [str(python), "-c", _CLIENT, str(shop), *here.start_command("acp", "--mode", "ask")]
            done = subprocess.run(
                told, env=here.environment, cwd=name, check=False, timeout=WAIT_S, capture_output=True, text=True
            )
    if done.returncode:
        summary.faults.append(done.stderr[-2000:])
        return summary
    found = json.loads(done.stdout)
    summary.faults += [f"{key} is {found[key]!r}" for key, value in WANTED.items() if found[key] != value]
    if not {"plan", "tool_call", "tool_call_update", "agent_message_chunk"} <= set(found["kinds"]):
        summary.faults.append(f"the prompt told {found['kinds']}")
    if (found["diff"].get("oldText"), found["diff"].get("newText")) != ("one", "two"):
        summary.faults.append(f"the diff is {found['diff']}")
    if "user_message_chunk" not in found["loaded"]:
        summary.faults.append(f"the load told {found['loaded']}")
    summary.figures["updates"] = len(found["kinds"]) + len(found["loaded"])
    return summary


def _prepared(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, timeout=WAIT_S)
    python = folder / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", LIBRARY]
    subprocess.run(pip, check=True, timeout=WAIT_S)
    return python
