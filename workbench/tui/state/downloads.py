"""Contents of files on their way to this machine's disk, piece by piece: whole or not at all, and never over something else."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from workbench.client import attachments, paths
from workbench.client.app import Engine
from workbench.text.display import exact

MOST_READ_BYTES: Final = 64 * 1024
"""Of a file that is read on the screen."""
_LONGEST_NAME: Final = 200


class NotSaved(Exception):
    """The file cannot be written; the text says why."""


def plain_name(name: str) -> str:
    """A name that an agent gave, as a file of a person's folder may have it: in that folder, not hidden, without odd signs."""
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(sign if exact(sign) == sign and sign.isprintable() else "_" for sign in last)
    return seen.lstrip(".- ")[-_LONGEST_NAME:] or "file"


def free_name(folder: Path, name: str) -> str:
    """This name, or with a number where the folder has it already."""
    file = Path(name)
    names = (name if number == 1 else f"{file.stem}-{number}{file.suffix}" for number in range(1, 10_000))
    return next((one for one in names if not os.path.lexists(folder / one)), name)


async def save(engine: Engine, file_id: str, target: Path) -> int:
    """Write what a file holds into a new one; gives its bytes.

    Raises:
        NotSaved: the name is taken, or the disk refuses.
        ApiError, EngineAway: the engine does not give all of it.
    """
    try:
        output = await asyncio.to_thread(target.open, "xb")
    except FileExistsError:
        raise NotSaved(f"{target.name} is there already: take another name ({target.parent})") from None
    except OSError as error:
        raise NotSaved(f"{target.name} cannot be written: {error.strerror or error} ({target.parent})") from None
    try:
        with output:
            written = 0
            async with contextlib.aclosing(engine.download(paths.content(file_id))) as pieces:
                async for piece in pieces:
                    written += await _write(output.write, piece, target)
        return written
    except BaseException:
        target.unlink(missing_ok=True)
        raise


async def _write(write: Callable[[bytes], int], piece: bytes, target: Path) -> int:
    try:
        return await asyncio.to_thread(write, piece)
    except OSError as error:
        raise NotSaved(f"{target.name} cannot be written: {error.strerror or error} ({target.parent})") from None


async def content_of(engine: Engine, file_id: str) -> bytes | None:
    """What a file holds; None where it is more than a picture or document for a model may be.

    Raises:
        ApiError, EngineAway: the engine does not give all of it.
    """
    read = b""
    async with contextlib.aclosing(engine.download(paths.content(file_id))) as pieces:
        async for piece in pieces:
            read += piece
            if len(read) > attachments.MOST_BYTES:
                return None
    return read


async def text_of(engine: Engine, file_id: str) -> str | None:
    """The beginning of a file's text; None where it holds no text.

    Raises:
        ApiError, EngineAway: the engine does not give it.
    """
    read = b""
    async with contextlib.aclosing(engine.download(paths.content(file_id))) as pieces:
        async for piece in pieces:
            read += piece
            if len(read) >= MOST_READ_BYTES:
                break
    # A sign may be cut in two at the end of what is read.
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        text = decoder.decode(read[:MOST_READ_BYTES], final=len(read) < MOST_READ_BYTES)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
