"""Notes which lines a person brought into a project from a session, so that a later look can see what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

from workbench.contracts import facts
from workbench.contracts.files import FilesRefused, HunkFiles
from workbench.contracts.log import Facts
from workbench.contracts.values import Clock, Json, Session
from workbench.hands.files.changed_lines import Brought, brought, stands
from workbench.hands.files.safe_paths import Beneath
from workbench.text.secrets import holds_secret

MOST_RUNS: Final = 200
MOST_CHARACTERS: Final = 60_000
"""Of one apply; what is beyond is not looked after."""
MOST_BYTES: Final = 1 << 20


@asynccontextmanager
async def noted_lines(
    known: Facts, clock: Clock, hunks: HunkFiles, session: Session, paths: Sequence[str] | None
) -> AsyncIterator[None]:
    """What stands in the project after the block, of what the session had changed before it, is noted."""
    project = session.project
    try:
        review = await hunks.review(session, paths) if project else None
    except FilesRefused:
        # The work in the block says why.
        review = None
    yield
    if review is None or project is None:
        return
    runs = [(file.change.path, one) for file in review.files for hunk in file.hunks or () for one in brought(hunk)]
    body = await asyncio.to_thread(lambda: list(_kept(Path(project), runs[:MOST_RUNS])))
    if body:
        await known.record(facts.LINES_BROUGHT.made(session.id, clock(), {"runs": body}))


def _kept(project: Path, runs: Sequence[tuple[str, Brought]]) -> Iterator[Json]:
    texts: dict[str, str | None] = {}
    room = MOST_CHARACTERS
    for path, one in runs:
        if path not in texts:
            texts[path] = project_text(project, path)
        text = texts[path]
        if text is None or not stands(one, text) or holds_secret("\n".join(one.lines)):
            continue
        kept = {"path": path, **asdict(one)}
        room -= sum(len(line) for lines in asdict(one).values() for line in lines)
        if room < 0:
            return
        yield kept


def project_text(project: Path, path: str) -> str | None:
    """What a file of the project says; None where it is none, too large, or no text."""
    try:
        with Beneath(project) as root:
            content = root.content(path, MOST_BYTES + 1)
        return None if len(content) > MOST_BYTES else content.decode("utf-8")
    except (OSError, ValueError, FilesRefused):
        return None
