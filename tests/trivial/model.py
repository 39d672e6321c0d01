"""A model that says what it is told to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from workbench.contracts.brain import ModelRequest, Reply, ReplyPart, TextDelta, ThinkingEnded, ThinkingStarted
from workbench.contracts.values import Json

Answer = Sequence[ReplyPart | asyncio.Event | Callable[[], None]]
"""The parts of one reply in order; at an `asyncio.Event` the model waits for it, a function is called."""

USAGE: Json = {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 2, "cache_read_input_tokens": 3}


def says(*texts: str, stop_reason: str = "end_turn", thinks: bool = False) -> Answer:
    """An answer of text blocks."""
    return answers([{"type": "text", "text": text} for text in texts], stop_reason=stop_reason, thinks=thinks)


def calls(*named: tuple[str, Json], text: str = "", stop_reason: str = "tool_use") -> Answer:
    """An answer that calls tools."""
    said = [{"type": "text", "text": text}] if text else []
    uses = [
        {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": tool_input}
        for number, (name, tool_input) in enumerate(named)
    ]
    return answers([*said, *uses], stop_reason=stop_reason)


def weighing(answer: Answer, tokens: int) -> Answer:
    """The answer, with a usage of so many input tokens."""
    reply = next(part for part in answer if isinstance(part, Reply))
    heavy = replace(reply, usage=USAGE | {"input_tokens": tokens})
    return [heavy if part is reply else part for part in answer]


def answers(
    content: Sequence[Json],
    *,
    stop_reason: str = "end_turn",
    thinks: bool = False,
    stop_details: Json | None = None,
) -> Answer:
    """An answer of these blocks, its text streamed word by word."""
    texts = [block["text"] for block in content if block["type"] == "text"]
    deltas = [
        TextDelta(index, word)
        for index, text in enumerate(texts)
        for word in text.replace(" ", " \0").split("\0")
        if word
    ]
    thinking: Answer = [ThinkingStarted(), ThinkingEnded()] if thinks else []
    return [*thinking, *deltas, Reply(tuple(content), stop_reason, USAGE, stop_details)]


@dataclass
class ScriptedModel:
    """Plays its answers in order and records the requests; after the last it asks `otherwise`."""

    script: list[Answer] = field(default_factory=list)
    otherwise: Callable[[ModelRequest], Answer] = lambda _: says("Done.")
    requests: list[ModelRequest] = field(default_factory=list)

    async def reply(self, request: ModelRequest) -> AsyncIterator[ReplyPart]:
        self.requests.append(request)
        answer = self.script.pop(0) if self.script else self.otherwise(request)
        for part in answer:
            if isinstance(part, asyncio.Event):
                await part.wait()
            elif callable(part):
                part()
            else:
                await asyncio.sleep(0)
                yield part
