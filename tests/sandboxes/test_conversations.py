"""Programs that are spoken with line by line: real ones, without a container."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from sandboxes.runner import conversations
from sandboxes.runner.children import Children
from sandboxes.runner.conversations import Conversations
from sandboxes.runner.frames import Frame

ECHO = "import sys\nfor line in sys.stdin: print('heard ' + line, end='', flush=True)"
DEAF = "import time; print('here', flush=True); time.sleep(600)"
LOUD = f"import sys, time; sys.stdout.write('x' * {(8 << 20) + 1}); sys.stdout.flush(); time.sleep(600)"


class Talk:
    """Speaks as an engine does and keeps what is told."""

    def __init__(self, folder: Path) -> None:
        self.told: asyncio.Queue[Frame] = asyncio.Queue()
        self.children = Children()
        self.all = Conversations(self.children, folder, os.environ, tell=self.told.put_nowait, drain=self.drained)

    async def drained(self) -> None:
        await asyncio.sleep(0)

    def open(self, *command: str) -> None:
        self.all.take({"kind": "open", "id": "one", "command": command})

    def say(self, line: str) -> None:
        self.all.take({"kind": "line", "id": "one", "line": line})

    def shut(self) -> None:
        self.all.take({"kind": "shut", "id": "one"})

    async def next(self) -> Frame:
        async with asyncio.timeout(30):
            return await self.told.get()


def line(words: str) -> Frame:
    return {"kind": "line", "id": "one", "line": words}


def ended(code: int | None, said: str) -> Frame:
    return {"kind": "ended", "id": "one", "code": code, "said": said}


def test_lines_said_before_a_program_has_started_are_heard_and_a_closed_input_ends_it(tmp_path: Path) -> None:
    async def story() -> list[Frame]:
        talk = Talk(tmp_path)
        talk.open(sys.executable, "-c", ECHO)
        talk.say("one")
        talk.say("two … ü")
        told = [await talk.next(), await talk.next()]
        talk.say("three")
        told.append(await talk.next())
        talk.shut()
        return [*told, await talk.next()]

    assert asyncio.run(story()) == [line("heard one"), line("heard two … ü"), line("heard three"), ended(0, "")]


def test_a_program_that_ends_by_itself_leaves_its_code_its_last_line_and_its_last_words(tmp_path: Path) -> None:
    async def story() -> list[Frame]:
        talk = Talk(tmp_path)
        talk.open("/bin/sh", "-c", "pwd; echo cannot go on >&2; exit 3")
        return [await talk.next(), await talk.next()]

    assert asyncio.run(story()) == [line(str(tmp_path)), ended(3, "cannot go on")]


@pytest.mark.parametrize("command", [["/no/such program"], ["nul\0byte"], []])
def test_a_program_that_cannot_be_started_says_so(command: list[str], tmp_path: Path) -> None:
    async def story() -> Frame:
        talk = Talk(tmp_path)
        talk.open(*command)
        talk.say("anybody there?")
        return await talk.next()

    told = asyncio.run(story())
    assert (told["kind"], told["code"]) == ("ended", None)
    assert "cannot be started" in told["said"]


def test_a_program_that_does_not_heed_the_end_of_its_input_is_killed(tmp_path: Path) -> None:
    async def story() -> list[Frame]:
        talk = Talk(tmp_path)
        talk.open(sys.executable, "-c", DEAF)
        told = [await talk.next()]
        talk.all.end_all()
        return [*told, await talk.next()]

    assert asyncio.run(story()) == [line("here"), ended(-9, "")]


def test_a_line_without_end_ends_the_program(tmp_path: Path) -> None:
    async def story() -> Frame:
        talk = Talk(tmp_path)
        talk.open(sys.executable, "-c", LOUD)
        return await talk.next()

    assert asyncio.run(story()) == ended(-9, f"it said a line of more than {conversations.LINE_LIMIT_BYTES} bytes")


def test_a_program_that_reads_nothing_is_ended_before_it_fills_the_memory(tmp_path: Path) -> None:
    async def story() -> Frame:
        talk = Talk(tmp_path)
        talk.open(sys.executable, "-c", DEAF)
        await talk.next()
        for _ in range(18):
            talk.say("x" * (1 << 20))
        return await talk.next()

    told = asyncio.run(story())
    assert told["code"] == -9
    assert "of its input unread" in told["said"]
