"""Programs of the oldest and of the locked SDK, unmodified, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anthropic
import pytest

from tests.line.installation import installation
from tests.messages_server import text

OLDEST = "2.10.0"
PROGRAM = """
import anthropic
print(anthropic.__version__)
client = anthropic.Anthropic()
agent = client.beta.agents.create(name="a", model="m", tools=[{"type": "agent_toolset_20260401"}])
environment = client.beta.environments.create(name="e", config={"type": "cloud", "networking": {"type": "unrestricted"}})
session = client.beta.sessions.create(agent=agent.id, environment_id=environment.id, title="t")
with client.beta.sessions.events.stream(session.id) as stream:
    client.beta.sessions.events.send(session.id, events=[{"type": "user.message", "content": [{"type": "text", "text": "hi"}]}])
    for event in stream:
        if event.type == "agent.message":
            print(event.content[0].text)
        if event.type == "session.status_idle":
            break
store = client.beta.memory_stores.create(name="s")
for path in ("/a b/c+d", "/a+b/c"):
    client.beta.memory_stores.memories.create(store.id, path=path, content=path)
for prefix in ("/a b/", "/a+b/"):
    print([memory.path for memory in client.beta.memory_stores.memories.list(store.id, path_prefix=prefix)])
print([model.lifecycle for model in client.models.list()][-1])
"""


@pytest.mark.parametrize("version", [OLDEST, anthropic.__version__])
def test_the_quick_start_runs_and_blanks_and_pluses_in_queries_are_told_apart(version: str, tmp_path: Path) -> None:
    around = dict(os.environ)
    if version != anthropic.__version__:
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", f"--target={tmp_path}"]
        subprocess.run([*pip, f"anthropic=={version}"], check=True, timeout=100, capture_output=True)
        around["PYTHONPATH"] = str(tmp_path)
    with installation([text("Hello from the scripted model.")]) as here:
        lines = here.told("serve", "--port", "0").splitlines()
        exported = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=around | exported,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    told = [version, "Hello from the scripted model.", "['/a b/c+d']", "['/a+b/c']", "active"]
    assert (done.stdout.splitlines(), done.returncode) == (told, 0), done.stderr
