"""Signatures with kept secrets: what is signed comes in, a code goes out, and the secret stays."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

_STANDARD: Final = "whsec_"
"""Before a secret in base64, as Standard Webhooks writes it."""


def key_of(value: str) -> bytes:
    """The key in a secret: decoded where it says that it is base64, else its text."""
    if value.startswith(_STANDARD):
        try:
            return base64.b64decode(value.removeprefix(_STANDARD), validate=True)
        except (ValueError, binascii.Error):
            pass
    return value.encode()


def code(value: str, data: bytes) -> str:
    """HMAC-SHA256 over the data, in hex."""
    return hmac.new(key_of(value), data, hashlib.sha256).hexdigest()


def is_same(value: str, given: str) -> bool:
    """Whether somebody gave the secret itself, in a time that tells nothing."""
    return hmac.compare_digest(value.encode(), given.encode())
