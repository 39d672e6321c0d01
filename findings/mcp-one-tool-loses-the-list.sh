#!/usr/bin/env bash
# mcp 2.3.0 (PyPI, the protocol's Python SDK): an answer to tools/list is validated as one value. One tool without an inputSchema, or
# with the schema `true` (which JSON Schema has), makes the whole answer fail, so a client that reads it with these types loses every
# other tool of that server. A schema without a type, which most model endpoints refuse, is taken.
#
# Seen on 2026-11-28 with Python 3.11:
#   no inputSchema           ValidationError: the good tool is lost too
#   inputSchema true         ValidationError: the good tool is lost too
#   inputSchema without type 2 tools
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check mcp==2.3.0
"$folder/venv/bin/python" - <<'PY'
from mcp.types import ListToolsResult
from pydantic import ValidationError

GOOD = {"name": "good", "inputSchema": {"type": "object"}}
CASES = {
    "no inputSchema": ({"name": "odd"}, None),
    "inputSchema true": ({"name": "odd", "inputSchema": True}, None),
    "inputSchema without type": ({"name": "odd", "inputSchema": {"properties": {}}}, 2),
}
for title, (odd, expected) in CASES.items():
    try:
        found = len(ListToolsResult.model_validate({"tools": [GOOD, odd]}).tools)
        print(f"{title:<24} {found} tools")
    except ValidationError:
        found = None
        print(f"{title:<24} ValidationError: the good tool is lost too")
    assert found == expected, title
PY
