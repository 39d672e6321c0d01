"""What the name of a model says about what the model accepts; unknown names get the careful answer."""

from __future__ import annotations

from workbench.model_names import claude


def thinks_adaptively(model: str) -> bool:
    """Whether `thinking: adaptive` is accepted: from Claude 4.6 on."""
    known = claude(model)
    return known is not None and known[1] >= (4, 6)


def takes_effort(model: str) -> bool:
    """Whether `output_config.effort` is accepted: from Claude 4.6 on, and by Opus 4.5."""
    known = claude(model)
    return known is not None and (known[1] >= (4, 6) or known == ("opus", (4, 5)))


def takes_system_turns(model: str) -> bool:
    """Whether a `role: system` turn may stand among the messages: from Claude 4.8 on."""
    known = claude(model)
    return known is not None and known[1] >= (4, 8)


def output_limit(model: str) -> int:
    """Tokens asked for as `max_tokens`; a local server refuses a number above its own context."""
    known = claude(model)
    return 64_000 if known is not None and known[1] >= (3, 7) else 8_192


def known_window(model: str) -> int | None:
    """Tokens that a request and its answer may have together; None for a model that is not known, and for the offline
    model, which has no such limit."""
    known = claude(model)
    if known is None:
        return None
    return 200_000 if known[0] == "haiku" or known[1] < (4, 6) else 1_000_000


def context_window(model: str) -> int | None:
    """The window that a conversation is kept within; of a model that is not known, the smallest of the known ones."""
    return None if model == "offline" else known_window(model) or 200_000
