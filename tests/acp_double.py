"""An agent of the Agent Client Protocol that does what its prompt says: a program of a sandbox, of the standard library only.

A prompt's last text is a JSON list of steps, each a list of a word and what belongs to it; any other text is repeated.
"""

import json
import os
import select
import subprocess
import sys
import time
from typing import Any

Json = dict[str, Any]
OPTIONS = [
    {"optionId": "yes-always", "name": "Always", "kind": "allow_always"},
    {"optionId": "yes", "name": "Yes", "kind": "allow_once"},
    {"optionId": "no", "name": "No", "kind": "reject_once"},
]


class Double:
    """One connection on standard input and output."""

    def __init__(self, options: list[str]) -> None:
        self.options = options
        self.sessions = 0
        self.cancelled = False
        self.asked = 0

    def send(self, **message: Any) -> None:
        self.write(json.dumps({"jsonrpc": "2.0", **message}))

    def write(self, line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def hear(self) -> Json | None:
        line = sys.stdin.readline()
        return json.loads(line) if line else None

    def serve(self) -> None:
        if "--garbage" in self.options:
            self.write("Welcome to the agent!")
        while (message := self.hear()) is not None:
            match message.get("method"):
                case "initialize" if "--silent" not in self.options:
                    can = {"loadSession": "--load" in self.options, "promptCapabilities": {"image": True}}
                    version = 2 if "--version-2" in self.options else 1
                    self.send(id=message["id"], result={"protocolVersion": version, "agentCapabilities": can})
                case "session/new" if "--auth" in self.options:
                    self.send(id=message["id"], error={"code": -32000, "message": "Authentication required"})
                case "session/new":
                    modes = {
                        "currentModeId": "code",
                        "availableModes": [{"id": "code", "name": "Code"}, {"id": "plan", "name": "Plan"}],
                    }
                    self.send(id=message["id"], result={"sessionId": f"double-{os.getpid()}", "modes": modes})
                case "session/load":
                    self.send(id=message["id"], result={})
                case "session/set_mode":
                    self.send(id=message["id"], result={})
                case "session/prompt":
                    self.prompted(message)

    def prompted(self, message: Json) -> None:
        self.cancelled = False
        session_id, prompt = message["params"]["sessionId"], message["params"]["prompt"]
        text = prompt[-1].get("text", "")
        steps = json.loads(text) if text.startswith("[") else [["say", text]]
        result: Json = {"stopReason": "end_turn"}
        for word, *given in steps:
            if self.cancelled:
                break
            if word == "result":
                result |= given[0]
            elif word == "error":
                self.send(id=message["id"], error=given[0])
                return
            else:
                self.step(session_id, word, given, prompt)
        if self.cancelled:
            result["stopReason"] = "cancelled"
        self.send(id=message["id"], result=result)

    def step(self, session_id: str, word: str, given: list[Any], prompt: list[Json]) -> None:
        match word:
            case "say":
                self.update(session_id, "agent_message_chunk", content={"type": "text", "text": given[0]})
            case "prompt":
                told = json.dumps(prompt)
                self.update(session_id, "agent_message_chunk", content={"type": "text", "text": told})
            case "think":
                self.update(session_id, "agent_thought_chunk", content={"type": "text", "text": given[0]})
            case "update":
                self.update(given[1] if len(given) > 1 else session_id, given[0].pop("sessionUpdate"), **given[0])
            case "ask":
                self.ask(session_id, given[0])
            case "run":
                subprocess.run(["sh", "-c", given[0]], check=False)
            case "raw":
                self.write(given[0])
            case "long":
                self.write("x" * given[0])
            case "request":
                self.send(id="own-1", method=given[0], params=given[1])
                self.update(
                    session_id, "agent_message_chunk", content={"type": "text", "text": json.dumps(self.hear())}
                )
            case "exit":
                sys.stderr.write("the double is told to end\n")
                sys.exit(given[0])
            case "hold":
                self.hold(given[0])
            case "deaf":
                time.sleep(3600)

    def update(self, session_id: str, session_update: str, /, **more: Any) -> None:
        params = {"sessionId": session_id, "update": {"sessionUpdate": session_update, **more}}
        self.send(method="session/update", params=params)

    def ask(self, session_id: str, tool: Json) -> None:
        """Ask, and do what belongs to the call only if it is permitted: its shell command, and a word of how it ended."""
        self.asked += 1
        request_id, run = f"ask-{self.asked}", tool.pop("run", "")
        asking = tool.pop("session", session_id)
        params = {"sessionId": asking, "toolCall": tool, "options": OPTIONS}
        self.send(id=request_id, method="session/request_permission", params=params)
        while (message := self.hear()) is not None:
            if message.get("method") == "session/cancel":
                self.cancelled = True
            elif message.get("id") == request_id:
                break
        outcome = ((message or {}).get("result") or {}).get("outcome") or {"outcome": "error"}
        ended: Json = {"toolCallId": tool["toolCallId"], "status": "failed"}
        if outcome.get("optionId") == "yes":
            if run:
                subprocess.run(["sh", "-c", run], check=False)
            ended["status"] = "completed"
        self.update(session_id, "tool_call_update", **ended, content=[_text(json.dumps(outcome))])

    def hold(self, path: str) -> None:
        """Wait until there is a file, or the prompt is cancelled."""
        while not os.path.exists(path):
            if select.select([sys.stdin], [], [], 0.05)[0]:
                message = self.hear()
                if message is None:
                    sys.exit(0)
                if message.get("method") == "session/cancel":
                    self.cancelled = True
                    return


def _text(text: str) -> Json:
    return {"type": "content", "content": {"type": "text", "text": text}}


if __name__ == "__main__":
    Double(sys.argv[1:]).serve()
