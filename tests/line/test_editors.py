"""`workbench acp` as an editor has it: a process that speaks JSON-RPC on stdio, in front of a real engine and sandbox."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.line.installation import Installation, installation
from tests.messages_server import Play, Stall, call, text
from workbench.contracts.values import Json

PATH = "/workspace/shop/a.txt"
EDIT = {"file_path": PATH, "old_string": "one", "new_string": "two"}
PLAN = [{"title": "Edit", "status": "in_progress"}]


@dataclass
class Editor:
    """The other end; `permits` answers what the agent asks."""

    process: subprocess.Popen[str]
    permits: Callable[[Json], str] = lambda _: "allow-once"
    updates: list[Json] = field(default_factory=list)
    asked: list[Json] = field(default_factory=list)
    when: Callable[[Json], None] = lambda _: None
    count: int = 0

    def send(self, message: Json) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def ask(self, method: str, **params: Any) -> Json:
        """A request to its answer; what the agent says and asks meanwhile is taken."""
        assert self.process.stdout is not None
        self.count += 1
        self.send({"id": self.count, "method": method, "params": params})
        for line in self.process.stdout:
            message: Json = json.loads(line)
            if message.get("method") == "session/update":
                self.updates.append(message["params"]["update"])
                self.when(self.updates[-1])
            elif message.get("method") == "session/request_permission":
                self.asked.append(message["params"])
                outcome = {"outcome": "selected", "optionId": self.permits(message["params"])}
                self.send({"id": message["id"], "result": {"outcome": outcome}})
            elif message.get("id") == self.count:
                return message
        raise AssertionError(self.process.communicate())

    def hang_up(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def prompt(self, session_id: str, words: str) -> Json:
        return self.ask("session/prompt", sessionId=session_id, prompt=[{"type": "text", "text": words}])

    def said(self) -> str:
        chunks = [one["content"]["text"] for one in self.updates if one["sessionUpdate"] == "agent_message_chunk"]
        return "".join(chunks)

    def of(self, kind: str) -> list[Json]:
        return [one for one in self.updates if one["sessionUpdate"] == kind]


def editor(here: Installation, *words: str) -> Editor:
    process = subprocess.Popen(
        here.start_command("acp", *words),
        env=here.environment,
        cwd=here.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Editor(process)


def test_an_editor_prompts_permits_sees_diffs_and_plans_cancels_and_loads(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.txt").write_text("one\n")
    script: list[Play] = [
        call("update_tasks", {"tasks": PLAN}),
        call("edit", EDIT, said="I edit."),
        text("Done."),
        Stall(4),
    ]
    with installation(script) as here:
        first = editor(here, "--mode", "ask")
        hello = first.ask("initialize", protocolVersion=1, clientCapabilities={})["result"]
        assert (hello["protocolVersion"], hello["agentCapabilities"]["loadSession"]) == (1, True)
        assert first.ask("session/nothing")["error"]["code"] == -32601
        assert first.ask("session/prompt", sessionId="sesn_none", prompt=[])["error"]["code"] == -32002
        assert first.ask("session/new", cwd="shop", mcpServers=[])["error"]["code"] == -32602
        made = first.ask("session/new", cwd=str(folder), mcpServers=[])["result"]
        session_id = made["sessionId"]
        assert made["modes"]["currentModeId"] == "ask"

        assert first.prompt(session_id, "Edit it")["result"] == {"stopReason": "end_turn"}
        assert first.said() == "I edit.Done."
        assert first.of("plan")[0]["entries"] == [{"content": "Edit", "priority": "medium", "status": "in_progress"}]
        (asked,) = first.asked
        diff = {"type": "diff", "path": str(folder / "a.txt"), "oldText": "one", "newText": "two"}
        assert asked["toolCall"]["content"] == [diff]
        assert [one["status"] for one in first.of("tool_call_update")] == ["completed"]
        assert (folder / "a.txt").read_text() == "one\n"
        assert first.prompt(session_id, "/apply")["result"] == {"stopReason": "end_turn"}
        assert (folder / "a.txt").read_text() == "two\n"

        def cancel(update: Json) -> None:
            if update["sessionUpdate"] == "agent_message_chunk":
                first.send({"method": "session/cancel", "params": {"sessionId": session_id}})

        first.when = cancel
        assert first.prompt(session_id, "Talk")["result"] == {"stopReason": "cancelled"}
        assert first.process.stdin is not None
        first.process.stdin.close()
        assert first.process.wait(20) == 0
        first.hang_up()

        again = editor(here)
        again.ask("initialize", protocolVersion=1)
        (known,) = again.ask("session/list", cwd=str(folder))["result"]["sessions"]
        assert known["sessionId"] == session_id
        loaded = again.ask("session/load", sessionId=session_id, cwd=str(folder), mcpServers=[])["result"]
        assert loaded["modes"]["currentModeId"] == "ask"
        wrote = [one["content"]["text"] for one in again.of("user_message_chunk")]
        assert wrote[:1] == ["Edit it"]
        assert again.said().startswith("I edit.Done.")
        assert again.ask("session/set_mode", sessionId=session_id, modeId="plan")["result"] == {}
        assert again.prompt(session_id, "Go on")["result"] == {"stopReason": "end_turn"}
        again.hang_up()
