"""A Responses endpoint that plays a script: one item of output for each request, with the usage that the test counts with."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from workbench.contracts.values import Json

USAGE: Final[Json] = {
    "input_tokens": 1000,
    "input_tokens_details": {"cached_tokens": 600},
    "output_tokens": 50,
    "output_tokens_details": {"reasoning_tokens": 20},
    "total_tokens": 1050,
}


@contextlib.contextmanager
def responses(items: Sequence[Json]) -> Iterator[str]:
    """Its base URL; the last item is the answer to every further request."""
    left = list(items)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send("application/json", b'{"data": [], "models": []}')

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            item = left.pop(0) if len(left) > 1 else left[0]
            told = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in _stream(item, len(left)))
            self._send("text/event-stream", told.encode())

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
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _stream(item: Json, left: int) -> list[Json]:
    response = {"id": f"resp_{item['id']}_{left}", "status": "in_progress", "output": []}
    done = response | {"status": "completed", "output": [item], "usage": USAGE}
    return [
        {"type": "response.created", "response": response},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": done},
    ]
