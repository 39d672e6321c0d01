"""What a person's rules say of messages between sessions: the entry `send_to_session`, which no call is judged by."""

from __future__ import annotations

from workbench.contracts import talking
from workbench.permissions.rules import Rules


def lets_talk(rules: Rules, agent_id: str) -> bool | None:
    """Whether sessions of this agent may write to others: denied, or allowed everywhere or for it; None without a word."""
    said = {decision for layer in rules.layers for decision, pattern in layer if pattern.tool == talking.SEND}
    if "deny" in said:
        return False
    always = (pattern for one in rules.always if one.reaches("", agent_id) for pattern in one.patterns)
    return True if "allow" in said or any(pattern.tool == talking.SEND for pattern in always) else None
