"""Commands in the background of a session that is shown: asked for after each call of that tool, and while any runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from workbench.client import paths
from workbench.client.app import Engine
from workbench.client.background import running
from workbench.client.errors import ApiError, EngineAway
from workbench.tui.state.conversation import Conversation

EVERY_S: Final = 2.0


async def follow(engine: Engine, conversation: Conversation, changed: Callable[[], None]) -> None:
    """Keep the conversation's own list of them as it is in the sandbox, until this is cancelled."""
    seen = -1
    while True:
        if conversation.background_calls != seen or running(conversation.background):
            seen = conversation.background_calls
            with contextlib.suppress(ApiError, EngineAway):
                found = (await engine.get(paths.own(conversation.session_id, "background")))["data"]
                if found != conversation.background:
                    conversation.background = found
                    changed()
        await asyncio.sleep(EVERY_S)
