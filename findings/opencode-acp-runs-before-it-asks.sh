#!/usr/bin/env bash
# opencode-ai 1.18.33 (npm): its ACP server says that a tool call is in progress before it asks whether it may run.
#
# The Agent Client Protocol has `pending` for a call that "is waiting for approval" and `in_progress` for one that "is currently running".
# A client that writes down what runs by these words would have the call running and permitted while its own user is still asked.
# What the call does waits for the answer all the same: only its status is early.
#
# Seen on 2026-11-30 with Node 20 against a scripted server on loopback:
#   told before it asked: pending, in_progress
#   the file was there while it asked: False
#   after the answer: completed, and the file is there: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit opencode-ai@1.18.33 >/dev/null 2>&1
mkdir home work
python3 - <<'PY'
import http.server, json, os, subprocess, threading

COMMAND = {"command": "echo made > made.txt", "description": "Write a file"}


class Server(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        has_run = any(part.get("type") == "tool_result" for part in asked["messages"][-1]["content"] if isinstance(part, dict))
        calls = bool(asked.get("tools")) and not has_run
        usage = {"input_tokens": 10, "output_tokens": 5}
        head = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"], "content": []}
        block = {"type": "tool_use", "id": "toolu_1", "name": "bash", "input": {}} if calls else {"type": "text", "text": ""}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(COMMAND)} if calls else {"type": "text_delta", "text": "Done."}
        parts = [
            {"type": "message_start", "message": head | {"stop_reason": None, "stop_sequence": None, "usage": usage}},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "tool_use" if calls else "end_turn"}, "usage": usage},
            {"type": "message_stop"},
        ]
        body = "".join(f"event: {part['type']}\ndata: {json.dumps(part)}\n\n" for part in parts).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
options = {"baseURL": f"http://127.0.0.1:{server.server_port}/v1", "apiKey": "none"}
config = {"provider": {"anthropic": {"options": options}}, "model": "anthropic/claude-sonnet-4-5", "permission": "ask", "autoupdate": False}
environment = {"PATH": os.environ["PATH"], "HOME": os.path.abspath("home"), "OPENCODE_CONFIG_CONTENT": json.dumps(config)}
work = os.path.abspath("work")
agent = subprocess.Popen(
    [os.path.abspath("node_modules/.bin/opencode"), "acp"],
    env=environment, cwd=work, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
)  # fmt: skip
limit = threading.Timer(120, agent.kill)
limit.daemon = True
limit.start()
told, asked, is_there = [], None, None


def send(**message):
    agent.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    agent.stdin.flush()


send(id=1, method="initialize", params={"protocolVersion": 1, "clientCapabilities": {}})
for line in agent.stdout:
    message = json.loads(line)
    update = message.get("params", {}).get("update", {})
    if message.get("id") == 1 and "result" in message:
        send(id=2, method="session/new", params={"cwd": work, "mcpServers": []})
    elif message.get("id") == 2 and "result" in message:
        prompt = [{"type": "text", "text": "Write it"}]
        send(id=3, method="session/prompt", params={"sessionId": message["result"]["sessionId"], "prompt": prompt})
    elif update.get("sessionUpdate") in ("tool_call", "tool_call_update"):
        told.append(update.get("status"))
    elif message.get("method") == "session/request_permission":
        asked, is_there = [one for one in dict.fromkeys(told) if one], os.path.exists("work/made.txt")
        once = next(one["optionId"] for one in message["params"]["options"] if one["kind"] == "allow_once")
        send(id=message["id"], result={"outcome": {"outcome": "selected", "optionId": once}})
    elif message.get("id") == 3:
        break
agent.kill()
print("told before it asked:", ", ".join(asked))
print("the file was there while it asked:", is_there)
print(f"after the answer: {told[-1]}, and the file is there: {os.path.exists('work/made.txt')}")
assert asked[-1] == "in_progress"
assert not is_there
assert told[-1] == "completed"
assert os.path.exists("work/made.txt")
PY
