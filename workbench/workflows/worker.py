"""The process of one program: the program and its arguments on its input, what it asks for on its output, answers on its input."""

from __future__ import annotations

import asyncio
import itertools
import sys
from dataclasses import replace
from typing import Any, Final

from workbench.confined.closing import close_off, limit
from workbench.contracts.workflows import AgentAnswer, AgentCall, ProgramFault
from workbench.workflows import evaluate, messages

_MEMORY_BYTES: Final = 512 << 20
_CPU_S: Final = 120
_MOST_LINE: Final = 32 << 20


class _Engine:
    """The host, at the other end of the two pipes."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[AgentAnswer]] = {}
        self._phase: str | None = None

    async def agent(self, call: AgentCall) -> AgentAnswer:
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        self.tell({"kind": "agent", "number": number, "call": vars(replace(call, phase=self._phase))})
        return await self._waiting[number]

    async def phase(self, name: str) -> None:
        self._phase = name
        self.tell({"kind": "phase", "name": name})

    async def log(self, text: str) -> None:
        self.tell({"kind": "log", "text": text[:2000]})

    def tell(self, message: dict[str, Any]) -> None:
        sys.stdout.buffer.write(messages.line(message))
        sys.stdout.buffer.flush()

    def answered(self, message: dict[str, Any]) -> None:
        waiting = self._waiting.pop(message["number"], None)
        if waiting is not None and not waiting.done():
            waiting.set_result(messages.answer_of(message))


async def _serve() -> None:
    reader = asyncio.StreamReader(limit=_MOST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    # What asyncio needs is open by now; nothing is opened any more.
    close_off()
    begun = messages.read(await reader.readline())
    engine = _Engine()
    work = asyncio.ensure_future(evaluate.run(begun["text"], begun["args"], engine))
    hearing = asyncio.ensure_future(_hear(reader, engine))
    await asyncio.wait({work, hearing}, return_when=asyncio.FIRST_COMPLETED)
    hearing.cancel()
    if not work.done():
        work.cancel()
        return
    try:
        engine.tell({"kind": "ended", "value": work.result()})
    except ProgramFault as fault:
        engine.tell({"kind": "failed", "error": str(fault)})


async def _hear(reader: asyncio.StreamReader, engine: _Engine) -> None:
    while heard := await reader.readline():
        engine.answered(messages.read(heard))


def main() -> None:
    limit(_MEMORY_BYTES, _CPU_S)
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
