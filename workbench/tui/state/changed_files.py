"""How many files a session that is shown has changed in its project: asked for when it has come to rest."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from workbench.client import paths
from workbench.client.app import Engine
from workbench.client.errors import ApiError, EngineAway
from workbench.tui.state.conversation import Conversation
from workbench.tui.state.rows import Row

EVERY_S: Final = 1.0


async def follow(
    engine: Engine, conversation: Conversation, row: Callable[[], Row | None], changed: Callable[[], None]
) -> None:
    """Keep the conversation's number of them as it was at the last rest, until this is cancelled."""
    while True:
        known = row()
        rested = known.rested_at if known is not None and known.project and not known.busy else None
        has_worked = any(block.kind == "call" for block in conversation.blocks)
        if rested is not None and rested != conversation.counted_at and has_worked:
            conversation.counted_at = rested
            with contextlib.suppress(ApiError, EngineAway):
                found = await engine.get(paths.own(conversation.session_id, "changes"))
                conversation.changed_files = len(found["changes"])
                changed()
        await asyncio.sleep(EVERY_S)
