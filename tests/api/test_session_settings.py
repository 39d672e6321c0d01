"""Model, effort and environment of a session that is there already."""

from __future__ import annotations

from typing import Any

from tests.api.stage import Stage, play
from tests.api.test_modes import state, told
from tests.api.test_permissions import ASKS
from tests.trivial.model import calls, says
from workbench.events import new_id

WRITE = ("write", {"file_path": "a", "content": "x"})


async def environment(stage: Stage, **fields: Any) -> Any:
    return await stage.client.beta.environments.create(name=new_id("env"), **fields)


async def put(stage: Stage, session_id: str, **body: object) -> tuple[int, str]:
    """The answer to these settings: its status, and what is wrong."""
    answer = await stage.raw.post(f"/workbench/v1/sessions/{session_id}/settings", json=body)
    return answer.status_code, answer.json().get("error", {}).get("message", "")


def test_model_and_effort_of_a_session_count_from_its_next_request_on() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        path = f"/workbench/v1/sessions/{session.id}/settings"
        assert (await stage.raw.post(path, json={"model": "claude-haiku-5", "effort": "low"})).status_code == 200
        await told(stage, session.id)
        assert stage.model.requests[-1].body["model"] == "claude-haiku-5"
        kept = (await stage.client.beta.sessions.retrieve(session.id)).agent.model
        assert (kept.id, kept.effort.type) == ("claude-haiku-5", "low")  # type: ignore[union-attr]
        for body in ({}, {"effort": "huge"}, {"speed": "fast"}):
            assert (await stage.raw.post(path, json=body)).status_code == 400, body

    play(story, script=[says("Done.")])


def test_a_session_goes_on_in_another_environment_and_its_agent_is_told_in_one_sentence() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        await told(stage, session.id)
        other = await environment(
            stage,
            config={"type": "cloud", "packages": {"pip": ["six"]}},
            metadata={"workbench.image": "localhost/other:1", "workbench.ports": "8443"},
        )
        assert await put(stage, session.id, environment_id=other.id, effort="low") == (200, "")
        kept = await stage.engine.records.session(session.id)
        assert kept is not None
        assert (kept.image, kept.network, kept.environment) == (
            "localhost/other:1", {"ports": [8443]}, other.config.model_dump(mode="json", exclude_none=True),
        )  # fmt: skip
        assert (await state(stage, session.id))["environment"] == other.name
        assert (await stage.client.beta.sessions.retrieve(session.id)).environment_id == other.id
        assert stage.hands.released == [session.id]
        # Named once more, it gives the session a new sandbox.
        assert await put(stage, session.id, environment_id=other.id) == (200, "")
        assert stage.hands.released == [session.id, session.id]
        said = [one.content[0].text for one in await stage.listed(session.id) if one.type == "system.message"]
        assert [one.partition(": ")[0] for one in said] == [
            f"The user has given this session another environment, {other.name}",
            "The user has ended your sandbox",
        ]
        await told(stage, session.id)
        assert said[0] in str(stage.model.requests[-1].body["messages"])

    play(story, script=[says("One."), says("Two.")])


def test_an_environment_that_cannot_be_taken_leaves_the_session_as_it_was() -> None:
    async def story(stage: Stage) -> None:
        session, other = await stage.session(tools=ASKS), await environment(stage)
        gone = await environment(stage, metadata={"workbench.image": "localhost/x"})
        await stage.client.beta.environments.archive(gone.id)
        elsewhere = await environment(stage, config={"type": "self_hosted"})
        for named, status, words in (
            ("env_nowhere", 404, "env_nowhere"),
            (gone.id, 400, "is archived"),
            (elsewhere.id, 400, "stays on this machine, or with workers"),
        ):
            answer = await put(stage, session.id, environment_id=named, model="claude-haiku-5")
            assert (answer[0], words in answer[1]) == (status, True), answer
        await told(stage, session.id)
        waiting = await put(stage, session.id, environment_id=other.id)
        assert (waiting[0], "waits for an answer" in waiting[1]) == (400, True), waiting
        kept = await stage.client.beta.sessions.retrieve(session.id)
        assert (kept.environment_id, kept.agent.model.id) == (session.environment_id, session.agent.model.id)
        assert stage.hands.released == []

    play(story, script=[calls(WRITE)])


def test_packages_come_to_those_of_the_session_or_of_its_environment_too_and_its_agent_is_told() -> None:
    async def story(stage: Stage) -> None:
        made = await environment(stage, config={"type": "cloud", "packages": {"pip": ["six"]}})
        session = await stage.session()
        assert await put(stage, session.id, environment_id=made.id) == (200, "")
        assert await put(stage, session.id, packages={"apt": ["cmake"], "pip": ["attrs", "six"]}) == (200, "")

        async def packages() -> list[dict[str, list[str]]]:
            kept = await stage.engine.records.session(session.id)
            of_environment = (await stage.engine.environments.get(made.id))["config"]
            assert kept is not None
            both = (kept.environment["packages"], of_environment["packages"])
            return [{name: one[name] for name in ("apt", "pip")} for one in both]

        assert await packages() == [{"apt": ["cmake"], "pip": ["six", "attrs"]}, {"apt": [], "pip": ["six"]}]
        assert await put(stage, session.id, packages={"apt": ["tree"]}, scope="environment") == (200, "")
        assert await packages() == [
            {"apt": ["cmake", "tree"], "pip": ["six", "attrs"]},
            {"apt": ["tree"], "pip": ["six"]},
        ]
        assert stage.hands.released == [session.id] * 3
        said = [one.content[0].text for one in await stage.listed(session.id) if one.type == "system.message"]
        assert said[1].startswith(
            "The user has added packages to your image, cmake (apt), attrs (pip), six (pip): your next"
        )
        assert await put(stage, session.id, environment_id=made.id) == (200, "")
        assert (await packages())[0] == {"apt": ["tree"], "pip": ["six"]}

    play(story)


def test_packages_that_cannot_be_added_leave_session_and_environment_as_they_were() -> None:
    async def story(stage: Stage) -> None:
        sealed = await environment(stage, config={"type": "cloud", "networking": {"type": "limited"}})
        far = await environment(stage, config={"type": "self_hosted"})
        session = await stage.session(tools=ASKS)
        elsewhere = await stage.client.beta.sessions.create(agent=session.agent.id, environment_id=far.id)
        for identifier, packages, words in (
            (session.id, {}, "name at least one"),
            (session.id, {"apt": ["--purge"]}, "'--purge' is not a package name"),
            (session.id, {"brew": ["cmake"]}, "brew"),
            (elsewhere.id, {"apt": ["cmake"]}, "this session's tools run at workers"),
        ):
            answer = await put(stage, identifier, packages=packages, scope="environment")
            assert (answer[0], words in answer[1]) == (400, True), answer
        closed = await stage.client.beta.sessions.create(agent=session.agent.id, environment_id=sealed.id)
        answer = await put(stage, closed.id, packages={"apt": ["cmake"]})
        assert answer == (400, "config.networking: packages under limited networking need allow_package_managers: true")
        await told(stage, session.id)
        answer = await put(stage, session.id, packages={"apt": ["cmake"]}, scope="environment")
        assert (answer[0], "waits for an answer" in answer[1]) == (400, True), answer
        kept = await stage.engine.environments.get(session.environment_id)
        assert kept["config"]["packages"]["apt"] == []
        assert stage.hands.released == []

    play(story, script=[calls(WRITE)])


def test_a_session_that_was_followed_to_its_end_is_marked_as_read_for_every_list() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        path = f"/workbench/v1/sessions/{session.id}/read"
        assert (await stage.raw.post(path, json={})).json() == {"read_through": None}
        await told(stage, session.id)
        rested_at = (await state(stage, session.id))["rested_at"]
        assert (await stage.raw.post(path, json={})).json() == {"read_through": rested_at}
        assert (await state(stage, session.id))["read_through"] == rested_at
        await told(stage, session.id)
        again = await state(stage, session.id)
        assert again["rested_at"] > again["read_through"] == rested_at
        assert (await stage.raw.post("/workbench/v1/sessions/sesn_none/read", json={})).status_code == 404

    play(story, script=[says("One."), says("Two.")])
