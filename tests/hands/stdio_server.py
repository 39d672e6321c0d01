"""An MCP server of the standard library alone, as a program that a sandbox can run: `python3 -c` takes its text."""

PROGRAM = r"""
import json, os, sys

TOOL = {"name": "add", "description": "Adds.", "inputSchema": {"type": "object", "properties": {}}}

def answer(method, asked):
    if method == "initialize":
        version = asked["protocolVersion"]
        return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "adder", "version": "1"}}
    if method == "tools/list":
        return {"tools": [TOOL]}
    if asked["arguments"].get("die"):
        sys.exit("told to die")
    if asked["arguments"].get("roots"):
        print(json.dumps({"jsonrpc": "2.0", "id": "roots", "method": "roots/list"}), flush=True)
        reply = json.loads(sys.stdin.readline())
        return {"content": [{"type": "text", "text": json.dumps(reply["result"]["roots"])}]}
    said = json.dumps({"sum": asked["arguments"]["a"] + asked["arguments"]["b"], "pid": os.getpid(), "folder": os.getcwd()})
    return {"content": [{"type": "text", "text": os.environ.get("SAYS", "") + said}]}

print("a greeting that is no message", flush=True)
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    reply = {"jsonrpc": "2.0", "id": message["id"]}
    if message["method"] in ("initialize", "tools/list", "tools/call"):
        reply["result"] = answer(message["method"], message.get("params") or {})
    else:
        reply["error"] = {"code": -32601, "message": "unknown method"}
    print(json.dumps(reply), flush=True)
"""
