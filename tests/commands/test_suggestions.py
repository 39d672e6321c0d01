"""What was mistyped is answered with what is near."""

from __future__ import annotations

import pytest

from workbench import cli
from workbench.commands.suggestions import nearest
from workbench.commands.surface import Wrong, pick
from workbench.commands.words import WORDS


@pytest.mark.parametrize(
    ("given", "meant"), [("rnu", "run"), ("stauts", "status"), ("enviroments", "environments"), ("inbx", "inbox")]
)
def test_a_word_with_a_slip_names_the_word_that_was_meant(
    given: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([given]) == 2
    assert f"did you mean {meant}" in capsys.readouterr().err


def test_a_word_that_is_near_to_none_is_answered_with_where_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["xylophone"]) == 2
    assert "workbench --help lists them" in capsys.readouterr().err


def test_an_option_with_a_slip_names_the_option_that_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["run", "--modle", "offline", "hello"])
    assert "did you mean --mode or --model?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["memory", "lgo"], "there is no 'lgo'; did you mean log? (choose from new, ls, "),
        (["trigger", "lst"], "there is no 'lst'; did you mean list or listen? (choose from add, "),
        (
            ["ps", "--status", "runing"],
            "--status: there is no 'runing'; did you mean running or rescheduling? (choose from idle, ",
        ),
        (["ps", "--status", "xylophone"], "--status: there is no 'xylophone' (choose from idle, "),
    ],
)
def test_a_word_behind_a_word_and_a_value_with_a_slip_name_what_was_meant(
    line: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(line)
    assert said in capsys.readouterr().err


def test_an_id_with_a_slip_in_its_end_names_the_session() -> None:
    sessions = [{"id": "sesn_01abcdefghijkl"}, {"id": "sesn_01mnopqrstuvwx"}]
    with pytest.raises(Wrong, match=r"did you mean sesn_01mnopqrstuvwx\?"):
        pick(sessions, "stuvvx", "session")


def test_every_word_is_the_nearest_to_itself() -> None:
    assert all(nearest(word, WORDS).startswith(f"; did you mean {word}") for word in WORDS)


@pytest.mark.parametrize("word", ["apply", "commit", "discard"])
def test_what_may_be_left_away_is_not_called_required(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([word])
    assert capsys.readouterr().err.rstrip().endswith("required: session")
