"""What a memory may be: its path, its content and its hash, as the public API says (managed agents: 9.1)."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Final

from workbench.contracts.memory import MemoryRefused

MOST_CONTENT_BYTES: Final = 102_400
MOST_PATH_BYTES: Final = 1024
MOST_SEGMENTS: Final = 20
MOST_MEMORIES: Final = 2000
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})


def check_path(path: str) -> str:
    """The path itself.

    Raises:
        MemoryRefused: it is not a memory's path.
    """
    if fault := fault_of_path(path):
        raise MemoryRefused(f"path: {path!r} {fault}")
    return path


def fault_of_path(path: str) -> str:
    """Why this is no memory's path; nothing where it is one."""
    segments = path.split("/")[1:]
    faults = {
        "must start with /": not path.startswith("/"),
        f"must have 1 to {MOST_SEGMENTS} segments": len(segments) > MOST_SEGMENTS,
        "has an empty segment": "" in segments,
        "has a segment . or ..": not {".", ".."}.isdisjoint(segments),
        "has a control or format character": any(unicodedata.category(letter) in _UNSEEN for letter in path),
        "is not in Unicode Normalization Form C": not unicodedata.is_normalized("NFC", path),
        f"is longer than {MOST_PATH_BYTES} bytes": len(path.encode(errors="replace")) > MOST_PATH_BYTES,
    }
    return next((fault for fault, holds in faults.items() if holds), "")


def check_content(content: str) -> str:
    """The content itself.

    Raises:
        MemoryRefused: it is too large.
    """
    if (size := len(content.encode())) > MOST_CONTENT_BYTES:
        raise MemoryRefused(f"content: {size} bytes are more than a memory holds ({MOST_CONTENT_BYTES}); split it")
    return content


def sha256_of(content: str | bytes) -> str:
    """The hash of the raw bytes, without any normalisation."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
