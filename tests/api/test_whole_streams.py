"""Whoever comes at any moment of a stream, by the app, `logs -f` or `peek`, has each text whole and once."""

from __future__ import annotations

import asyncio
import contextlib
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.log.making import SESSION, event, run
from workbench import events
from workbench.api import streams
from workbench.client.stream import Frames
from workbench.commands.transcript import Transcript
from workbench.contracts.values import Json, Passing, Preview, ToolOutput
from workbench.events import DeltaEvent, Event, StartEvent
from workbench.log import Log, open_log
from workbench.tui.state.conversation import Conversation

STEPS = 60
WAIT_S = 20.0
USAGE: Json = {
    "input_tokens": 1,
    "output_tokens": 1,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
}


@dataclass
class Told:
    """What has happened: finished messages and calls in order, the text that is open, and what open calls have printed."""

    order: list[str] = field(default_factory=list)
    messages: dict[str, str] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    tails: dict[str, ToolOutput] = field(default_factory=dict)
    saying: str = ""
    said: str = ""
    """The id and the text of the message on its way."""

    @property
    def shown(self) -> tuple[list[tuple[str, str | None]], str, dict[str, str]]:
        """As an app shows it: texts of messages, results of calls; what is said; what open calls have printed."""
        texts = [
            (self.messages[one], None) if one in self.messages else ("bash", self._result(one)) for one in self.order
        ]
        return texts, self.said, {one: tail.text for one, tail in self.tails.items()}

    def _result(self, call_id: str) -> str | None:
        return self.results.get(call_id)


class Viewer(Protocol):
    async def follow(self) -> None: ...

    def sees(self, told: Told) -> bool: ...


@dataclass
class App:
    """A conversation as the app fills it: the end of the log, then the stream from there; connected anew now and then."""

    log: Log
    conversation: Conversation = field(default_factory=lambda: Conversation(SESSION))

    async def follow(self) -> None:
        conversation = self.conversation
        if not conversation.is_begun:
            position = self.log.states.state(SESSION).position
            read = await self.log.sessions.read(SESSION)
            conversation.begin([events.dump(entry.event) for entry in read], position, "")
        conversation.reconnected()
        async for body, cursor in frames(self.log, conversation.cursor):
            conversation.take(body, cursor)

    def sees(self, told: Told) -> bool:
        blocks = [(one.text, one.result) for one in self.conversation.blocks if one.kind in ("agent", "call")]
        said = self.conversation.tail.text if self.conversation.tail else ""
        return (blocks, said, self.conversation.outputs) == told.shown


@dataclass
class Logs:
    """A transcript as `logs -f` prints it, from the beginning of the log."""

    log: Log
    after: int = 0
    transcript: Transcript = field(default_factory=Transcript)
    out: io.StringIO = field(default_factory=io.StringIO)

    async def follow(self) -> None:
        async for body, cursor in frames(self.log, self.after):
            self.after = cursor or self.after
            with contextlib.redirect_stdout(self.out):
                self.transcript.show(body)

    def sees(self, told: Told) -> bool:
        """Each finished text stands there once, and what is said so far at the end."""
        out = self.out.getvalue()
        return all(out.count(text) == 1 for text in told.messages.values()) and out.rstrip("\n").endswith(
            told.said or out.rstrip("\n")
        )


async def frames(log: Log, after: int) -> Any:
    """Bodies and cursors, by way of the bytes that the API sends and a client parses."""
    parser = Frames()
    follower = log.sessions.follow(SESSION, after=after)
    async with contextlib.aclosing(streams.frames(follower, lambda _: True, cursors=True)) as pieces:
        async for piece in pieces:
            for frame in parser.feed(piece):
                yield frame.data, frame.cursor


@dataclass
class Play:
    """A session that talks, is interrupted, fails, and runs calls that print, as chance has it."""

    log: Log
    chance: random.Random
    told: Told = field(default_factory=Told)
    words: Iterator[int] = field(default_factory=lambda: iter(range(10**6)))

    def preview(self, passing: StartEvent | DeltaEvent | Passing) -> None:
        self.log.sessions.preview(Preview(SESSION, passing))

    async def append(self, *written: Event) -> None:
        await self.log.sessions.append(SESSION, written)

    async def step(self) -> None:
        doing: list[Callable[[], Any]] = [self.say] * 4
        doing += [self.finish, self.interrupt, self.fail] if self.told.saying else [self.call]
        if self.told.tails or (set(self.told.printed) - set(self.told.results)):
            doing += [self.prints] * 4 + [self.end_call]
        await self.chance.choice(doing)()

    async def say(self) -> None:
        if not self.told.saying:
            self.told.saying = events.new_id("sevt")
            body = {"type": "event_start", "event": {"type": "agent.message", "id": self.told.saying}}
            self.preview(StartEvent.model_validate(body))
        piece = f"w{next(self.words)}ü " * self.chance.choice([1, 1, 3, 9000])
        self.told.said += piece
        content = {"type": "content_delta", "index": 0, "content": {"type": "text", "text": piece}}
        self.preview(DeltaEvent.model_validate({"type": "event_delta", "event_id": self.told.saying, "delta": content}))

    async def finish(self) -> None:
        await self.append(*self._message(), _request_end())

    async def interrupt(self) -> None:
        """What was said stays, as the brain writes it down."""
        await self.append(*self._message(), _request_end(), event("user.interrupt"))

    async def fail(self) -> None:
        """An attempt that is made again: nothing of it stays."""
        self.told.saying = self.told.said = ""
        await self.append(_request_end(is_error=True))

    def _message(self) -> list[Event]:
        told = self.told
        message = event("agent.message", id=told.saying, content=[{"type": "text", "text": told.said}])
        told.order.append(told.saying)
        told.messages[told.saying] = told.said
        told.saying = told.said = ""
        return [message]

    async def call(self) -> None:
        use = event("agent.tool_use", name="bash", input={"command": "make"}, evaluated_permission="allow")
        self.told.order.append(use.id)
        self.told.printed[use.id] = ""
        await self.append(use)

    async def prints(self) -> None:
        call_id = self._open_call()
        count = self.chance.choice([1, 2, 30])
        self.told.printed[call_id] += "".join(f"l{next(self.words)}\n" for _ in range(count))
        self._tell(call_id)

    def _tell(self, call_id: str) -> None:
        lines = self.told.printed[call_id].splitlines(keepends=True)
        before = max(0, len(lines) - self.chance.choice([5, 50]))
        tail = ToolOutput(call_id, "".join(lines[before:]), before)
        self.told.tails[call_id] = tail
        self.preview(tail)

    async def end_call(self) -> None:
        call_id = self._open_call()
        self._tell(call_id)
        del self.told.tails[call_id]
        text = self.told.results[call_id] = self.told.printed[call_id] or "(no output)"
        content = [{"type": "text", "text": text}]
        await self.append(event("agent.tool_result", tool_use_id=call_id, content=content, is_error=False))

    def _open_call(self) -> str:
        return self.chance.choice([one for one in self.told.printed if one not in self.told.results])


def _request_end(*, is_error: bool = False) -> Event:
    start = events.new_id("sevt")
    return event("span.model_request_end", model_request_start_id=start, is_error=is_error, model_usage=USAGE)


@dataclass
class Watching:
    """A viewer and its task; one that is slow or cut off goes on later, from its cursor."""

    viewer: App | Logs
    task: asyncio.Task[None] | None = None
    was_cut_off: bool = False

    def connect(self) -> None:
        if self.task is None:
            self.task = asyncio.create_task(self.viewer.follow())

    async def disconnect(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
            self.task, self.was_cut_off = None, True

    async def until_it_sees(self, told: Told) -> None:
        async with asyncio.timeout(WAIT_S):
            while not self.viewer.sees(told):
                assert self.task is None or not self.task.done(), self.task.exception()
                await asyncio.sleep(0.001)


@pytest.mark.parametrize("seed", range(12))
def test_at_every_moment_each_viewer_has_every_text_whole_and_once(seed: int, tmp_path: Path) -> None:
    async def story() -> None:
        chance = random.Random(seed)
        log = await open_log(tmp_path)
        play, watching = Play(log, chance), list[Watching]()
        await play.append(event("session.status_running"))
        for _ in range(STEPS):
            await play.step()
            if chance.random() < 0.15:
                watching.append(Watching(App(log) if chance.random() < 0.6 else Logs(log)))
                watching[-1].connect()
            for one in chance.sample(watching, min(len(watching), 2)):
                if chance.random() < 0.2:
                    await one.disconnect()
                elif chance.random() < 0.5:
                    one.connect()
                    await one.until_it_sees(play.told)
            if chance.random() < 0.2:
                assert_peek_is_whole(await peeked(log), play.told)
        if play.told.saying:
            await play.finish()
        while set(play.told.printed) - set(play.told.results):
            await play.end_call()
        for one in watching:
            one.connect()
            await one.until_it_sees(play.told)
            if isinstance(one.viewer, Logs):
                assert_lines_come_once(one.viewer.out.getvalue(), play.told, was_cut_off=one.was_cut_off)
            await one.disconnect()
        assert log.sessions.unfinished(SESSION) == []
        await log.close()

    run(story())


async def peeked(log: Log) -> tuple[list[Json], list[Json]]:
    """What is on its way, and then the log, as `peek` asks for them."""
    previews = [streams.preview_body(one) for one in log.sessions.unfinished(SESSION)]
    return previews, [events.dump(entry.event) for entry in await log.sessions.read(SESSION)]


def assert_peek_is_whole(peek: tuple[list[Json], list[Json]], told: Told) -> None:
    previews, written = peek
    said = "".join(one["delta"]["content"]["text"] for one in previews if one["type"] == "event_delta")
    tails = {one["tool_use_id"]: one["text"] for one in previews if one["type"] == "engine.tool_output"}
    messages = [one["content"][0]["text"] for one in written if one["type"] == "agent.message"]
    assert (said, tails) == (told.said, {one: tail.text for one, tail in told.tails.items()})
    assert messages == list(told.messages.values())


def assert_lines_come_once(out: str, told: Told, *, was_cut_off: bool) -> None:
    """What calls printed stands there in order, each line once; of what was skipped, a line says how much it was."""
    rows = out.splitlines()
    printed = [row.strip() for row in rows if row.startswith("  l")]
    skipped = sum(int(row.split()[1].replace(",", "")) for row in rows if row.startswith("  … "))
    heard = [text.splitlines() for text in told.printed.values() if set(text.splitlines()) & set(printed)]
    for lines in heard:
        assert [line for line in printed if line in lines] == [line for line in lines if line in printed]
    assert len(printed) == len(set(printed)) <= sum(map(len, heard))
    # One that was away when a call ended has its result, and no more of what it printed.
    assert was_cut_off or len(printed) + skipped == sum(map(len, heard))
