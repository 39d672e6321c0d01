"""What is left to apply is counted anew where a repository has moved, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from tests.api.stage import Stage, play
from tests.api.test_changes import get
from workbench.catalog.sessions import SessionRecords
from workbench.contracts.values import Document
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


class _Counting:
    """Records that are counted when they are read."""

    def __init__(self, records: SessionRecords) -> None:
        self._records = records
        self.read: list[str] = []

    async def document(self, session_id: str) -> Document:
        self.read.append(session_id)
        return await self._records.document(session_id)


def test_no_record_is_read_while_no_project_moves_and_then_only_those_of_its_sessions(tmp_path: Path) -> None:
    projects = [tmp_path / "one", tmp_path / "other"]
    for project in projects:
        (project / ".git").mkdir(parents=True)
        (project / ".git" / "HEAD").write_text("ref: refs/heads/main\n")

    async def story(stage: Stage) -> None:
        sessions = [
            await stage.session(metadata={"workbench.project": str(project)}) for project in (*projects, *projects)
        ]
        for session in sessions:
            stage.files.write(session.id, "own", "agent's")
            await get(stage, session.id, "changes")
        recounts = recounts_of(stage.engine.workspaces)
        records = _Counting(recounts.records)
        recounts.records = cast("SessionRecords", records)
        await recounts.look()
        assert sorted(records.read) == sorted(session.id for session in sessions)
        records.read.clear()
        for _ in range(3):
            await recounts.look()
        assert records.read == []
        (projects[0] / ".git" / "index").write_text("as a merge leaves it")
        await recounts.look()
        assert sorted(records.read) == sorted([sessions[0].id, sessions[2].id])
        await stage.client.beta.sessions.archive(sessions[0].id)
        records.read.clear()
        (projects[0] / ".git" / "index").write_text("as another merge leaves it")
        await recounts.look()
        await recounts.look()
        assert records.read == [sessions[2].id]

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
