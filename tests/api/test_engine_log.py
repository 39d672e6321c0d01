"""/workbench/v1/log and the limits: the end of the engine's log, what came since, and no secret in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.stage import Stage, play
from workbench.engine.engine_log import MOST_BYTES, tail


def test_what_came_since_is_told_once_and_half_a_line_only_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "engine.log"
    file.write_text("one\ntwo\nthr")
    first = tail(file, None)
    assert first == {"lines": ["one", "two"], "position": 8, "is_new": True}
    assert tail(file, 8) == {"lines": [], "position": 8, "is_new": False}
    with file.open("a") as opened:
        opened.write("ee\nfour\n")
    assert tail(file, 8) == {"lines": ["three", "four"], "position": 19, "is_new": False}


def test_a_file_that_was_begun_again_is_told_from_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "engine.log"
    file.write_text("new\n")
    assert tail(file, 5_000_000) == {"lines": ["new"], "position": 4, "is_new": True}
    assert tail(tmp_path / "none", 7) == {"lines": [], "position": 0, "is_new": True}


def test_of_a_long_file_the_end_is_told_in_whole_lines(tmp_path: Path) -> None:
    file = tmp_path / "engine.log"
    file.write_text("".join(f"line {number:09}\n" for number in range(20_000)))
    told = tail(file, None)["lines"]
    assert (told[-1], len(told[0])) == ("line 000019999", 14)
    assert len(told) <= MOST_BYTES // 15
    assert tail(file, 3)["is_new"]


@pytest.mark.parametrize(
    "secret", ["sk-ant-api03-abcdefghijklmnop", "ghp_abcdefghijklmnopqrstuvwx", "Bearer abcdefghijklmnop12"]
)
def test_no_secret_is_told_and_the_rest_of_its_line_is(tmp_path: Path, secret: str) -> None:
    file = tmp_path / "engine.log"
    file.write_text(f"before {secret} sesn_01QhK9fmR8bX2vT7LcW5nY3d behind\npassword=hunter2-x\n")
    one, other = tail(file, None)["lines"]
    assert one.startswith("before [secret]")
    assert one.endswith("sesn_01QhK9fmR8bX2vT7LcW5nY3d behind")
    assert "hunter2" not in other


def test_the_log_and_the_limits_are_served_and_a_position_that_is_none_is_refused() -> None:
    async def story(stage: Stage) -> None:
        told = (await stage.raw.get("/workbench/v1/log")).json()
        assert told == {"lines": [], "position": 0, "is_new": True}
        for bad in ("-1", "x", "٣"):
            assert (await stage.raw.get("/workbench/v1/log", params={"after": bad})).status_code == 400
        assert (await stage.raw.get("/workbench/v1/sandboxes")).json()["limits"] == {"sandbox": {"processes": 7}}

    play(story)
