"""Lines of a transcript: what can be read of a file's bytes, and which of them a rewind left behind."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

Json = dict[str, Any]

_YEARS: Final = range(2000, 2200)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Read:
    """The objects of a file, one a line, and how many lines could not be read, by reason."""

    lines: list[Json]
    left_out: Counter[str] = field(default_factory=Counter)


def read_lines(content: bytes) -> Read:
    """Lines end at a line feed and nowhere else: U+2028, U+2029 and U+0085 stand inside JSON strings.

    A line that is no UTF-8 or no JSON is left out alone, as is the last one of a program that was killed while it wrote.
    """
    found = Read([])
    raws = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    for number, raw in enumerate(raws):
        if not raw.strip(b" \t\r\0"):
            continue
        is_last = number == len(raws) - 1
        try:
            line = json.loads(raw.strip(b"\0").decode())
        except UnicodeDecodeError:
            found.left_out["cut short" if is_last else "not UTF-8"] += 1
        except (ValueError, RecursionError):
            found.left_out["cut short" if is_last else "not JSON"] += 1
        else:
            if isinstance(line, dict):
                found.lines.append(_without_surrogates(line) if rb"\ud" in raw.lower() else line)
            else:
                found.left_out["not an object"] += 1
    return found


def _without_surrogates(value: Any) -> Any:
    """Halves of characters cannot be sent on; whole pairs were made one character by the reader."""
    match value:
        case str():
            return _SURROGATE.sub("\ufffd", value)
        case list():
            return [_without_surrogates(one) for one in value]
        case dict():
            return {str(_without_surrogates(name)): _without_surrogates(one) for name, one in value.items()}
    return value


def moment_of(line: Json) -> str | None:
    """When the line was written; None where it does not say, or says what cannot be."""
    text = line.get("timestamp")
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return text if moment is not None and moment.tzinfo is not None and moment.year in _YEARS else None


def blocks_of(line: Json) -> list[Json]:
    """The content blocks of the line's message; a text alone is one block."""
    message = line.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def is_prompt(line: Json) -> bool:
    """Whether it is a user's line that is no tool's result."""
    return line.get("type") == "user" and all(block.get("type") != "tool_result" for block in blocks_of(line))


# ── the tree ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def abandoned(lines: Sequence[Json]) -> set[str]:
    """The ids of the lines that a rewind left behind.

    Lines are a tree. The living branch ends at the newest leaf; beside it lie results of parallel calls, which belong to it, and
    branches that begin with another prompt, which do not.
    """
    parents = {str(line["uuid"]): _parent(line) for line in lines if line.get("uuid") and not line.get("isSidechain")}
    children: dict[str, list[str]] = {}
    for uuid, parent in parents.items():
        if parent is not None:
            children.setdefault(parent, []).append(uuid)
    prompts = {str(line.get("uuid")) for line in lines if is_prompt(line) and not line.get("isMeta")}
    left: set[str] = set()
    node, below, seen = _leaf(lines, parents), None, set[str]()
    while node is not None and node not in seen:
        seen.add(node)
        for child in children.get(node, ()):
            if child != below and (branch := _below(child, children)) & prompts:
                left |= branch
        node, below = parents.get(node), node
    return left - seen


def _parent(line: Json) -> str | None:
    # A compaction begins a new tree and names what it follows.
    parent = line.get("parentUuid") or line.get("logicalParentUuid")
    return parent if isinstance(parent, str) else None


def _leaf(lines: Sequence[Json], placed: dict[str, str | None]) -> str | None:
    """The newest line, or the one to which the person went back last, where nothing was said since."""
    for line in reversed(lines):
        if line.get("type") == "last-prompt" and line.get("leafUuid") in placed:
            return str(line["leafUuid"])
        if line.get("uuid") and not line.get("isSidechain"):
            return str(line["uuid"])
    return None


def _below(root: str, children: dict[str, list[str]]) -> set[str]:
    found, waiting = set[str](), [root]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += children.get(node, ())
    return found
