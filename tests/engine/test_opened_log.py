"""What was mended as the log was opened is told once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from workbench import settings
from workbench.engine import process


def test_a_lost_database_is_told_of_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = replace(settings.load({"WORKBENCH_HOME": str(tmp_path)}), runtime=tmp_path / "run")
    told: list[str] = []
    monkeypatch.setattr(process, "say", told.append)

    async def opened() -> None:
        async with process.opened_log(place):
            pass

    asyncio.run(opened())
    assert told == []
    (place.log / "log.duckdb").write_bytes(b"no database at all")
    asyncio.run(opened())
    assert len(told) == len(set(told)) > 0
    assert any("rebuilt from the journal" in sentence for sentence in told)
