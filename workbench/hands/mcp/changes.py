"""What servers of the present protocol tell of changes of their tools: a subscription, opened again when it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import ListToolsResult

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0


async def heard_changes(client: Client, changed: Callable[[], None]) -> None:
    """Say whenever the tools may be others, for as long as the connection lives.

    A subscription has no replay: what happened while none was open is not told, so each opening counts as a change.
    """
    from mcp.client.subscriptions import SubscriptionLost
    from mcp.shared.exceptions import MCPError
    from mcp_types import METHOD_NOT_FOUND

    if not tells_changes(client):
        return
    pause = FIRST_PAUSE_S
    while True:
        try:
            async with client.listen(tools_list_changed=True) as subscription:
                changed()
                if not subscription.honored.tools_list_changed:
                    return
                async for _ in subscription:
                    pause = FIRST_PAUSE_S
                    changed()
        except (MCPError, SubscriptionLost, TimeoutError) as error:
            if isinstance(error, MCPError) and error.code == METHOD_NOT_FOUND:
                return
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)


def tells_changes(client: Client) -> bool:
    """Whether the server tells changes only to those who subscribe."""
    from mcp_types.version import MODERN_PROTOCOL_VERSIONS

    tools = client.server_capabilities.tools
    return client.protocol_version in MODERN_PROTOCOL_VERSIONS and bool(tools and tools.list_changed)


def fresh_until(client: Client, page: ListToolsResult) -> float:
    """The loop's time until which a listing is good: that of a server which tells changes is good until it tells one."""
    from mcp_types.version import MODERN_PROTOCOL_VERSIONS

    if client.protocol_version not in MODERN_PROTOCOL_VERSIONS or tells_changes(client):
        return float("inf")
    return asyncio.get_running_loop().time() + (page.ttl_ms or 0) / 1000
