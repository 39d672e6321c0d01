"""Pictures as models' endpoints take them: those that are too large are scaled down by the text worker, and that is said."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sandboxes.runner import media
from workbench.contracts.extraction import PICTURE, Extractor, Unreadable, Wanted
from workbench.contracts.values import Json, Outcome

MANY: Final = 20
MOST_SIDE_OF_MANY: Final = 2000
"""A request with more than 20 images takes none with more pixels on a side (400 `image_dimensions_too_large`); pictures that are
scaled down for another reason get this size at once."""
_MOST_KEPT: Final = 64
_HEAD_CHARACTERS: Final = 64
"""Of base64, in which a PNG says how large it is."""
_MOST_CHARACTERS: Final = media.IMAGE_LIMIT_BYTES // 3 * 4

SCALED: Final = "scaled down from {before} to {after} for the model"
LEFT_OUT: Final = "(A picture stood here, and could not be scaled down for the model: it {why})"


@dataclass(frozen=True)
class Fitted:
    """A picture's block for a request, `told` where it is not the picture as it was; a text in its place where there is none."""

    block: Json
    told: str = ""


@dataclass(frozen=True)
class Pictures:
    """Pictures of one engine; what was scaled down is kept for a while, as each request has all pictures of its session."""

    extractor: Extractor
    _kept: OrderedDict[str, Fitted] = field(default_factory=OrderedDict)

    async def in_outcome(self, outcome: Outcome) -> Outcome:
        """A tool's result with no picture in it that is too large, and a line before each that was."""
        blocks: list[Json] = []
        for block in outcome.content:
            fitted = await self.fitted(block, media.SIDE_LIMIT_PIXELS)
            blocks += [_text(f"[{fitted.told}]")] if fitted.told else []
            blocks.append(fitted.block)
        return replace(outcome, content=tuple(blocks))

    async def in_request(self, turns: Sequence[Json]) -> list[Json]:
        """The turns of a request with pictures that its endpoint takes, whose number there decides what it takes.

        What is told of them stands behind the last block of a list: refusals name blocks by their places.
        """
        pictures = [block for turn in turns for block in _all_blocks(turn["content"]) if _is_picture(block)]
        if not pictures:
            return list(turns)
        most_side = MOST_SIDE_OF_MANY if len(pictures) > MANY else media.SIDE_LIMIT_PIXELS
        return [turn | {"content": await self._listed(turn["content"], most_side)} for turn in turns]

    async def _listed(self, blocks: Any, most_side: int) -> Any:
        if isinstance(blocks, str):
            return blocks
        made: list[Json] = []
        told: list[str] = []
        for block in blocks:
            if block["type"] == "tool_result":
                made.append(block | {"content": await self._listed(block["content"], most_side)})
                continue
            fitted = await self.fitted(block, most_side)
            made.append(fitted.block)
            told += [fitted.told] if fitted.told else []
        return [*made, *(_text(f"[A picture above is {one}.]") for one in told)]

    async def fitted(self, block: Json, most_side: int) -> Fitted:
        """A block as an endpoint takes it; every other than a picture that is too large as it is."""
        if not _is_picture(block):
            return Fitted(block)
        data = str(block["source"]["data"])
        # A picture of some megabytes takes milliseconds to unpack, and a request may have a hundred.
        content = await asyncio.to_thread(_if_too_large, data, most_side)
        if content is None:
            return Fitted(block)
        key = f"{most_side} {hashlib.sha256(content).hexdigest()}"
        if (kept := self._kept.get(key)) is None:
            kept = await self._scaled(content)
            self._keep(key, kept)
        marks = {name: value for name, value in block.items() if name == "cache_control"}
        return replace(kept, block=kept.block | marks)

    async def _scaled(self, content: bytes) -> Fitted:
        wanted = Wanted(PICTURE, most_side=MOST_SIDE_OF_MANY, most_bytes=media.IMAGE_LIMIT_BYTES)
        given = await self.extractor.extracted(wanted, content)
        if isinstance(given, Unreadable):
            return Fitted(_text(LEFT_OUT.format(why=given.why)))
        [made] = given.pictures
        source = {
            "type": "base64",
            "media_type": media.kind_of(made),
            "data": base64.standard_b64encode(made).decode(),
        }
        told = SCALED.format(before=_size(content), after=_size(made))
        return Fitted({"type": "image", "source": source}, told)

    def _keep(self, key: str, fitted: Fitted) -> None:
        self._kept[key] = fitted
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


def _size(content: bytes) -> str:
    width, height = media.sides_of(content) or (0, 0)
    return f"{width}x{height} pixels ({len(content):,} bytes)"


def _if_too_large(data: str, most_side: int) -> bytes | None:
    head = base64.b64decode(data[:_HEAD_CHARACTERS])
    is_png = media.kind_of(head) == "image/png"
    if is_png and len(data) <= _MOST_CHARACTERS and not media.is_too_large(head, most_side):
        return None
    content = base64.b64decode(data)
    return content if media.is_too_large(content, most_side) else None


def _is_picture(block: Json) -> bool:
    source = block.get("source")
    return block["type"] == "image" and isinstance(source, dict) and source.get("type") == "base64"


def _all_blocks(content: Any) -> Iterator[Json]:
    for block in content if isinstance(content, list) else ():
        if block["type"] == "tool_result":
            yield from _all_blocks(block["content"])
        else:
            yield block


def _text(text: str) -> Json:
    return {"type": "text", "text": text}
