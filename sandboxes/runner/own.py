"""Which folders hold what others wrote: searched after a project's own files."""

from __future__ import annotations

OTHERS_FOLDERS = frozenset(
    (
        *("node_modules", "bower_components", "site-packages", "vendor", "third_party", "__pycache__"),
        *(".venv", "venv", ".tox", ".nox", ".cache", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
    )
)
SKIPPED_FOLDERS = frozenset((".git",))
"""Never searched, unless they are what is named."""
