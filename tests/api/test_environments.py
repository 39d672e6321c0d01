"""/v1/environments, as the public API says it."""

from __future__ import annotations

import anthropic
import pytest

from tests.api.stage import Stage, play

NO_PACKAGES = {"type": "packages", "apt": [], "cargo": [], "gem": [], "go": [], "npm": [], "pip": []}


def test_a_new_environment_has_its_network_and_packages_resolved() -> None:
    async def story(stage: Stage) -> None:
        body = (await stage.raw.post("/v1/environments", json={"name": "e"})).json()
        assert body["config"] == {"type": "cloud", "networking": {"type": "unrestricted"}, "packages": NO_PACKAGES}
        assert (body["scope"], body["description"], body["metadata"]) == ("organization", None, {})

    play(story)


def test_an_update_merges_what_is_nested() -> None:
    async def story(stage: Stage) -> None:
        limited = {"type": "limited", "allowed_hosts": ["example.com"], "allow_package_managers": True}
        config = {"type": "cloud", "networking": limited, "packages": {"pip": ["x==1"]}}
        made = (await stage.raw.post("/v1/environments", json={"name": "e", "config": config})).json()
        path = f"/v1/environments/{made['id']}"
        body = {
            "config": {
                "type": "cloud",
                "packages": {"apt": ["jq"]},
                "networking": {"type": "limited", "allow_mcp_servers": True},
            }
        }
        changed = (await stage.raw.post(path, json=body)).json()["config"]
        assert changed["packages"] == NO_PACKAGES | {"pip": ["x==1"], "apt": ["jq"]}
        assert changed["networking"] == limited | {"allow_mcp_servers": True}
        reset = (await stage.raw.post(path, json={"config": {"type": "cloud", "packages": None}})).json()["config"]
        assert reset["packages"] == NO_PACKAGES

    play(story)


def test_a_name_is_taken_once() -> None:
    async def story(stage: Stage) -> None:
        await stage.client.beta.environments.create(name="e")
        with pytest.raises(anthropic.ConflictError):
            await stage.client.beta.environments.create(name="e")

    play(story)


def test_the_older_name_of_a_cloud_is_taken_and_shown_as_cloud() -> None:
    async def story(stage: Stage) -> None:
        older = {"type": "anthropic_cloud", "networking": {"type": "unrestricted"}}
        made = (await stage.raw.post("/v1/environments", json={"name": "e", "config": older})).json()
        assert made["config"]["type"] == "cloud"
        changed = await stage.raw.post(f"/v1/environments/{made['id']}", json={"config": {"type": "anthropic_cloud"}})
        assert (changed.status_code, changed.json()["config"]["type"]) == (200, "cloud")

    play(story)


def test_cloud_stays_cloud() -> None:
    async def story(stage: Stage) -> None:
        made = await stage.client.beta.environments.create(name="e")
        with pytest.raises(anthropic.BadRequestError) as refused:
            await stage.client.beta.environments.update(made.id, config={"type": "self_hosted"})
        assert refused.value.error_code == "invalid_config_type_change"

    play(story)


@pytest.mark.parametrize("host", ["https://example.com", "example.com:443", "example.com/x", "", "*"])
def test_an_allowed_host_is_a_bare_name(host: str) -> None:
    async def story(stage: Stage) -> None:
        config = {"type": "cloud", "networking": {"type": "limited", "allowed_hosts": [host]}}
        assert (await stage.raw.post("/v1/environments", json={"name": "e", "config": config})).status_code == 400

    play(story)


def test_packages_under_a_limited_network_need_their_managers_allowed() -> None:
    async def story(stage: Stage) -> None:
        config = {"type": "cloud", "networking": {"type": "limited"}, "packages": {"pip": ["x"]}}
        answer = await stage.raw.post("/v1/environments", json={"name": "e", "config": config})
        assert "allow_package_managers" in answer.json()["error"]["message"]

    play(story)


def test_an_archived_or_missing_environment_starts_nothing() -> None:
    async def story(stage: Stage) -> None:
        agent, environments = await stage.agent(), stage.client.beta.environments
        made = await environments.create(name="e")
        await environments.archive(made.id)
        with pytest.raises(anthropic.BadRequestError) as archived:
            await stage.client.beta.sessions.create(agent=agent.id, environment_id=made.id)
        assert archived.value.error_code == "environment_archived"
        assert (await environments.delete(made.id)).type == "environment_deleted"
        with pytest.raises(anthropic.NotFoundError) as missing:
            await stage.client.beta.sessions.create(agent=agent.id, environment_id=made.id)
        assert missing.value.error_code == "environment_not_found"

    play(story)
