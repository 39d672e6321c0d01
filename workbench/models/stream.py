"""From the events of a Messages stream to a reply: nothing of it may be acted upon before the stream has ended whole."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from workbench.contracts.brain import CALL_FAULT, Reply, TextDelta, ThinkingEnded, ThinkingStarted
from workbench.contracts.values import Json
from workbench.text.strict_json import NotStrict, fault_of, mended

_THINKING: Final = frozenset({"thinking", "redacted_thinking"})
_LIMITS: Final = frozenset({"max_tokens", "model_context_window_exceeded"})


MOST_CHARACTERS: Final = 16_000_000
"""No model answers more; what does is a fault, and would be kept for ever."""


class BrokenStream(ValueError):
    """The stream is not a Messages stream, or ended before its message did; the text says where."""


@dataclass
class Draft:
    """A reply in the making: feed every event in order, then ask for the reply."""

    blocks: dict[int, Json] = field(default_factory=dict)
    inputs: dict[int, str] = field(default_factory=dict)
    text_numbers: dict[int, int] = field(default_factory=dict)
    usage: Json = field(default_factory=dict)
    stop_reason: str | None = None
    stop_details: Json | None = None
    is_complete: bool = False
    thoughts: set[int] = field(default_factory=set)
    """Thoughts that have not ended."""
    size: int = 0

    def add(self, event: Any) -> TextDelta | ThinkingStarted | ThinkingEnded | None:
        """Take one event; what a listener should hear of it, if anything.

        Raises:
            BrokenStream: the event lacks what its type promises.
        """
        try:
            return self._add(event)
        except (KeyError, TypeError, AttributeError) as error:
            raise BrokenStream(f"an event of the stream is malformed ({type(error).__name__}: {error})") from error

    def _add(self, event: Json) -> TextDelta | ThinkingStarted | ThinkingEnded | None:
        match event["type"]:
            case "message_start":
                self._count((event.get("message") or {}).get("usage") or {})
            case "content_block_start":
                return self._begin(event["index"], event["content_block"])
            case "content_block_delta":
                return self._grow(event["index"], event["delta"])
            case "content_block_stop":
                return self._thought(event["index"])
            case "message_delta":
                self._count(event.get("usage") or {})
                delta = event.get("delta") or {}
                self.stop_reason = delta.get("stop_reason") or self.stop_reason
                self.stop_details = delta.get("stop_details") or self.stop_details
            case "message_stop":
                self.is_complete = True
        return None

    def _count(self, usage: Json) -> None:
        """The last figures that say something: gateways begin with zeros, and their last message_delta has the true ones."""
        for key, value in usage.items():
            if value is not None and (value != 0 or key not in self.usage):
                self.usage[key] = value

    def _thought(self, index: int) -> ThinkingEnded | None:
        """Each thought ends once: servers end all blocks at the very end, after others have begun."""
        if index not in self.thoughts:
            return None
        self.thoughts.discard(index)
        return ThinkingEnded()

    def _begin(self, index: int, block: Json) -> TextDelta | ThinkingStarted | None:
        self.blocks[index] = dict(block)
        if block["type"] == "tool_use":
            self.inputs[index] = ""
        if block["type"] == "text":
            self.blocks[index]["text"] = ""
            return self._text(index, block.get("text") or "")
        if block["type"] not in _THINKING:
            return None
        self.thoughts.add(index)
        return ThinkingStarted()

    def _grow(self, index: int, delta: Json) -> TextDelta | None:
        match delta["type"]:
            case "text_delta":
                if index not in self.blocks:
                    self.blocks[index] = {"type": "text", "text": ""}
                return self._text(index, delta["text"])
            case "input_json_delta":
                self.size += len(delta["partial_json"])
                if self.size > MOST_CHARACTERS:
                    raise BrokenStream(f"the answer is longer than {MOST_CHARACTERS} characters")
                self.inputs[index] += delta["partial_json"]
        return None

    def _text(self, index: int, text: str) -> TextDelta | None:
        if not text:
            return None
        self.size += len(text)
        if self.size > MOST_CHARACTERS:
            raise BrokenStream(f"the answer is longer than {MOST_CHARACTERS} characters")
        whole: str = mended(text)
        self.blocks[index]["text"] += whole
        # Blocks that stay empty are left out of the reply, so they are not counted.
        return TextDelta(self.text_numbers.setdefault(index, len(self.text_numbers)), whole)

    def reply(self) -> Reply:
        """The whole reply.

        Raises:
            BrokenStream: the message has not ended, or a call's input is no JSON object and nothing explains why.
        """
        if not self.is_complete or self.stop_reason is None:
            raise BrokenStream("the stream ended before its message did")
        kept = [self._finished(index) for index in sorted(self.blocks)]
        content = tuple(block for block in kept if block["type"] != "text" or block["text"])
        return Reply(content, self.stop_reason, self.usage, self.stop_details)

    def _finished(self, index: int) -> Json:
        block = self.blocks[index]
        if index not in self.inputs:
            return block
        if not isinstance(block.get("name"), str):
            raise BrokenStream("a tool call has no name")
        called = block | {"name": mended(block["name"])}
        try:
            # Half a character is mended, as in every text.
            return called | {"input": mended(self._input(index))}
        except NotStrict as fault:
            return called | {"input": {}, CALL_FAULT: str(fault)}

    def _input(self, index: int) -> Json:
        """Raises: NotStrict, where it has what cannot be kept; BrokenStream, where it is not readable at all."""
        value = self._given(index)
        if (fault := fault_of(value, but_text=True)) is not None:
            raise NotStrict(fault)
        return value

    def _given(self, index: int) -> Json:
        written = self.inputs[index]
        if not written:
            return dict(self.blocks[index].get("input") or {})
        try:
            value = json.loads(written)
        except RecursionError:
            raise NotStrict("it is nested too deep") from None
        except ValueError as error:
            if not isinstance(error, json.JSONDecodeError):
                raise NotStrict("it has a number of thousands of digits") from None
            if self.stop_reason in _LIMITS and index == max(self.blocks):
                return {}
            raise BrokenStream("the input of a tool call is not JSON") from error
        if not isinstance(value, dict):
            raise BrokenStream("the input of a tool call is not a JSON object")
        return value
