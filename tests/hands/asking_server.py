"""MCP servers that ask a person: one of the 2025 protocol in the standard library alone, one of 2026 by the library."""

OLDER = r"""
import json, sys

FORM = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

def say(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

def reply_to(id_, method, asked):
    if method == "initialize":
        offered = asked["capabilities"]
        assert "form" in offered["elicitation"] and "sampling" not in offered, offered
        say(id=id_, result={"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
            "serverInfo": {"name": "asks", "version": "1"}})
    elif method == "tools/list":
        say(id=id_, result={"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in ("buy", "look", "sample")]})
    elif method == "tools/call" and asked["name"] == "buy":
        waiting["ask"] = id_
        say(id="ask", method="elicitation/create", params={"mode": "form", "message": "Where to?", "requestedSchema": FORM})
    elif method == "tools/call" and asked["name"] == "sample":
        waiting["sample"] = id_
        say(id="sample", method="sampling/createMessage", params={"messages": [], "maxTokens": 5})
    elif method == "tools/call":
        if waiting.get("ask"):
            waiting["look"] = id_
        else:
            say(id=id_, result=text("looked"))
    else:
        say(id=id_, error={"code": -32601, "message": "unknown"})

def text(words):
    return {"content": [{"type": "text", "text": words}]}

waiting = {}
for line in sys.stdin:
    message = json.loads(line)
    if "method" in message and "id" in message:
        reply_to(message["id"], message["method"], message.get("params") or {})
    elif "method" not in message:
        id_ = waiting.pop(message["id"])
        say(id=id_, result=text(json.dumps(message.get("result") or message.get("error"))))
        if "look" in waiting:
            say(id=waiting.pop("look"), result=text("looked after"))
"""

PRESENT = r"""
import json, sys

FORM = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
tools, calls, listening = ["buy", "change", "drop", "sample", "pause"], [0], []

def say(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

def done(id_, **result):
    say(id=id_, result={"resultType": "complete", **result})

def text(id_, words):
    done(id_, content=[{"type": "text", "text": words}])

def called(id_, asked):
    calls[0] += 1
    meta = asked["_meta"]
    if asked["name"] == "buy" and "inputResponses" not in asked:
        wanted = {"where": {"method": "elicitation/create",
            "params": {"mode": "form", "message": "Where to?", "requestedSchema": FORM}}, "places": {"method": "roots/list"}}
        say(id=id_, result={"resultType": "input_required", "inputRequests": wanted, "requestState": "sealed"})
    elif asked["name"] == "buy":
        given = asked["inputResponses"]
        text(id_, json.dumps([asked["requestState"], given["where"], given["places"]["roots"][0]["name"]]))
    elif asked["name"] == "sample":
        wanted = {"m": {"method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 5}}}
        say(id=id_, result={"resultType": "input_required", "inputRequests": wanted})
    elif asked["name"] == "pause" and "requestState" not in asked:
        say(id=id_, result={"resultType": "input_required", "requestState": "later"})
    elif asked["name"] == "change":
        tools.append("new")
        say(method="notifications/tools/list_changed", params={"_meta": {SUBSCRIPTION: listening[-1]}})
        text(id_, "changed")
    elif asked["name"] == "drop":
        tools.append("unseen")
        say(id=listening[-1], error={"code": -32603, "message": "lost"})
        text(id_, "dropped")
    else:
        text(id_, f"{calls[0]} calls")

for line in sys.stdin:
    message = json.loads(line)
    id_, method, asked = message.get("id"), message.get("method"), message.get("params") or {}
    if method == "server/discover":
        done(id_, supportedVersions=["2026-07-28"], capabilities={"tools": {"listChanged": True}}, ttlMs=0, cacheScope="public")
    elif method == "tools/list":
        done(id_, tools=[{"name": name, "inputSchema": {"type": "object"}} for name in tools], ttlMs=0, cacheScope="public")
    elif method == "subscriptions/listen":
        listening.append(id_)
        say(method="notifications/subscriptions/acknowledged",
            params={"_meta": {SUBSCRIPTION: id_}, "notifications": {"toolsListChanged": True}})
    elif method == "tools/call":
        called(id_, asked)
    elif id_ is not None and method:
        say(id=id_, error={"code": -32601, "message": "unknown"})
"""
