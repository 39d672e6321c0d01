"""Stores that new sessions have by themselves, and lines that nobody reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from workbench import events
from workbench.contracts.values import Json
from workbench.engine.dreams import unread


def _stores(session: Any) -> list[str]:
    return [one.name for one in session.resources if one.type == "memory_store"]


def test_a_new_session_has_the_stores_of_its_project_of_its_agent_and_of_everywhere(tmp_path: Path) -> None:
    project, other = tmp_path / "shop", tmp_path / "else"
    (project / "web").mkdir(parents=True)
    other.mkdir()

    async def story(stage: Stage) -> None:
        first = await stage.session()
        for name, wish in (
            ("all", "everywhere"),
            ("shop", f"project {project}"),
            ("mine", f"agent {first.agent.id}\nproject /nowhere"),
            ("none", "nobody"),
        ):
            await stage.client.beta.memory_stores.create(name=name, metadata={"workbench.for": wish})
        again = {"agent": first.agent.id, "environment_id": first.environment_id}
        create = stage.client.beta.sessions.create
        assert _stores(await create(**again)) == ["all", "mine"]
        assert _stores(await create(**again, metadata={"workbench.project": str(project / "web")})) == [
            "all",
            "shop",
            "mine",
        ]
        assert _stores(await create(**again, metadata={"workbench.project": str(other)})) == ["all", "mine"]
        assert _stores(await create(**again, metadata={"workbench.memory": "none"})) == []
        stores = [one async for one in stage.client.beta.memory_stores.list()]
        named: Any = [{"type": "memory_store", "memory_store_id": one.id} for one in stores if one.name == "all"]
        assert _stores(await create(**again, resources=named)) == ["all", "mine"]
        with pytest.raises(anthropic.BadRequestError, match=r"workbench\.memory: must be none"):
            await create(**again, metadata={"workbench.memory": "some"})

    play(story)


def test_lines_that_no_session_opened_are_proposed_for_removal_and_stay_when_their_owner_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "AFTER_SESSIONS", 3)

    async def story(stage: Stage) -> None:
        store = await stage.client.beta.memory_stores.create(name="Team notes")
        for path, line in (("/old.md", "- Nobody reads this.\n"), ("/used.md", "- Used.\n")):
            await stage.client.beta.memory_stores.memories.create(store.id, path=path, content=line)
        resources = [{"type": "memory_store", "memory_store_id": store.id}]
        ids = []
        for _ in range(3):
            session = await stage.session(resources=resources)
            ids.append(session.id)
            body = {
                "type": "agent.tool_use",
                "id": events.new_id("sevt"),
                "processed_at": events.timestamp(events.now()),
                "name": "bash",
                "input": {"command": "cat /mnt/memory/team-notes/used.md"},
            }
            await stage.engine.log.sessions.append(session.id, [events.parse(body)])
        dream = await _dreamt(stage, store.id, ids)
        [only] = dream["workbench"]["proposals"]
        assert (only["op"], only["old"], only["kind"]) == ("remove", ["Nobody reads this."], "unread")
        review = await stage.raw.post(f"/workbench/v1/dreams/{dream['id']}/review", json={"reject": [only["id"]]})
        assert review.status_code == 200
        assert (await _dreamt(stage, store.id, ids))["workbench"]["proposals"] == []
        rows = (await stage.raw.post("/workbench/v1/sql", json={"sql": "SELECT store, path FROM memory_reads"})).json()[
            "rows"
        ]
        assert rows == [["team-notes", "/used.md"]] * 3

    play(story, folder=tmp_path)


async def _dreamt(stage: Stage, store_id: str, ids: list[str]) -> Json:
    inputs = [{"type": "memory_store", "memory_store_id": store_id}, {"type": "sessions", "session_ids": ids}]
    made = (await stage.raw.post("/workbench/v1/dreams", json={"inputs": inputs, "model": "offline"})).json()
    while made["status"] in ("pending", "running"):
        made = (await stage.raw.get(f"/workbench/v1/dreams/{made['id']}")).json()
    return dict(made)


def test_it_is_said_which_lines_a_session_was_given_and_which_its_agent_read(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        memories = stage.client.beta.memory_stores.memories
        store = await stage.client.beta.memory_stores.create(name="Team notes")
        await memories.create(store.id, path="/conventions.md", content="# Conventions\n\n- Use tabs.\n")
        other = await memories.create(store.id, path="/facts.md", content="- The port is 1.\n")
        session = await stage.session(resources=[{"type": "memory_store", "memory_store_id": store.id}])
        await memories.update(other.id, memory_store_id=store.id, content="- The port is 2.\n")
        use = {
            "type": "agent.tool_use",
            "id": events.new_id("sevt"),
            "processed_at": events.timestamp(events.now()),
            "name": "read",
            "input": {"file_path": "/mnt/memory/team-notes/conventions.md"},
        }
        [entry] = await stage.engine.log.sessions.append(session.id, [events.parse(use)])
        place = f"/workbench/v1/sessions/{session.id}/memory"
        about = {"memory_store_id": store.id, "store": "team-notes", "is_gone": False}
        read = [{"event_id": use["id"], "seq": entry.seq}]
        assert (await stage.raw.get(place)).json()["data"] == [
            about | {"path": "/conventions.md", "lines": ["# Conventions", "- Use tabs."], "reads": read},
            about | {"path": "/facts.md", "lines": ["- The port is 1."], "reads": []},
        ]
        await stage.client.beta.memory_stores.delete(store.id)
        [gone] = (await stage.raw.get(place)).json()["data"]
        assert gone["is_gone"]

    play(story, folder=tmp_path)
