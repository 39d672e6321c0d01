"""A Messages server in a process of its own: one short answer at once, or an answer without end at a steady rate."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

from workbench import start
from workbench.bench.scripted_engine import WORDS as TOLD

WORDS = ("Hello", " from", " the", " model", ".")
"""One delta each."""

USAGE = {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


@contextlib.contextmanager
def model_apart(rate: float = 0.0) -> Iterator[str]:
    """Start the server; gives its base URL. It ends with the block.

    With a rate, who offers tools is told a text without end, at so many tokens a second.
    """
    command = start.command(__name__, str(rate))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _answer() -> bytes:
    events: list[dict[str, Any]] = [
        *_BEGUN,
        *(_delta(word) for word in WORDS),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": USAGE},
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


async def _serve(rate: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    answer, nothing = _answer(), b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
            asked = head.startswith(b"POST /v1/messages")
            if rate and asked and json.loads(body).get("tools"):
                await _talk(writer, rate)
            writer.write(answer if asked else nothing)
            await writer.drain()
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


async def _main(rate: float) -> None:
    server = await asyncio.start_server(partial(_serve, rate), "127.0.0.1", 0, limit=1 << 24)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(float(sys.argv[1])))
