"""/v1/vaults by the unmodified SDK: what is stored, what is shown, what is refused, and what reaches sessions."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says
from workbench.contracts.facts import CREDENTIAL_GRANTED
from workbench.contracts.values import Json, text_outcome

SECRET = "s3cr3t-canary-value-0123456789"
EVERYWHERE: Json = {"type": "unrestricted"}


def variable(name: str = "TOKEN", **more: Any) -> Any:
    return {
        "type": "environment_variable",
        "secret_name": name,
        "secret_value": SECRET,
        "networking": EVERYWHERE,
        **more,
    }


def bearer(url: str = "https://mcp.example/mcp") -> Any:
    return {"type": "static_bearer", "token": SECRET, "mcp_server_url": url}


def oauth(**more: Any) -> Any:
    refresh = {
        "client_id": "c",
        "refresh_token": SECRET + "-refresh",
        "token_endpoint": "https://auth.example/token",
        "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": SECRET + "-client"},
        "scope": "read",
    }
    return {
        "type": "mcp_oauth",
        "access_token": SECRET,
        "mcp_server_url": "https://mcp.example/mcp",
        "refresh": refresh,
        **more,
    }


def test_a_vault_is_made_changed_listed_archived_and_deleted() -> None:
    async def story(stage: Stage) -> None:
        vaults = stage.client.beta.vaults
        vault = await vaults.create(display_name="Mine", metadata={"a": "1"})
        assert (vault.type, vault.display_name, vault.metadata) == ("vault", "Mine", {"a": "1"})
        assert (await vaults.update(vault.id, display_name="Ours")).display_name == "Ours"
        other = await vaults.create(display_name="Other")
        assert [one.id async for one in vaults.list()] == [other.id, vault.id]
        credential = await vaults.credentials.create(vault.id, auth=variable())
        assert (await vaults.archive(vault.id)).archived_at is not None
        assert [one.id async for one in vaults.list()] == [other.id]
        assert (await vaults.credentials.retrieve(credential.id, vault_id=vault.id)).archived_at is not None
        assert stage.vault.kept == {}
        with pytest.raises(anthropic.BadRequestError, match="archived"):
            await vaults.credentials.create(vault.id, auth=variable())
        assert (await vaults.delete(vault.id)).type == "vault_deleted"
        with pytest.raises(anthropic.NotFoundError):
            await vaults.retrieve(vault.id)

    play(story)


@pytest.mark.parametrize("auth", [variable(), bearer(), oauth()], ids=lambda auth: auth["type"])
def test_a_secret_goes_into_the_vault_and_comes_back_nowhere(auth: Any) -> None:
    async def story(stage: Stage) -> None:
        vault = await stage.client.beta.vaults.create(display_name="Mine")
        credentials = stage.client.beta.vaults.credentials
        made = await credentials.create(vault.id, auth=auth, display_name="d")
        told = [made, await credentials.retrieve(made.id, vault_id=vault.id)]
        told += [one async for one in credentials.list(vault.id)]
        assert all(SECRET not in one.to_json() for one in told)
        assert SECRET in stage.vault.kept[made.id].values()
        documents = json.dumps([document.body for document in stage.log.documents.values()])
        assert SECRET not in documents
        await credentials.archive(made.id, vault_id=vault.id)
        assert stage.vault.kept == {}
        assert (await credentials.create(vault.id, auth=auth)).id != made.id
        await credentials.delete(made.id, vault_id=vault.id)

    play(story)


def test_what_a_credential_shows_is_whole_and_an_update_merges() -> None:
    async def story(stage: Stage) -> None:
        vault = await stage.client.beta.vaults.create(display_name="Mine")
        credentials = stage.client.beta.vaults.credentials
        limited: Any = {"type": "limited", "allowed_hosts": ["Api.Example.com", "*.example.org"]}
        made: Any = await credentials.create(vault.id, auth=variable(networking=limited))
        assert made.auth.to_dict() == {
            "type": "environment_variable",
            "secret_name": "TOKEN",
            "networking": {"type": "limited", "allowed_hosts": ["api.example.com", "*.example.org"]},
            "injection_location": {"header": True, "body": True},
        }
        update: Any = {"type": "environment_variable", "injection_location": {"body": False}}
        changed: Any = await credentials.update(made.id, vault_id=vault.id, auth=update)
        assert changed.auth.injection_location.to_dict() == {"header": True, "body": False}
        moment = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        token: Any = await credentials.create(vault.id, auth=oauth(expires_at=moment))
        assert token.auth.refresh.token_endpoint_auth.type == "client_secret_basic"
        assert stage.vault.settings[token.id]["token_endpoint"] == "https://auth.example/token"
        scope: Any = {"type": "mcp_oauth", "refresh": {"scope": "", "refresh_token": "another-refresh-token"}}
        changed = await credentials.update(token.id, vault_id=vault.id, auth=scope)
        assert changed.auth.refresh.scope is None
        assert stage.vault.kept[token.id]["refresh_token"] == "another-refresh-token"
        assert stage.vault.kept[token.id]["access_token"] == SECRET

    play(story)


def test_a_secret_that_a_tool_shows_by_whatever_way_reaches_neither_log_nor_model() -> None:
    async def story(stage: Stage) -> None:
        vault = await stage.client.beta.vaults.create(display_name="Mine")
        await stage.client.beta.vaults.credentials.create(vault.id, auth=variable())
        session = await stage.session(vault_ids=[vault.id])
        with socket.socket() as listener:
            await stage.network.open(session.id, listener)
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        (result,) = [event for event in await stage.listed(session.id) if event.type == "agent.tool_result"]
        assert result.content[0].text.startswith("it is wbph_")
        assert SECRET not in str(stage.model.requests)

    hands = ScriptedHands(gives=lambda _: text_outcome(f"it is {SECRET}"))
    play(story, script=[calls(("bash", {"command": "x"})), says("Done.")], hands=hands)


REFUSED: list[tuple[Any, type[anthropic.APIStatusError]]] = [
    (variable(injection_location={"header": False}), anthropic.BadRequestError),
    (variable(injection_location={"header": None}), anthropic.BadRequestError),
    (variable(networking={"type": "limited", "allowed_hosts": ["https://x.example/"]}), anthropic.BadRequestError),
    (variable(networking={"type": "limited", "allowed_hosts": ["x.example:443"]}), anthropic.BadRequestError),
    (variable(networking={"type": "limited", "allowed_hosts": ["*.com"]}), anthropic.BadRequestError),
    (variable(networking={"type": "limited", "allowed_hosts": ["a.example"] * 17}), anthropic.BadRequestError),
    (variable("PATH"), anthropic.BadRequestError),
    (variable("no-name"), anthropic.BadRequestError),
    (variable(secret_value=""), anthropic.BadRequestError),
    ({"type": "static_bearer", "mcp_server_url": "https://x.example"}, anthropic.BadRequestError),
    (bearer("ftp://x.example"), anthropic.BadRequestError),
    (oauth(expires_at="2001-01-01T00:00:00Z"), anthropic.BadRequestError),
    (variable("TAKEN"), anthropic.ConflictError),
    (bearer("HTTPS://Taken.example:443/mcp/"), anthropic.ConflictError),
]


def test_what_cannot_be_meant_is_refused_and_no_refusal_tells_a_secret() -> None:
    async def story(stage: Stage) -> None:
        vault = await stage.client.beta.vaults.create(display_name="Mine")
        credentials = stage.client.beta.vaults.credentials
        await credentials.create(vault.id, auth=variable("TAKEN"))
        await credentials.create(vault.id, auth=bearer("https://taken.example/mcp"))
        for auth, kind in REFUSED:
            with pytest.raises(kind) as refused:
                await credentials.create(vault.id, auth=auth)
            assert SECRET not in str(refused.value)
        assert len([one async for one in credentials.list(vault.id)]) == len(stage.vault.kept) == 2
        taken = [one async for one in credentials.list(vault.id)][1]
        other: Any = {"type": "static_bearer", "token": SECRET}
        with pytest.raises(anthropic.BadRequestError, match="cannot change"):
            await credentials.update(taken.id, vault_id=vault.id, auth=other)

    play(story)


def test_a_vault_has_at_most_twenty_credentials_and_a_deposit_stands_for_a_secret() -> None:
    async def story(stage: Stage) -> None:
        vault = await stage.client.beta.vaults.create(display_name="Mine")
        credentials = stage.client.beta.vaults.credentials
        stage.vault.deposits["dep_1"] = {"value": SECRET}
        auth = variable("A", workbench_deposit="dep_1")
        del auth["secret_value"]
        made = await credentials.create(vault.id, auth=auth)
        assert stage.vault.kept[made.id] == {"value": SECRET}
        with pytest.raises(anthropic.BadRequestError, match="send the secret again"):
            await credentials.create(vault.id, auth=auth | {"secret_name": "B"})
        for number in range(19):
            await credentials.create(vault.id, auth=variable(f"V{number}"))
        with pytest.raises(anthropic.BadRequestError, match="at most 20"):
            await credentials.create(vault.id, auth=variable("ONE_MORE"))

    play(story)


def test_a_session_gets_placeholders_of_its_own_the_first_vault_wins_and_rotation_reaches_it() -> None:
    async def story(stage: Stage) -> None:
        vaults = stage.client.beta.vaults
        first, second = [await vaults.create(display_name=name) for name in ("First", "Second")]
        wins = await vaults.credentials.create(first.id, auth=variable("TOKEN"))
        loses = await vaults.credentials.create(second.id, auth=variable("TOKEN"))
        session = await stage.session(vault_ids=[first.id, second.id])
        assert session.vault_ids == [first.id, second.id]
        described = await stage.engine.records.session(session.id)
        assert described is not None
        seen = await stage.network.variables(described)
        assert "wbph_" in seen["TOKEN"]
        assert SECRET not in str(seen)
        with socket.socket() as listener:
            await stage.network.open(session.id, listener)
        (grant,) = stage.vault.ways[session.id].grants
        assert (grant.credential_id, grant.placeholder, grant.hosts) == (wins.id, seen["TOKEN"], None)
        rotated: Any = {"type": "environment_variable", "secret_value": "another-secret-value"}
        await vaults.credentials.update(wins.id, vault_id=first.id, auth=rotated)
        assert stage.vault.ways[session.id].grants == (grant,)
        await vaults.credentials.archive(wins.id, vault_id=first.id)
        (grant,) = stage.vault.ways[session.id].grants
        assert (grant.credential_id, grant.placeholder != seen["TOKEN"]) == (loses.id, True)
        other = await stage.session(vault_ids=[second.id])
        described = await stage.engine.records.session(other.id)
        assert described is not None
        assert (await stage.network.variables(described))["TOKEN"] not in {grant.placeholder, seen["TOKEN"]}
        assert len(await stage.log.facts(session.id, CREDENTIAL_GRANTED.name)) == 2
        with pytest.raises(anthropic.NotFoundError):
            await stage.session(vault_ids=["vlt_none"])

    play(story)


def test_a_credential_whose_hosts_the_environment_forbids_is_told_and_the_session_works() -> None:
    async def story(stage: Stage) -> None:
        vault = await stage.client.beta.vaults.create(display_name="Mine")
        limited: Any = {"type": "limited", "allowed_hosts": ["api.example.com"]}
        made = await stage.client.beta.vaults.credentials.create(vault.id, auth=variable(networking=limited))
        closed: Any = {"type": "cloud", "networking": {"type": "limited", "allowed_hosts": ["other.example.com"]}}
        environment = await stage.client.beta.environments.create(name="closed", config=closed)
        agent = await stage.agent()
        session = await stage.client.beta.sessions.create(
            agent=agent.id, environment_id=environment.id, vault_ids=[vault.id]
        )
        (error,) = [event for event in await stage.listed(session.id) if event.type == "session.error"]
        told = (error.error.type, error.error.credential_id, error.error.vault_id)
        assert told == ("credential_host_unreachable_error", made.id, vault.id)
        seen = await stage.until_idle(session.id, then=stage.say(session.id, "Hi"))
        assert seen[-1].stop_reason.type == "end_turn"

    play(story, script=[says("Hello.")])


def test_a_secret_too_short_to_be_taken_out_of_answers_is_stored_and_said() -> None:
    async def story(stage: Stage) -> None:
        vault = await stage.client.beta.vaults.create(display_name="Mine")
        short = await stage.client.beta.vaults.credentials.create(vault.id, auth=variable(secret_value="x"))
        long = await stage.client.beta.vaults.credentials.create(vault.id, auth=variable("OTHER"))
        told = [(await stage.raw.get(f"/v1/vaults/{vault.id}/credentials/{one.id}")).json() for one in (short, long)]
        assert told[0]["workbench"] == {"too_short": ["value"]}
        assert "workbench" not in told[1]

    play(story)
