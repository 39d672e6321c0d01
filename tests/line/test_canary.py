"""A canary in every field of every kind of credential, sent as programs send them, is afterwards found nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.line.installation import installation
from tests.line.test_credentials import engine_of, nowhere_in, served
from tests.messages_server import text
from tests.vault.origin import Origin, Seen
from workbench.client.errors import ApiError

ACCESS, REFRESH, CLIENT = "canary-access-1q2w3e4r", "canary-refresh-5t6y7u8i", "canary-client-9o0p1a2s"
VALUE, TOKEN = "canary-value-3d4f5g6h", "canary-token-7j8k9l0z"
ALL = (ACCESS, REFRESH, CLIENT, VALUE, TOKEN)


def shouting(seen: Seen) -> bytes:
    """A server that refuses, and puts all it was given into its error."""
    body = json.dumps({"error": {"message": f"no: {seen.head.decode()} {seen.body.decode()}"}}).encode()
    return b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def kinds(url: str) -> list[dict[str, Any]]:
    refresh = {
        "client_id": "me",
        "refresh_token": REFRESH,
        "token_endpoint": f"{url}/token",
        "token_endpoint_auth": {"type": "client_secret_post", "client_secret": CLIENT},
    }
    limited = {"type": "limited", "allowed_hosts": ["127.0.0.2"]}
    return [
        {"type": "environment_variable", "secret_name": "V", "secret_value": VALUE, "networking": limited},
        {"type": "static_bearer", "token": TOKEN, "mcp_server_url": f"{url}/static"},
        {"type": "mcp_oauth", "access_token": ACCESS, "mcp_server_url": f"{url}/mcp", "refresh": refresh},
    ]


def test_what_programs_store_through_the_api_is_told_by_nothing_also_not_by_a_refusal(tmp_path: Path) -> None:
    with served(Origin(answer=shouting, host="127.0.0.2", certified_as="127.0.0.2")) as origin:
        roots = tmp_path / "roots.pem"
        roots.write_bytes(origin.authority.certificate_pem)
        with installation([text("Hello.")], SSL_CERT_FILE=str(roots)) as here:
            engine = engine_of(here)
            vault = engine.post("/v1/vaults", {"display_name": "all"})
            path = f"/v1/vaults/{vault['id']}/credentials"
            told = [engine.post(path, {"auth": auth}) for auth in kinds(f"https://127.0.0.2:{origin.port}")]
            told += [engine.get(f"{path}/{one['id']}") for one in told]
            told.append(engine.post(f"{path}/{told[2]['id']}/mcp_oauth_validate"))
            with pytest.raises(ApiError) as refused:
                engine.post(path, {"auth": {**kinds("https://x.test")[0], "secret_name": "W", "extra": VALUE}})
            told.append({"message": refused.value.message})
            assert not any(canary in json.dumps(told) for canary in ALL)
            session_id = here.run_detached("Hi")
            here.until(session_id, "session.status_idle")
            for canary in ALL:
                nowhere_in(here, canary, session_id)
