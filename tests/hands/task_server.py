"""MCP servers that run calls as tasks: one of the 2025 protocol and one of 2026; what they heard stands in `heard` of their folder."""

_COMMON = r"""
import json, pathlib, sys

FORM = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WHERE = {"method": "elicitation/create", "params": {"mode": "form", "message": "Where to?", "requestedSchema": FORM}}
heard = pathlib.Path("heard")

def say(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

def times(what):
    said = heard.read_text().split("\n") if heard.exists() else []
    heard.write_text("\n".join([*said, what]))
    return said.count(what) + 1

def text(words):
    return {"content": [{"type": "text", "text": words}, {"type": "odd"}]}
"""

PRESENT = (
    _COMMON
    + r"""
def done(id_, **result):
    say(id=id_, result={"resultType": "complete", **result})

for line in sys.stdin:
    message = json.loads(line)
    id_, method, asked = message.get("id"), message.get("method"), message.get("params") or {}
    task = asked.get("taskId")
    stamp = {"taskId": task, "createdAt": "2026-01-01T00:00:00Z", "lastUpdatedAt": "2026-01-01T00:00:00Z", "ttlMs": None}
    if task:
        count = times(f"{method} {task}")
    if method == "server/discover":
        done(id_, supportedVersions=["2026-07-28"], capabilities={"tools": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}},
            ttlMs=0, cacheScope="public")
    elif method == "tools/list":
        done(id_, tools=[{"name": name, "inputSchema": {"type": "object"}} for name in ("ask", "stay", "fail", "stop")],
            ttlMs=0, cacheScope="public")
    elif method == "tools/call":
        assert "io.modelcontextprotocol/tasks" in asked["_meta"]["io.modelcontextprotocol/clientCapabilities"]["extensions"]
        say(id=id_, result={**stamp, "resultType": "task", "taskId": asked["name"], "status": "working", "pollIntervalMs": 1})
    elif method == "tasks/get" and task == "ask" and heard.read_text().count("tasks/update ask"):
        done(id_, **stamp, status="completed", result=text("to Rome"))
    elif method == "tasks/get" and task == "ask" and count > 1:
        done(id_, **stamp, status="input_required", inputRequests={"where": WHERE})
    elif method == "tasks/get" and task == "fail":
        done(id_, **stamp, status="failed", error={"code": -32603, "message": "broken inside"})
    elif method == "tasks/get" and task == "stop":
        done(id_, **stamp, status="cancelled", statusMessage="no room")
    elif method == "tasks/get":
        done(id_, **stamp, status="working")
    elif method == "tasks/update":
        assert asked["inputResponses"] == {"where": {"action": "accept", "content": {"city": "Rome"}}}, asked
        done(id_)
    elif method == "tasks/cancel":
        done(id_)
    elif id_ is not None and method:
        say(id=id_, error={"code": -32601, "message": "unknown"})
"""
)

OLDER = (
    _COMMON
    + r"""
waiting = {}
for line in sys.stdin:
    message = json.loads(line)
    id_, method, asked = message.get("id"), message.get("method"), message.get("params") or {}
    task = asked.get("taskId") or asked.get("name")
    stamp = {"taskId": task, "createdAt": "2025-12-01T00:00:00Z", "lastUpdatedAt": "2025-12-01T00:00:00Z", "ttl": 1000, "pollInterval": 1}
    if method == "initialize":
        tasks = {"cancel": {}, "requests": {"tools": {"call": {}}}}
        say(id=id_, result={"protocolVersion": "2025-11-25", "capabilities": {"tools": {}, "tasks": tasks},
            "serverInfo": {"name": "works", "version": "1"}})
    elif method == "tools/list":
        say(id=id_, result={"tools": [{"name": name, "inputSchema": {"type": "object"}, "execution": {"taskSupport": support}}
            for name, support in (("ask", "required"), ("stay", "required"), ("now", "optional"))]})
    elif method == "tools/call" and "task" in asked:
        say(id=id_, result={"task": {**stamp, "status": "working"}})
    elif method == "tools/call":
        say(id=id_, result=text("at once") if task == "now" else {"content": [], "isError": True})
    elif method == "tasks/get":
        status = "input_required" if times(f"tasks/get {task}") > 1 and task == "ask" else "working"
        say(id=id_, result={**stamp, "status": status})
    elif method == "tasks/result":
        waiting["result"] = id_
        say(id="ask", **WHERE)
    elif method == "tasks/cancel":
        times(f"tasks/cancel {task}")
        say(id=id_, result={**stamp, "status": "cancelled"})
    elif method is None and message["id"] == "ask":
        say(id=waiting.pop("result"), result=text("to " + message["result"]["content"]["city"]))
    elif id_ is not None and method:
        say(id=id_, error={"code": -32601, "message": "unknown"})
"""
)
