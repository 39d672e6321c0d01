"""What stands for a secret where it must not be: opaque names of the secret's own shape, found again by their middle."""

from __future__ import annotations

import secrets
import string

MARK = "wbph_"
LEAST_RANDOM = 22
"""Of 62 characters: 131 bits, so a placeholder cannot be guessed."""
MOST_LENGTH = 4096

_ALPHABET = string.ascii_letters + string.digits
_PREFIXES = (
    *("github_pat_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "npm_", "pypi-", "hf_", "dop_v1_", "lin_api_"),
    *("sk-ant-api03-", "sk-ant-", "sk-proj-", "sk-", "sk_live_", "sk_test_", "rk_live_", "xoxb-", "xoxp-", "xapp-"),
)
"""Clients check these before they send anything; longer ones first where one begins another."""


def prefix_of(value: str) -> str:
    """The vendor's prefix that programs look for in such a secret; "" when it has none that is known."""
    return next((prefix for prefix in _PREFIXES if value.startswith(prefix)), "")


def minted(prefix: str = "", length: int = 0) -> str:
    """A fresh placeholder with this prefix, as long as asked where that leaves enough room for chance."""
    fixed = prefix + MARK
    random = max(LEAST_RANDOM, min(length, MOST_LENGTH) - len(fixed))
    return fixed + "".join(secrets.choice(_ALPHABET) for _ in range(random))
