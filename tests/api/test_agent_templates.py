"""Agents by trade over HTTP: what a template needs is made where it is missing, and asked again the same changes nothing."""

from __future__ import annotations

from typing import Any

from tests.api.stage import Stage, play

PLACE = "/workbench/v1/agent_templates"


def test_a_template_makes_its_agent_with_environment_and_skills_once() -> None:
    async def story(stage: Stage) -> None:
        first = (await stage.raw.post(f"{PLACE}/test-writer", json={"model": "offline"})).json()
        assert first["created"] == ["environment python", "skill small-commits", "agent test-writer"]
        assert first["agent"]["skills"][0]["type"] == "custom"
        again = (await stage.raw.post(f"{PLACE}/test-writer", json={"model": "offline"})).json()
        assert (again["created"], again["agent"]) == ([], first["agent"])
        other = (await stage.raw.post(f"{PLACE}/bug-fixer", json={"model": "offline", "name": "mender"})).json()
        assert other["created"] == ["agent mender"]
        listed = (await stage.raw.get(PLACE)).json()["data"]
        assert {one["name"]: one["made"] for one in listed if one["made"]} == {
            "test-writer": ["test-writer"],
            "bug-fixer": ["mender"],
        }

    play(story)


def test_what_is_asked_wrongly_is_refused_and_nothing_is_made() -> None:
    async def story(stage: Stage) -> None:
        await stage.agent(name="reviewer")
        asked: list[tuple[str, dict[str, Any], int, str]] = [
            ("nobody", {"model": "offline"}, 404, "agent template nobody"),
            ("../developers/reviewer", {"model": "offline"}, 404, ""),
            ("valuation", {}, 400, "model"),
            ("valuation", {"model": "offline", "system": "x"}, 400, "system"),
            ("valuation", {"model": "offline", "name": 7}, 400, "name"),
            ("reviewer", {"model": "offline"}, 409, "another name"),
        ]
        for name, body, status, says in asked:
            answer = await stage.raw.post(f"{PLACE}/{name}", json=body)
            assert answer.status_code == status, answer.text
            assert says in answer.text
        assert (await stage.raw.get("/v1/environments")).json()["data"][:-1] == []
        assert len((await stage.raw.get("/v1/agents")).json()["data"]) == 1

    play(story)
