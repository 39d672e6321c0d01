"""Files in messages: checked where they are sent, and read where a model's request has them."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from workbench.catalog import inbound_events
from workbench.catalog.errors import Refused
from workbench.catalog.files import PLAIN_TEXT, block_fault
from workbench.contracts.brain import Model, ModelRequest, ReplyPart
from workbench.contracts.contents import ContentRefused
from workbench.contracts.values import Json
from workbench.engine.files import StoredFiles
from workbench.engine.pictures import Pictures

GONE: Final = "(A file stood here, and cannot be read any more: {reason}.)"


async def refuse_unusable(files: StoredFiles, batch: Sequence[inbound_events.Sent], place: str) -> None:
    """Look at each file that a batch of events names.

    Raises:
        Refused: 404 for one that is not there or has expired, 400 for one that no model takes in this place.
    """
    for where, block, file_id in inbound_events.file_blocks(batch, place):
        file = await files.readable(file_id)
        fault = block_fault(block.type, file, None) or block_fault(block.type, file, await files.whole(file))
        if fault:
            raise Refused(f"{where}: file {file_id} ({file['filename']}) {fault}")


@dataclass(frozen=True)
class ReadingModel:
    """A model whose requests may name files: it gets what they hold, and a word in the place of one that is gone; and pictures that
    are too large for its endpoint, which get smaller.

    What is kept of a request, and what is refused of it, goes by the file's name: only what is sent has its content.
    """

    model: Model
    files: StoredFiles
    pictures: Pictures

    async def reply(self, request: ModelRequest) -> AsyncIterator[ReplyPart]:
        turns = [
            await self._read(turn) if _names_a_file(turn["content"]) else turn for turn in request.body["messages"]
        ]
        messages = await self.pictures.in_request(turns)
        if messages != request.body["messages"]:
            request = replace(request, body=request.body | {"messages": messages})
        async for part in self.model.reply(request):
            yield part

    async def _read(self, turn: Json) -> Json:
        if isinstance(turn["content"], str):
            return turn
        return turn | {"content": [await self._block(block) for block in turn["content"]]}

    async def _block(self, block: Json) -> Json:
        if block["type"] == "tool_result" and isinstance(block["content"], list):
            return block | {"content": [await self._block(inner) for inner in block["content"]]}
        source: Any = block.get("source")
        if not isinstance(source, dict) or source.get("type") != "file":
            return block
        try:
            file = await self.files.readable(source["file_id"])
            content = await self.files.whole(file)
        except (Refused, ContentRefused) as gone:
            mark = {"cache_control": block["cache_control"]} if "cache_control" in block else {}
            return {"type": "text", "text": GONE.format(reason=str(gone).rstrip("."))} | mark
        if file["mime_type"] == PLAIN_TEXT:
            read = {"type": "text", "media_type": PLAIN_TEXT, "data": content.decode(errors="replace")}
        else:
            read = {"type": "base64", "media_type": file["mime_type"], "data": base64.b64encode(content).decode()}
        return block | {"source": read}


def _names_a_file(content: Any) -> bool:
    if isinstance(content, str):
        return False
    return any(
        _names_a_file(block.get("content", ""))
        if block["type"] == "tool_result"
        else isinstance(source := block.get("source"), dict) and source.get("type") == "file"
        for block in content
    )
