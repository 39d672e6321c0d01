"""What a checkpoint has of a session's work: the files that were left for its user, and a digest of everything but caches."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePath
from typing import Final

from workbench.contracts.forks import Evidence, OutputFile
from workbench.hands.files.checkpoints import Checkpoints, Kept
from workbench.hands.files.workspace import BASE_FOLDER, OUTPUTS_FOLDER

MOST_READ_BYTES: Final = 256 << 10
"""Of one file; of all, as much as a grader is shown of them several times over."""
_MOST_READ: Final = 4 << 20
_OUTPUTS: Final = f"session/{OUTPUTS_FOLDER}/"
_BASE: Final = f"{BASE_FOLDER}/"
_CACHES: Final = frozenset(
    {
        ".git",
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".cache",
        "node_modules",
        ".hypothesis",
        ".tox",
    }
)


def evidence(known: Checkpoints, seq: int) -> Evidence:
    """Raises: FilesRefused: nothing was kept of this place."""
    checkpoint = known.at(seq)
    digest = hashlib.sha256()
    own = [kept for kept in checkpoint.files if not kept.path.startswith(_BASE)]
    for kept in own:
        if not _CACHES & set(PurePath(kept.path).parts) and not kept.path.endswith(".pyc") and kept.kind != "folder":
            digest.update("\0".join((kept.path, kept.kind, kept.content, "")).encode("utf-8", "surrogateescape"))
    outputs, left = [], _MOST_READ
    for kept in own:
        if kept.kind == "file" and kept.path.startswith(_OUTPUTS):
            output, read = _output(Path(known.content(kept.content)), kept, left)
            outputs.append(output)
            left -= read
    return Evidence(digest.hexdigest(), tuple(outputs))


def _output(content: Path, kept: Kept, left: int) -> tuple[OutputFile, int]:
    """The file, and how many bytes of it were read."""
    name = kept.path.removeprefix(_OUTPUTS).encode("utf-8", "replace").decode()
    size, most = content.stat().st_size, min(left, MOST_READ_BYTES)
    if most <= 0:
        return OutputFile(name, size, None), 0
    with content.open("rb") as source:
        raw = source.read(most)
    text = None if b"\0" in raw else raw.decode("utf-8", errors="replace")
    return OutputFile(name, size, text), len(raw)
