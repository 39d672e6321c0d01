#!/usr/bin/env bash
# mcp 2.3.0 (PyPI, the protocol's Python SDK), client and server of the same release, over streamable HTTP: a result over one mebibyte
# is lost with its defaults.
#
# The server sends a picture of 800 kB (1.07 MB as base64) without a word. The client drops any server-sent event over 1,048,576
# bytes (`max_sse_event_size`), and what its caller is told is not the limit but that the stream ended without a response; a
# smaller picture arrives. The protocol itself names no limit, and stdio has none.
#
# Seen on 2026-11-29 with Python 3.11:
#   700000 bytes: arrives
#   800000 bytes: MCPError, and the message names no limit
#   800000 bytes with max_sse_event_size=None: arrives
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check mcp==2.3.0
"$folder/venv/bin/python" -W ignore - <<'PY'
import asyncio
import logging
import socket

import uvicorn
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server import MCPServer
from mcp.server.mcpserver import Image

logging.disable(logging.CRITICAL)
server = MCPServer("pictures")


@server.tool()
def picture(size: int) -> Image:
    return Image(data=b"\x89PNG\r\n\x1a\n" + bytes(size), format="png")


async def told(url: str, size: int, **more: object) -> str:
    try:
        async with asyncio.timeout(60), Client(streamable_http_client(url, **more)) as client:
            result = await client.call_tool("picture", {"size": size})
            return "arrives" if not result.is_error else "error result"
    except BaseExceptionGroup as group:
        error = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
    except Exception as raised:
        error = raised
    named = any(word in str(error) for word in ("1048576", "max_sse_event_size", "too large", "limit"))
    return f"{type(error).__name__}, and the message names {'a' if named else 'no'} limit"


async def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    web = uvicorn.Server(uvicorn.Config(server.streamable_http_app(), log_level="critical"))
    serving = asyncio.create_task(web.serve(sockets=[listener]))
    while not web.started:
        await asyncio.sleep(0.05)
    small, large = await told(url, 700_000), await told(url, 800_000)
    unlimited = await told(url, 800_000, max_sse_event_size=None)
    web.should_exit = True
    await serving
    print("700000 bytes:", small)
    print("800000 bytes:", large)
    print("800000 bytes with max_sse_event_size=None:", unlimited)
    assert (small, unlimited) == ("arrives", "arrives")
    assert large == "MCPError, and the message names no limit"


asyncio.run(main())
PY
