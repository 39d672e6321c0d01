"""Endpoints of other vendors' shapes, Chat Completions and generateContent, that play one script: two commands, then an answer."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from workbench.contracts.values import Json

SHELLS: Final = ("bash", "run_shell_command")
"""What agents call the tool that runs a command."""
ANSWER: Final = "Done with it."
TITLE: Final = "A look around"
USAGE: Final[Json] = {
    "prompt_tokens": 1000,
    "prompt_tokens_details": {"cached_tokens": 600},
    "completion_tokens": 50,
    "completion_tokens_details": {"reasoning_tokens": 20},
    "total_tokens": 1050,
}
GOOGLE_USAGE: Final[Json] = {
    "promptTokenCount": 1000,
    "cachedContentTokenCount": 600,
    "candidatesTokenCount": 30,
    "thoughtsTokenCount": 20,
    "totalTokenCount": 1050,
}


class Script:
    """What was asked with tools, which alone is counted, and what comes next."""

    def __init__(self, commands: Sequence[str]) -> None:
        self.commands = list(commands)
        self.requests = 0

    def call(self, tools: Mapping[str, Json], done: int) -> tuple[str, Json] | None:
        """The tool and its input, by the schemas of the tools; None at the end, and for a request without a shell, as for a title."""
        shell = next((name for name in SHELLS if name in tools), None)
        if shell is None:
            return None
        self.requests += 1
        if done >= len(self.commands):
            return None
        given = {"command": self.commands[done], "description": "run it", "is_background": False}
        return shell, {name: value for name, value in given.items() if name in tools[shell].get("properties", given)}


@contextlib.contextmanager
def completions(commands: Sequence[str]) -> Iterator[tuple[str, Script]]:
    """The address of the server and its script."""
    script = Script(commands)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send("application/json", b'{"object": "list", "data": [], "models": []}')

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
            if "generateContent" in self.path or "GenerateContent" in self.path:
                told = _google(script, body)
                is_stream = "stream" in self.path
            elif self.path.endswith(":countTokens"):
                told, is_stream = [{"totalTokens": 1000}], False
            else:
                is_stream = bool(body.get("stream"))
                told = _openai(script, body, is_stream=is_stream)
            if not is_stream:
                return self._send("application/json", json.dumps(told[-1]).encode())
            lines = [f"data: {json.dumps(one)}\n\n" for one in told]
            end = [] if "enerateContent" in self.path else ["data: [DONE]\n\n"]
            return self._send("text/event-stream", "".join(lines + end).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def _send(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _openai(script: Script, body: Json, *, is_stream: bool) -> list[Json]:
    tools = {tool["function"]["name"]: tool["function"].get("parameters") or {} for tool in body.get("tools") or []}
    done = sum(message["role"] == "assistant" for message in body["messages"])
    called = script.call(tools, done)
    message: Json = {"role": "assistant", "content": ANSWER if tools else TITLE}
    if called is not None:
        given = {"name": called[0], "arguments": json.dumps(called[1])}
        message = {"role": "assistant", "content": None}
        message["tool_calls"] = [{"index": 0, "id": f"call_{done}", "type": "function", "function": given}]
    finish = "tool_calls" if called else "stop"
    head = {"id": f"chatcmpl-{done}-{script.requests}", "created": 1, "model": body["model"]}
    if not is_stream:
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return [head | {"object": "chat.completion", "choices": [choice], "usage": USAGE}]
    chunk = head | {"object": "chat.completion.chunk"}
    return [
        chunk | {"choices": [{"index": 0, "delta": message, "finish_reason": None}]},
        chunk | {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]},
        chunk | {"choices": [], "usage": USAGE},
    ]


def _google(script: Script, body: Json) -> list[Json]:
    declared = [one for tool in body.get("tools") or [] for one in tool.get("functionDeclarations", [])]
    tools = {one["name"]: one.get("parametersJsonSchema") or one.get("parameters") or {} for one in declared}
    parts = [part for content in body["contents"] if content.get("role") == "model" for part in content["parts"]]
    called = script.call(tools, sum("functionCall" in part for part in parts))
    part: Json = {"text": ANSWER if tools else TITLE}
    if called is not None:
        part = {"functionCall": {"id": f"call_{script.requests}", "name": called[0], "args": called[1]}}
    candidate = {"index": 0, "content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
    return [{"candidates": [candidate], "usageMetadata": GOOGLE_USAGE, "modelVersion": "gemini-2.5-pro"}]
