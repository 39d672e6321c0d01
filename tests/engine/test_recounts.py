"""What is left to apply is counted anew where a repository has moved, and nowhere else."""

from __future__ import annotations

from pathlib import Path

from tests.api.stage import Stage, play
from tests.api.test_changes import get
from workbench.engine.sides import recounts_of
from workbench.hands.git.location import stamp


async def _left(stage: Stage, session_id: str) -> int:
    states = (await stage.raw.get("/workbench/v1/states")).json()["data"]
    count: int = next(one["changed_files"] for one in states if one["session_id"] == session_id)
    return count


def test_a_session_whose_files_were_merged_by_hand_has_nothing_left_to_apply_without_being_looked_at(
    tmp_path: Path,
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")

    async def story(stage: Stage) -> None:
        session = await stage.session(metadata={"workbench.project": str(tmp_path)})
        stage.files.write(session.id, "own", "agent's")
        await get(stage, session.id, "changes")
        recounts = recounts_of(stage.engine.workspaces)
        await recounts.look()
        stage.files.project["own"] = "agent's"
        await recounts.look()
        assert await _left(stage, session.id) == 1
        (tmp_path / ".git" / "index").write_text("as a merge leaves it")
        await recounts.look()
        assert await _left(stage, session.id) == 0

    play(story)


def test_a_session_is_counted_anew_when_another_one_was_applied_to_its_project() -> None:
    async def story(stage: Stage) -> None:
        project = str(Path.cwd())
        first, second = [await stage.session(metadata={"workbench.project": project}) for _ in range(2)]
        for session in (first, second):
            stage.files.write(session.id, "own", "the same")
            await get(stage, session.id, "changes")
        recounts = recounts_of(stage.engine.workspaces)
        await recounts.look()
        assert (await stage.raw.post(f"/workbench/v1/sessions/{first.id}/apply", json={})).status_code == 200
        await recounts.look()
        assert (await _left(stage, first.id), await _left(stage, second.id)) == (0, 0)

    play(story)


def test_the_stamp_of_a_project_is_that_of_the_repository_above_it_also_of_a_linked_work_tree(tmp_path: Path) -> None:
    git, inner = tmp_path / "elsewhere", tmp_path / "tree" / "inner"
    git.mkdir()
    inner.mkdir(parents=True)
    assert stamp(inner) == ()
    (tmp_path / "tree" / ".git").write_text(f"gitdir: {git}\n")
    before = stamp(inner)
    (git / "index").touch()
    assert stamp(inner) != before
