"""Commands that the sandbox of a session that is shown did not find, read from its transcript."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workbench.client.missing_commands import Missing, missing_in
from workbench.tui.state.conversation import Block, Conversation

_LOOKED_AT: Final = 200
_SANDBOX: Final = "⚙ a new sandbox"


def lacking(conversation: Conversation) -> list[Missing]:
    """Of the sandbox that it has now, as far as its last blocks tell."""
    return missing_in([_said(block) for block in _of_sandbox(conversation)][::-1])


def lacking_now(conversation: Conversation) -> list[Missing]:
    """Those of what came after the last message."""
    results = []
    for block in _of_sandbox(conversation):
        if block.kind == "user":
            break
        results.append(_said(block))
    return missing_in(results[::-1])


def _of_sandbox(conversation: Conversation) -> Iterator[Block]:
    """The blocks since a sandbox was started anew, the youngest first."""
    for block in reversed(conversation.blocks[-_LOOKED_AT:]):
        if block.kind == "note" and block.text.startswith(_SANDBOX):
            return
        if block.kind in ("user", "call", "ran", "error"):
            yield block


def _said(block: Block) -> str:
    if block.kind == "error":
        return block.text
    # What succeeded may have read of commands that were not found elsewhere.
    return (block.result or "") if block.failed else ""
