"""A Messages server in a process of its own: one short answer at once, or an answer without end at a steady rate."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from workbench import start
from workbench.bench.scripted_engine import WORDS as TOLD

WORDS = ("Hello", " from", " the", " model", ".")
"""One delta each."""

USAGE = {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


@contextlib.contextmanager
def model_apart(rate: float = 0.0, *, calls: int = 0) -> Iterator[str]:
    """Start the server; gives its base URL. It ends with the block.

    With a rate, who offers tools is told a text without end, at so many tokens a second. With one of the `calls`, every
    message is answered with a call of bash first, with more with so many of read, and `GET /gap` says how long the request with its result took to come.
    `GET /begun` says how many texts without end were begun.
    """
    command = start.command(__name__, str(rate), str(calls))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _answer() -> bytes:
    stop = {"type": "content_block_stop", "index": 0}
    return _whole([*_BEGUN, *(_delta(word) for word in WORDS), stop], "end_turn")


def _called(number: int, calls: int) -> bytes:
    """An answer that calls bash, or so many times read."""
    name, given = ("bash", {"command": "true"}) if calls == 1 else ("read", {"file_path": "/etc/passwd"})
    events = [_BEGUN[0]]
    for index in range(calls):
        block = {"type": "tool_use", "id": f"toolu_{number:020}{index:04}", "name": name, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(given)}
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    return _whole(events, "tool_use")


def _whole(begun: list[dict[str, Any]], stop_reason: str) -> bytes:
    events: list[dict[str, Any]] = [
        *begun,
        {"type": "message_delta", "delta": {"stop_reason": stop_reason, "stop_sequence": None}, "usage": USAGE},
        {"type": "message_stop"},
    ]
    body = _frames(events)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _frames(events: list[dict[str, Any]]) -> bytes:
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def _delta(text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def _message() -> dict[str, object]:
    return {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": "bench",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": USAGE,
    }


_BEGUN: list[dict[str, Any]] = [
    {"type": "message_start", "message": _message()},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
]


class _Calls:
    """When the last answer with a call was out, and how long after it the next request came."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._count = 0
        self._out_at = 0.0
        self.gap_ms = 0.0
        self.begun = 0

    def answer(self, body: bytes) -> bytes | None:
        """A call for a message, nothing for a result; `None` where none is wanted."""
        if not self._wanted or not (request := json.loads(body)).get("tools"):
            return None
        content = request["messages"][-1]["content"]
        if any(isinstance(block, dict) and block["type"] == "tool_result" for block in content):
            self.gap_ms = (time.perf_counter() - self._out_at) * 1000
            return None
        self._count += 1
        return _called(self._count, self._wanted)

    def is_out(self) -> None:
        self._out_at = time.perf_counter()

    def told(self, head: bytes) -> bytes | None:
        if not head.startswith((b"GET /gap", b"GET /begun")):
            return None
        body = json.dumps({"ms": self.gap_ms, "begun": self.begun}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def _serve(rate: float, calls: _Calls, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    answer, nothing = _answer(), b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
            asked = head.startswith(b"POST /v1/messages")
            if rate and asked and json.loads(body).get("tools"):
                calls.begun += 1
                await _talk(writer, rate)
            called = calls.answer(body) if asked else calls.told(head)
            writer.write(called or (answer if asked else nothing))
            await writer.drain()
            if called:
                calls.is_out()
    writer.close()


async def _talk(writer: asyncio.StreamWriter, rate: float) -> None:
    """Until the listener hangs up."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + _frames(_BEGUN))
    tokens, loop = [TOLD[at : at + 4] for at in range(0, len(TOLD), 4)], asyncio.get_running_loop()
    begun, number = loop.time(), 0
    while True:
        writer.write(_frames([_delta(tokens[number % len(tokens)])]))
        await writer.drain()
        number += 1
        await asyncio.sleep(max(0.0, begun + number / rate - loop.time()))


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0


async def _main(rate: float, calls: int) -> None:
    server = await asyncio.start_server(partial(_serve, rate, _Calls(calls)), "127.0.0.1", 0, limit=1 << 24)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(float(sys.argv[1]), int(sys.argv[2])))
