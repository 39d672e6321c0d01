"""Pictures lie in `snapshots/` at the top of the repository, and nothing of this terminal shows in them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
import pytest_textual_snapshot as pictures

# Pictures show the time of day.
os.environ["TZ"] = "UTC"
time.tzset()

SNAPSHOTS = Path(__file__).resolve().parent.parent.parent / "snapshots"


class TopLevel(pictures.SVGImageExtension):  # type: ignore[misc]
    """Pictures in a folder per test file."""

    @classmethod
    def dirname(cls, *, test_location: Any) -> str:
        return str(SNAPSHOTS / test_location.basename)


pictures.SVGImageExtension = TopLevel


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No colour or size of the terminal that runs the tests."""
    for name in ("NO_COLOR", "COLORTERM", "TERM", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
