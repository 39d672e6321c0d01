"""`workbench ps` where the clock has jumped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from workbench.commands.ps import age, is_ahead


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def test_a_session_of_the_future_says_so_and_is_no_newest_one() -> None:
    stamps = [ago(days=-400), ago(seconds=-5), ago(hours=5)]
    assert [age(stamp) for stamp in stamps] == ["in 400d", "0s", "5h"]
    assert [is_ahead(stamp) for stamp in stamps] == [True, False, False]
