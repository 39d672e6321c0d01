"""A workbench's folders of their own for one test, whose secrets are kept in memory."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workbench.settings import Settings


@contextlib.contextmanager
def own_place() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="wb") as home:
        place = Path(home)
        (place / "data").mkdir()
        yield Settings(
            data=place / "data",
            config=place / "config",
            runtime=place / "run",
            state=place / "state",
            keep_secrets_in="memory",
        )
