#!/usr/bin/env bash
# @anthropic-ai/claude-code 2.1.332 (npm): the cost in a session's file counts requests that no line of it has, and a fork's goes on
# from its parent's.
#
# The last line of a transcript, `cost-state`, has the running `totalCostUSD` and tokens by model. A good guess would be that they are
# the sum of the answers above it. `/compact` sends a request whose answer stands in no line, and only this line counts it. A session
# that is resumed or forked counts on from where it was, and the fork's `cost-state` has the `startTime` of its parent: adding up the
# last totals of all files counts what they share once for each fork.
#
# Seen on 2026-11-30 with Node 20 against a scripted server on loopback, every answer 1000 tokens in and 50 out:
#   parent: answers 1000, cost-state 2000
#   fork: answers 1000, cost-state 3000, same startTime: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit @anthropic-ai/claude-code@2.1.332 >/dev/null 2>&1
mkdir home work
python3 - <<'PY'
import http.server, itertools, json, os, pathlib, subprocess, threading

numbers = itertools.count()


class Server(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        usage = {"input_tokens": 1000, "output_tokens": 50, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
        head = {"id": f"msg_{next(numbers)}", "type": "message", "role": "assistant", "model": asked.get("model"), "content": []}
        parts = [
            {"type": "message_start", "message": head | {"stop_reason": None, "stop_sequence": None, "usage": usage}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "<summary>Done.</summary>"}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
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
environment = {
    "PATH": os.environ["PATH"],
    "HOME": os.path.abspath("home"),
    "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_port}",
    "ANTHROPIC_API_KEY": "none",
    "DISABLE_AUTOUPDATER": "1",
}


def run(*words):
    command = [os.path.abspath("node_modules/.bin/claude"), "-p", "--model", "claude-sonnet-4-5", *words]
    subprocess.run(command, env=environment, cwd="work", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True, timeout=120)


def lines(file):
    return [json.loads(line) for line in file.read_text().split("\n") if line]


def told(file, known=frozenset()):
    """Input tokens of the answers that are new in a file, the last totals, and where these count from."""
    answers = {line["message"]["id"]: line["message"]["usage"] for line in lines(file) if line["type"] == "assistant"}
    state = [line for line in lines(file) if line["type"] == "cost-state"][-1]
    counted = sum(one["inputTokens"] for one in state["modelUsage"].values())
    return sum(one["input_tokens"] for name, one in answers.items() if name not in known), counted, state["startTime"], set(answers)


run("hello")
run("-c", "/compact")
[parent] = pathlib.Path("home/.claude/projects").rglob("*.jsonl")
own, counted, began, known = told(parent)
print(f"parent: answers {own}, cost-state {counted}")
run("-c", "--fork-session", "again")
[fork] = [file for file in pathlib.Path("home/.claude/projects").rglob("*.jsonl") if file != parent]
forked, total, since, _ = told(fork, known)
print(f"fork: answers {forked}, cost-state {total}, same startTime: {since == began}")
assert counted > own
assert total == counted + forked
assert since == began
PY
