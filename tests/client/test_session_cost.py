"""What a session cost, asked of an engine with a real log."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.api.stage import Stage, play
from tests.trivial.model import USAGE, calls, says
from workbench.client.session_cost import cost_of


def test_requests_are_told_by_model_and_by_the_turn_that_asked_for_them_and_tools_by_their_time(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        async def get(path: str) -> Any:
            return (await stage.raw.get(path)).json()

        async def post(path: str, body: Mapping[str, Any]) -> Any:
            answer = await stage.raw.post(path, json=dict(body))
            assert answer.status_code == 200, answer.text
            return answer.json()

        await stage.until_idle((await stage.session("elsewhere")).id)
        session = await stage.session("list the files")
        await stage.until_idle(session.id)
        await stage.until_idle(session.id, then=stage.say(session.id, "and now?"))
        cost = await cost_of(get, post, session.id)
        asked = [(one.about, one.requests) for one in cost.turns]
        assert asked == [("and now?", 1), ("list the files", 2)]
        [model] = cost.models
        assert (model.name, model.about, model.requests) == ("claude-opus-5-5", "answer", 3)
        one_in = sum(count for name, count in USAGE.items() if name != "output_tokens")
        assert (model.tokens_in, model.tokens_out) == (3 * one_in, 3 * USAGE["output_tokens"])
        assert model.usd is not None
        assert abs(model.usd - sum(one.usd or 0 for one in cost.turns)) < 1e-9
        [tool] = cost.tools
        assert (tool.name, tool.calls, tool.failed) == ("bash", 1, 0)
        assert cost.session["id"] == session.id
        history = await stage.raw.post(
            "/workbench/v1/sql", json={"sql": "SELECT count(*) FROM asked", "unlisted": True}
        )
        assert history.json()["rows"] == [[0]]

    script = [says("There."), calls(("bash", {"command": "ls"})), says("One file."), says("The same.")]
    play(story, script=script, folder=tmp_path)
