"""The doctor's line on searches: which one a session would use, and what to add where there is none."""

from __future__ import annotations

from tests.web.site import Answer, site
from workbench.commands.search_check import search_check
from workbench.contracts.values import Json


def _key(*hosts: str, header: bool = True) -> Json:
    networking: Json = {"type": "limited", "allowed_hosts": list(hosts)}
    auth = {"type": "environment_variable", "networking": networking, "injection_location": {"header": header}}
    return {"auth": auth, "archived_at": None}


def test_it_names_the_service_that_a_session_would_use() -> None:
    found = {"/config": Answer(b'{"engines": []}', "application/json")}
    with site(found) as searxng, site({}) as other:
        places = (other.url, searxng.url)
        keys = [_key("api.tavily.com"), _key("api.exa.ai"), _key("api.search.brave.com", header=False)]
        assert search_check(keys, searxng.url).found == "Tavily, with the key of the vault default"
        bearer = {"auth": {"type": "static_bearer", "mcp_server_url": "https://api.tavily.com"}}
        assert search_check([bearer], searxng.url).found == f"SearXNG at {searxng.url}, as settings.toml says"
        assert search_check([], None, places=places).found == f"SearXNG, found at {searxng.url}"
        check = search_check([_key("example.com")], None, places=(other.url,))
    assert (check.ok, check.serious, check.found) == (False, False, "there is no search")
    assert "workbench vault add BRAVE_API_KEY --host api.search.brave.com" in check.cure
