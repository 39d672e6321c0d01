"""JSON-RPC 2.0 with one message a line, in both directions at once."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from workbench.client.errors import ApiError, EngineAway
from workbench.commands.surface import Wrong

Json = dict[str, Any]
Method = Callable[[Json], Awaitable[Json | None]]

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
NOT_A_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL: Final = -32603
NOT_FOUND: Final = -32002
REFUSED: Final = -32000
MOST_LINE_BYTES: Final = 64 * 1024 * 1024

logger = logging.getLogger("workbench.editor")


class RpcError(Exception):
    """An answer that says why there is no result: its code and words."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class Peer:
    """The other end of `reader` and `writer`; `methods` answer its requests, and those without an id are notifications."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    methods: Mapping[str, Method]
    _asked: dict[int, asyncio.Future[Json]] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def serve(self) -> None:
        """Answer until the other end closes; what is still being done then is ended."""
        async with asyncio.TaskGroup() as tasks:
            begun: set[asyncio.Task[None]] = set()
            while line := await self._line():
                if (message := self._read(line)) is not None:
                    task = tasks.create_task(self._answer(message))
                    begun.add(task)
                    task.add_done_callback(begun.discard)
            for task in begun:
                task.cancel()

    async def request(self, method: str, params: Json) -> Json:
        """Ask the other end. Raises: RpcError: it refuses."""
        number = next(self._numbers)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            self._send({"id": number, "method": method, "params": params})
            return await answer
        finally:
            del self._asked[number]

    def notify(self, method: str, params: Json) -> None:
        self._send({"method": method, "params": params})

    async def _line(self) -> bytes:
        try:
            return await self.reader.readline()
        except ValueError:
            # A line beyond the limit: where the next message begins is not known any more.
            self._refuse(None, PARSE_ERROR, f"a message may have {MOST_LINE_BYTES} bytes")
            return b""

    def _read(self, line: bytes) -> Json | None:
        """The request or notification of a line; an answer to one of ours is handed over, and anything else refused."""
        try:
            message = json.loads(line)
        except ValueError:
            if line.strip():
                self._refuse(None, PARSE_ERROR, "this line is no JSON")
            return None
        if isinstance(message, dict) and "method" not in message:
            self._hand_over(message)
            return None
        if not isinstance(message, dict) or not isinstance(message["method"], str):
            self._refuse(None, INVALID_REQUEST, "a message is an object with a method")
            return None
        return message

    def _hand_over(self, message: Json) -> None:
        number = message.get("id")
        waiting = self._asked.get(number) if isinstance(number, int) else None
        if waiting is None or waiting.done():
            return
        if isinstance(error := message.get("error"), dict):
            waiting.set_exception(RpcError(REFUSED, str(error.get("message"))))
        else:
            result = message.get("result")
            waiting.set_result(result if isinstance(result, dict) else {})

    async def _answer(self, message: Json) -> None:
        number, params = message.get("id"), message.get("params", {})
        method = self.methods.get(message["method"])
        try:
            if method is None:
                raise RpcError(NOT_A_METHOD, f"there is no method {message['method']!r} here")
            if not isinstance(params, dict):
                raise RpcError(INVALID_PARAMS, "params: must be an object")
            result = await method(params)
        except RpcError as error:
            self._refuse(number, error.code, error.message)
        except (ApiError, EngineAway, Wrong) as error:
            self._refuse(number, REFUSED, str(error))
        except (KeyError, TypeError, ValueError) as error:
            logger.exception("%s", message["method"])
            self._refuse(number, INVALID_PARAMS, f"params of {message['method']}: {error!r}")
        else:
            if number is not None:
                self._send({"id": number, "result": result})

    def _refuse(self, number: object, code: int, words: str) -> None:
        if number is not None or code in (PARSE_ERROR, INVALID_REQUEST):
            self._send({"id": number, "error": {"code": code, "message": words}})

    def _send(self, message: Json) -> None:
        self.writer.write(json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode() + b"\n")
