"""The Parquet file of an export: whole or not at all, in folders of any name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.commands.past import NAME, PastFile, sessions_of

SESSION = {"id": "sesn_1", "title": "one"}
EVENTS = [
    {"id": f"sevt_{number}", "type": "user.message", "processed_at": "2026-01-01T00:00:00Z", "number": number}
    for number in range(3)
]


@pytest.mark.parametrize("folder", [os.fsdecode(b"odd\xff"), "s3:", "two words", "file:"])
def test_it_comes_back_whole_from_a_folder_of_any_name(tmp_path: Path, folder: str) -> None:
    place = tmp_path / folder
    place.mkdir()
    with PastFile(place / NAME) as past:
        assert list(past.through(SESSION, EVENTS)) == EVENTS
    assert list(sessions_of(place / NAME)) == [(SESSION, EVENTS)]
    assert [one.name for one in place.iterdir()] == [NAME]


def test_one_that_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    def stopped() -> None:
        with PastFile(tmp_path / NAME) as past:
            list(past.through(SESSION, EVENTS))
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        stopped()
    assert list(tmp_path.iterdir()) == []
