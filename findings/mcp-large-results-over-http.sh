#!/usr/bin/env bash
# mcp 2.3.0 (PyPI, the protocol's Python SDK), client and server of the same release over streamable HTTP: whether a large result
# arrives depends on the era of the protocol.
#
# With the handshake of 2025-11-25 the server answers as an event stream, and the client refuses any event over 1,048,576 bytes
# (`max_sse_event_size`), so a picture of 800 kB (1.07 MB as base64) ends the call with an error. With 2026-07-28 the same server sends the
# same answer as plain JSON, which has no such limit. A client that upgrades, or meets an older server, sees pictures come and go.
#
# Seen on 2026-11-29 with Python 3.11:
#   2025-11-25, 700000 bytes: arrives
#   2025-11-25, 800000 bytes: MCPError: SSE stream failed: Server-sent event exceeded the 1048576 byte limit.
#   2025-11-25, 800000 bytes, max_sse_event_size=None: arrives
#   2026-07-28, 800000 bytes: arrives
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


async def told(url: str, size: int, mode: str, **more: object) -> str:
    try:
        async with asyncio.timeout(60), Client(streamable_http_client(url, **more), mode=mode) as client:
            result = await client.call_tool("picture", {"size": size})
            return "arrives" if not result.is_error else "error result"
    except BaseExceptionGroup as group:
        error = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
    except Exception as raised:
        error = raised
    return f"{type(error).__name__}: {error}"


async def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    web = uvicorn.Server(uvicorn.Config(server.streamable_http_app(), log_level="critical"))
    serving = asyncio.create_task(web.serve(sockets=[listener]))
    while not web.started:
        await asyncio.sleep(0.05)
    small, large = await told(url, 700_000, "legacy"), await told(url, 800_000, "legacy")
    unlimited, modern = await told(url, 800_000, "legacy", max_sse_event_size=None), await told(url, 800_000, "auto")
    web.should_exit = True
    await serving
    print("2025-11-25, 700000 bytes:", small)
    print("2025-11-25, 800000 bytes:", large)
    print("2025-11-25, 800000 bytes, max_sse_event_size=None:", unlimited)
    print("2026-07-28, 800000 bytes:", modern)
    assert (small, unlimited, modern) == ("arrives",) * 3
    assert large.startswith("MCPError: ") and "exceeded the 1048576 byte limit" in large


asyncio.run(main())
PY
