"""Which tools of a server of the 2025-11-25 protocol can be called as tasks only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import Tool


def needs_task(client: Client, tool: Tool) -> bool:
    """Whether a tool can be called no other way."""
    return takes_older_tasks(client) and tool.execution is not None and tool.execution.task_support == "required"


def takes_older_tasks(client: Client) -> bool:
    """Whether a server of 2025-11-25 runs calls as tasks."""
    from mcp_types.version import MODERN_PROTOCOL_VERSIONS

    tasks = client.server_capabilities.tasks
    is_older = client.protocol_version not in MODERN_PROTOCOL_VERSIONS
    return bool(is_older and tasks and tasks.requests and tasks.requests.tools and tasks.requests.tools.call)
