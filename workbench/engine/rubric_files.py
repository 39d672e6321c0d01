"""Rubrics that are files: read once, when their outcome is taken."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.catalog import inbound_events
from workbench.catalog.errors import Refused
from workbench.catalog.outcomes import DefineOutcome, FileRubric, TextRubric
from workbench.contracts.contents import ContentRefused
from workbench.contracts.outcomes import MOST_RUBRIC
from workbench.engine.files import StoredFiles

_MOST_BYTES = 4 * MOST_RUBRIC


async def with_rubrics(
    files: StoredFiles, batch: Sequence[inbound_events.Sent], place: str
) -> list[inbound_events.Sent]:
    """The batch with each rubric that is a file as its text.

    Raises:
        Refused: 404 for a file that is not there or has expired, 400 for one that is no text or too long.
    """
    return [
        item.model_copy(update={"rubric": await _text(files, item.rubric, f"{place}.{index}.rubric")})
        if isinstance(item, DefineOutcome) and isinstance(item.rubric, FileRubric)
        else item
        for index, item in enumerate(batch)
    ]


async def _text(files: StoredFiles, rubric: FileRubric, place: str) -> TextRubric:
    file = await files.readable(rubric.file_id)
    named = f"{place}: file {rubric.file_id} ({file['filename']})"
    if file["size_bytes"] > _MOST_BYTES:
        raise Refused(f"{named} is longer than {MOST_RUBRIC} characters")
    try:
        content = (await files.whole(file)).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{named} is no UTF-8 text") from None
    except ContentRefused as refused:
        raise Refused(f"{named} cannot be read: {refused}") from None
    if not content.strip():
        raise Refused(f"{named} is empty; say what is to be reached")
    if len(content) > MOST_RUBRIC:
        raise Refused(f"{named} has {len(content)} characters, and a rubric at most {MOST_RUBRIC}")
    return TextRubric(type="text", content=content)
