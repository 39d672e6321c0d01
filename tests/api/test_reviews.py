"""Reviews of changes by agents: what they are asked, what they may do, what is found, and that nothing of the session changes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.api.stage import Stage, play
from tests.api.test_changes import get, post
from tests.api.test_multiagent import until_rest
from tests.brain.team import said_in, system_of
from tests.trivial.model import Answer, says
from workbench.contracts import reviews
from workbench.contracts.brain import ModelRequest

FOUND = [
    {"file": "till.py", "line": 3, "severity": "low", "title": "a typo", "scenario": "never"},
    {"file": "till.py", "line": 9, "severity": "high", "title": "adds twice", "scenario": "with two prices"},
]


def _plays(request: ModelRequest) -> Answer:
    system, text = system_of(request), said_in(request)
    if system.startswith("You review changes"):
        assert "+++ b/till.py" in text
        return says(json.dumps({"findings": FOUND}))
    if system.startswith("You check one claim"):
        held = "adds twice" in text
        return says(json.dumps({"verdict": "confirmed" if held else "refuted", "reason": "I followed it."}))
    return says("One holds: till.py, line 9." if "has ended" in text else "Done.")


def test_a_review_finds_verifies_and_changes_nothing_of_the_session() -> None:
    async def story(stage: Stage) -> None:
        stage.model.otherwise = _plays
        session = await stage.session()
        assert (await post(stage, session.id, "review"))[1]["error"]["message"].endswith("there is nothing to review")
        stage.files.write(session.id, "till.py", "total")
        before = [one.type for one in await stage.listed(session.id)]
        status, begun = await post(stage, session.id, "review")
        assert status == 200, begun
        review_id = begun["session_id"]
        await until_rest(stage, review_id)
        last: Any = (await stage.raw.get(f"/workbench/v1/sessions/{session.id}/review")).json()
        assert [(one["title"], one["verdict"]) for one in last["findings"]] == [
            ("adds twice", "confirmed"),
            ("a typo", "refuted"),
        ]
        assert (last["run"]["done"], last["run"]["failed"], last["run"]["result"]) == (3, 0, {"type": "completed"})
        assert [one.type for one in await stage.listed(session.id)] == before
        review = await stage.client.beta.sessions.retrieve(review_id)
        assert (review.agent.name, review.title, review.status) == ("reviewer", f"review of {session.id}", "idle")
        for request in stage.model.requests:
            if system_of(request).startswith(("You review", "You check")):
                tools = {tool["name"] for tool in request.body["tools"]}
                assert tools >= {"read", "glob", "grep"}
                assert tools & {"bash", "write", "edit", "web_fetch", "create_agent", "start_workflow"} == set()
        assert "One holds" in str(await stage.listed(review_id))
        # Its files are a copy: what is left to apply is counted once.
        await get(stage, review_id, "changes")
        states = {one["session_id"]: one for one in (await stage.raw.get("/workbench/v1/states")).json()["data"]}
        assert states[review_id]["changed_files"] == 0
        kept = stage.engine.reviews
        await kept.look()
        assert (await stage.client.beta.sessions.retrieve(review_id)).archived_at is None
        kept.kept = timedelta(0)
        await kept.look()
        assert (await stage.client.beta.sessions.retrieve(review_id)).archived_at is not None
        assert (await stage.client.beta.sessions.retrieve(session.id)).archived_at is None
        again: Any = (await stage.raw.get(f"/workbench/v1/sessions/{session.id}/review")).json()
        assert again["findings"] == last["findings"]

    play(story)


def test_the_offline_model_says_that_a_review_needs_a_model() -> None:
    async def story(stage: Stage) -> None:
        agent = await stage.agent(model="offline")
        environment = await stage.client.beta.environments.create(name="e")
        session = await stage.client.beta.sessions.create(agent=agent.id, environment_id=environment.id)
        stage.files.write(session.id, "till.py", "total")
        status, body = await post(stage, session.id, "review")
        assert (status, "needs a language model" in body["error"]["message"]) == (400, True)

    play(story)


def test_what_holds_comes_first_and_the_worst_of_it_first() -> None:
    mixed = [
        {"file": "b", "line": 1, "severity": "low", "verdict": "confirmed"},
        {"file": "a", "line": 1, "severity": "high", "verdict": "refuted"},
        {"file": "c", "line": 1, "severity": "high", "verdict": "confirmed"},
        {"file": "a", "line": 2, "severity": "high", "verdict": "unverified"},
    ]
    assert [one["file"] for one in reviews.findings_of(mixed)] == ["c", "b", "a", "a"]
    assert reviews.findings_of(None) == []
