"""Why there is no sandbox, in words for the model and the person."""

from __future__ import annotations


class SandboxUnavailable(Exception):
    """No sandbox can be had; the text says what is wrong and the exact command that mends it."""
