"""Forms of skills: files one after the other, or one zip, taken into a pack as they come."""

from __future__ import annotations

import asyncio
import tempfile
from typing import Final

from starlette.requests import Request

from workbench.api.forms import Form, Part
from workbench.catalog.errors import Refused
from workbench.engine.skills import refused_skill
from workbench.skills.checking import SkillRefused
from workbench.skills.packing import MOST_BYTES, Pack

FILES: Final = ("files[]", "files")
DISPLAY_NAMES: Final = ("display_name", "display_title")
_ZIPS: Final = frozenset({"application/zip", "application/x-zip-compressed", "application/x-zip"})


async def packed(request: Request, pack: Pack) -> str | None:
    """Take the files of a form as they come, or the one zip; the display name, where there is one."""
    form = Form(request, "files[]")
    display_name: str | None = None
    count = 0
    is_archive = False
    try:
        while (part := await form.next_part()) is not None:
            if part.name in DISPLAY_NAMES and display_name is None:
                display_name = await form.text()
                continue
            if part.name not in FILES:
                raise Refused(f"{part.name[:100]}: an upload has the parts files[] and display_name, and no others")
            count += 1
            if is_archive or (_is_archive(part) and count > 1):
                raise Refused("files[]: a zip is uploaded alone, with all files in it")
            is_archive = _is_archive(part)
            await (_take_archive if is_archive else _take_file)(form, part, pack)
    except SkillRefused as refused:
        raise refused_skill(refused) from None
    if not count:
        raise Refused("files[]: the form has no part of this name")
    return display_name


def _is_archive(part: Part) -> bool:
    """A zip below a folder is a file of its skill."""
    kind = part.media_type.partition(";")[0].strip().lower()
    return "/" not in part.filename and (kind in _ZIPS or part.filename.lower().endswith(".zip"))


async def _take_file(form: Form, part: Part, pack: Pack) -> None:
    pack.begin(part.filename)
    async for piece in form.body():
        await asyncio.to_thread(pack.add, piece)


async def _take_archive(form: Form, part: Part, pack: Pack) -> None:
    with tempfile.TemporaryFile() as archive:
        size = 0
        async for piece in form.body():
            size += len(piece)
            if size > MOST_BYTES:
                words = f"{part.filename[:100]}: a skill has at most {MOST_BYTES >> 20} MB, unpacked, and this is more as it is"
                raise Refused(words, status=413, kind="request_too_large")
            await asyncio.to_thread(archive.write, piece)
        await asyncio.to_thread(pack.add_archive, archive)
