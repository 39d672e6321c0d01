"""Keys in the order in which they were pressed: what an earlier one set going is done before a later one acts."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from textual.message_pump import MessagePump
from textual.widget import Widget

LONGEST_S: Final = 1.0
"""A screen that takes longer than this is stuck, and is left by the key that was pressed."""


async def settled(*pumps: MessagePump) -> None:
    """Wait until each of these has handled what was sent to it so far, one after the other."""
    for pump in pumps:
        done = asyncio.Event()
        if pump.call_later(done.set):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), LONGEST_S)


async def settled_up(widget: Widget) -> None:
    """Wait until a widget and everything that it stands in, up to its screen, have handled what was sent to them so far."""
    await settled(*(node for node in widget.ancestors_with_self if isinstance(node, Widget)))
