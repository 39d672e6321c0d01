"""What a Messages request says of the turn that is to be answered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workbench.contracts.values import Json
from workbench.models.offline.heard import Heard, parted

INTERRUPTED: Final = "Tool execution was interrupted before completion."
_NOT_THE_USERS: Final = re.compile(r"<system>.*</system>|\(Go on from where your last answer stopped\.\)", re.DOTALL)


@dataclass(frozen=True)
class Done:
    """One finished tool call."""

    name: str
    input: Json
    text: str
    is_error: bool


@dataclass(frozen=True)
class Turn:
    """What the user said since the last finished answer, the calls made for it, in order, and what was heard of other agents.

    `all_done` and `all_heard` are those of the whole conversation.
    """

    said: tuple[str, ...]
    done: tuple[Done, ...]
    heard: tuple[Heard, ...] = ()
    all_done: tuple[Done, ...] = ()
    all_heard: tuple[Heard, ...] = ()


def turn_of(messages: Sequence[Json]) -> Turn:
    """The turn to be answered.

    It begins after the last answer without a call, or after the last call that a person interrupted.
    """
    said: list[str] = []
    done: list[Done] = []
    heard: list[Heard] = []
    all_done: list[Done] = []
    all_heard: list[Heard] = []
    called: dict[str, Json] = {}
    for message in messages:
        blocks = _blocks(message["content"])
        if message["role"] == "assistant":
            calls = {block["id"]: block for block in blocks if block["type"] == "tool_use"}
            called |= calls
            if not calls:
                said, done, heard = [], [], []
        if message["role"] == "user":
            results = [block for block in blocks if block["type"] == "tool_result"]
            if any(INTERRUPTED in _text(result.get("content")) for result in results):
                said, done, heard = [], [], []
            else:
                made = [_done(called[result["tool_use_id"]], result) for result in results]
                done, all_done = done + made, all_done + made
            words, told = parted([block["text"] for block in blocks if block["type"] == "text"])
            said += [text for text in words if not _NOT_THE_USERS.fullmatch(text.strip())]
            heard, all_heard = heard + told, all_heard + told
    return Turn(tuple(said), tuple(done), tuple(heard), tuple(all_done), tuple(all_heard))


def _done(call: Json, result: Json) -> Done:
    return Done(call["name"], call["input"], _text(result.get("content")), bool(result.get("is_error")))


def _blocks(content: str | list[Json]) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _text(content: str | list[Json] | None) -> str:
    blocks = _blocks(content or [])
    return "\n".join(block["text"] if block["type"] == "text" else f"[{block['type']}]" for block in blocks)
