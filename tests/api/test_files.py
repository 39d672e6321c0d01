"""Files over HTTP with the official SDK: uploaded, listed, read, deleted, mounted in sessions, and left by agents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says
from workbench.contracts.values import Call, Outcome, text_outcome

CSV = b"a,b\n1,2\n"


def shared(stage: Stage, session_id: str) -> Path:
    return stage.home / "data" / "sandboxes" / session_id


def stored(stage: Stage) -> list[str]:
    """The names of all that is kept, and of all that is on its way."""
    folder = stage.home / "data" / "contents"
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_public_guide_a_file_in_and_what_the_agent_made_of_it_out() -> None:
    stage_of: list[Stage] = []
    session_ids: list[str] = []

    def gives(call: Call) -> Outcome:
        folder = shared(stage_of[0], session_ids[0])
        given = (folder / "uploads" / "data.csv").read_bytes()
        outputs = folder / "session" / "outputs"
        outputs.mkdir(parents=True)
        (outputs / "report.txt").write_bytes(b"report of " + given)
        return text_outcome("done")

    async def story(stage: Stage) -> None:
        stage_of.append(stage)
        files = stage.client.beta.files
        uploaded = await files.upload(file=("data.csv", CSV, "text/csv"))
        assert (uploaded.filename, uploaded.mime_type, uploaded.size_bytes) == ("data.csv", "text/csv", len(CSV))
        assert (uploaded.downloadable, uploaded.expires_at, uploaded.scope) == (False, None, None)
        resources: Any = [{"type": "file", "file_id": uploaded.id, "mount_path": "/data.csv"}]
        session = await stage.session(resources=resources)
        session_ids.append(session.id)
        [resource] = session.resources
        assert (resource.type, resource.mount_path) == ("file", "/mnt/session/uploads/data.csv")
        assert resource.file_id != uploaded.id
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        found = [one async for one in files.list(scope_id=session.id, betas=["managed-agents-2026-04-01"])]
        assert [(one.filename, one.downloadable) for one in found] == [("report.txt", True), ("data.csv", False)]
        assert found[0].scope is not None
        assert found[0].scope.to_dict() == {"type": "session", "id": session.id}
        content = await files.download(found[0].id)
        assert await content.read() == b"report of " + CSV
        with pytest.raises(anthropic.BadRequestError) as refused:
            await files.download(uploaded.id)
        assert type(refused.value).__name__ == "FileNotDownloadableError"
        prompt = stage.model.requests[0].body["system"][0]["text"]
        assert "/mnt/session/uploads/data.csv (data.csv, 8 bytes)" in prompt
        assert "Files for the user go into /mnt/session/outputs" in prompt
        await files.delete(uploaded.id)
        assert len(stored(stage)) == 2
        await stage.client.beta.sessions.delete(session.id)
        assert [one async for one in files.list()] == []
        assert stored(stage) == []

    play(story, script=[calls(("bash", {"command": "work"})), says("Done.")], hands=ScriptedHands(gives))
