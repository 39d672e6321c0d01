"""What was typed survives the app."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.tui.state.drafts import Draft, Drafts, Held, draft_of_folder
from workbench.tui.state.shell_runs import ShellRun
from workbench.tui.state.task_line import Task, Unclear, task_of, with_folder_completed


def test_a_draft_and_its_lines_are_there_for_the_next_app(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts")
    drafts.typed("sesn_a", "half a sen")
    drafts.hold("sesn_a", "later", "turn")
    drafts.pause("sesn_a", paused=True)
    again = Drafts(tmp_path / "drafts")
    assert again.of("sesn_a") == Draft("half a sen", (Held("later", "turn"),), paused=True)
    assert again.holding() == ["sesn_a"]


def test_a_task_that_was_begun_for_one_folder_stands_in_no_other_ones_box(tmp_path: Path) -> None:
    drafts, one, other = Drafts(tmp_path), draft_of_folder("/srv/shop"), draft_of_folder("/srv/shop/")
    drafts.typed(one, "fix the total")
    assert (drafts.of(other), drafts.of(draft_of_folder(""))) == (Draft(), Draft())
    assert Drafts(tmp_path).of(draft_of_folder("/srv/shop")).text == "fix the total"


def test_an_empty_draft_leaves_no_file(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    drafts.typed("sesn_a", "x")
    drafts.typed("sesn_a", "")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_somebody_broke_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sesn_a.json").write_text("{")
    assert Drafts(tmp_path).of("sesn_a") == Draft()
    assert (tmp_path / "sesn_a.json").exists()


def test_the_youngest_line_is_taken_back_first(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    drafts.hold("sesn_a", "one", "turn")
    drafts.hold("sesn_a", "two", "turn")
    assert [drafts.take_back("sesn_a") for _ in range(3)] == ["two", "one", ""]


def test_names_and_folder_stand_before_the_task(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    line = f"@coder @small -C '{folder}' mail bob@example.com -C x"
    assert task_of(line) == Task("mail bob@example.com -C x", ("coder", "small"), str(folder))


def test_a_folder_that_was_chosen_before_holds_until_another_one_or_none_is_named(tmp_path: Path) -> None:
    assert task_of("go", "/chosen") == Task("go", folder="/chosen")
    assert task_of(f"-C {tmp_path} go", "/chosen") == Task("go", folder=str(tmp_path))
    assert task_of("@small -C none go", "/chosen") == Task("go", ("small",))


def test_a_folder_is_completed_as_far_as_it_is_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tabulate", "table", "other/deep", ".hidden"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "other" / "dull.txt").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert with_folder_completed("@coder -C ~/t") == "@coder -C ~/tab"
    assert with_folder_completed("-C ~/tabu") == "-C ~/tabulate/"
    assert with_folder_completed(f"-C {tmp_path}/other/d") == f"-C {tmp_path}/other/deep/"
    assert with_folder_completed("-C .h") == "-C .hidden/"
    assert with_folder_completed("-C ~/x") == "-C ~/x"
    assert with_folder_completed("-C /nowhere/x") == "-C /nowhere/x"
    for other in ("", "go", "-C", "-C ~/t go", "see -C ~/t"):
        assert with_folder_completed(other) is None


@pytest.mark.parametrize("line", ["", "@coder", "-C", "-C /nowhere/at/all go"])
def test_a_line_that_is_not_clear_starts_nothing(line: str) -> None:
    with pytest.raises(Unclear):
        task_of(line)


def test_a_command_is_run_and_is_no_task(tmp_path: Path) -> None:
    assert task_of(f"@small -C {tmp_path} ! make  test") == Task("", ("small",), str(tmp_path), "make  test")
    assert task_of("say ! to them") == Task("say ! to them")


@pytest.mark.parametrize("line", ["!", " ! ", "@small !"])
def test_an_exclamation_mark_with_nothing_behind_it_runs_nothing(line: str) -> None:
    with pytest.raises(Unclear, match="say what to run"):
        task_of(line)


def test_what_was_run_is_kept_whole_and_what_another_version_wrote_of_it_is_left_out(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    drafts.typed("sesn_a", "half a sen")
    drafts.keep_run("sesn_a", ShellRun("make", "ok"))
    assert Drafts(tmp_path).of("sesn_a") == Draft("half a sen", ran=(ShellRun("make", "ok"),))
    (tmp_path / "sesn_a.json").write_text('{"text": "half", "held": [], "paused": false, "ran": ["I ran `x`"]}')
    assert Drafts(tmp_path).of("sesn_a") == Draft("half")
