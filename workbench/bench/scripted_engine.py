"""An engine that only talks: sessions that stream, rest or have a long history, so that the terminal app alone is measured."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

WORDS: Final = (
    "Reading the `cart` module, then **one** change: the lock is taken before the write.\n\n- first\n- second\n\n"
)
MOMENT: Final = "2026-11-20T12:00:00.000Z"

STEPS: Final = 50
"""Of a second, in which rows change."""


def session_id(number: int) -> str:
    return f"sesn_{number:020}"


class ScriptedEngine:
    """`sessions` of them; the first `streaming` send `rate` tokens a second each; every one has `messages` behind it.

    So many as `changing` say something new each second, one after the other.
    """

    def __init__(self, sessions: int, streaming: int, rate: float, messages: int, changing: int = 0) -> None:
        self._ids = [session_id(number) for number in range(sessions)]
        self._streaming = set(self._ids[:streaming])
        self._rate = rate
        self._messages = messages
        self._changing = self._ids[:changing]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            url = urlsplit(head.split(" ", 2)[1])
            writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
            parts = url.path.strip("/").split("/")
            if url.path == "/workbench/v1/feed":
                await self._feed(writer)
                await self._change(writer)
                # Until the listener hangs up.
                await reader.read()
            elif parts[-1] == "stream":
                await self._stream(writer, parts[-2])
                await reader.read()
            else:
                writer.write(json.dumps(self._get(parts, parse_qs(url.query))).encode())
            await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    def _get(self, parts: list[str], query: dict[str, list[str]]) -> Any:
        if parts[-1] == "state":
            return {"position": self._messages}
        if parts[-1] != "events":
            return {"id": parts[-1], "data": [], "next_page": None}
        begin, limit = int(query.get("page", ["0"])[0]), int(query.get("limit", ["20"])[0])
        numbers = range(self._messages - begin, max(0, self._messages - begin - limit), -1)
        page = [_message(f"{parts[-2]}_{number}", f"message {number}. {WORDS}") for number in numbers]
        return {"data": page, "next_page": str(begin + limit) if begin + limit < self._messages else None}

    async def _feed(self, writer: asyncio.StreamWriter) -> None:
        for place, named in enumerate(self._ids):
            _frame(writer, "session.state", self._state(named, place))
        _frame(writer, "feed.live", {})
        await writer.drain()

    async def _change(self, writer: asyncio.StreamWriter) -> None:
        """Without an end, where any change: in `STEPS` equal steps a second."""
        loop = asyncio.get_running_loop()
        begun, step = loop.time(), 0
        while self._changing and not writer.is_closing():
            number, part = divmod(step, STEPS)
            for place in range(part, len(self._changing), STEPS):
                if not writer.is_closing():
                    _frame(writer, "session.state", self._state(self._changing[place], place, number + 1))
            await writer.drain()
            step += 1
            await asyncio.sleep(max(0.0, begun + step / STEPS - loop.time()))

    def _state(self, named: str, place: int, number: int = 0) -> dict[str, Any]:
        running = named in self._streaming
        return {
            "session_id": named,
            "position": 1 + number,
            "status": "running" if running else "idle",
            "stop_reason": None if running else {"type": "end_turn"},
            "waiting_for": [],
            "queued": 0,
            "last_event_type": None,
            "last_event_at": MOMENT,
            "last_text": f"step {number}: {WORDS}" if number else WORDS,
            "last_error": None,
            "last_error_type": None,
            "rested_at": None,
            "context_tokens": 41_000,
            "context_window": 200_000,
            "usage": {"list_cost": {"amount": "12"}},
            "tags": [],
            "title": f"task {place}",
            "agent_id": "agent_bench",
            "agent_name": "bench",
            "model": "offline",
            "project": f"/home/anna/project-{place // 20}",
            "created_at": MOMENT,
            "archived_at": None,
            "deleted": False,
        }

    async def _stream(self, writer: asyncio.StreamWriter, named: str) -> None:
        if named not in self._streaming:
            return
        tokens = [WORDS[at : at + 4] for at in range(0, len(WORDS), 4)]
        number, loop = 0, asyncio.get_running_loop()
        begun = loop.time()
        while True:
            message, place = divmod(number, 40 * len(tokens))
            delta = {"type": "content_delta", "content": {"text": tokens[place % len(tokens)]}}
            event_id = f"{named}_m{message}"
            if not place:
                begun_as = {"type": "agent.message", "id": event_id}
                _frame(writer, "event_start", {"type": "event_start", "event": begun_as})
            _frame(writer, "event_delta", {"type": "event_delta", "event_id": event_id, "delta": delta})
            if place == 40 * len(tokens) - 1:
                _frame(writer, "agent.message", _message(event_id, WORDS * 40))
            await writer.drain()
            number += 1
            await asyncio.sleep(max(0.0, begun + number / self._rate - loop.time()))


def _message(event_id: str, text: str) -> dict[str, Any]:
    content = [{"type": "text", "text": text}]
    return {"type": "agent.message", "id": event_id, "content": content, "processed_at": MOMENT}


def _frame(writer: asyncio.StreamWriter, name: str, body: dict[str, Any]) -> None:
    writer.write(f"event: {name}\ndata: {json.dumps(body)}\n\n".encode())


async def _serve(socket: Path, engine: ScriptedEngine) -> None:
    server = await asyncio.start_unix_server(engine.answer, str(socket))
    # The process that started this one reads the line, and may connect then.
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    sessions, streaming, rate, messages, changing = sys.argv[2:7]
    scripted = ScriptedEngine(int(sessions), int(streaming), float(rate), int(messages), int(changing))
    asyncio.run(_serve(Path(sys.argv[1]), scripted))
