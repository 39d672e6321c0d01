"""The model as sandboxes of agents of others ask it: by a name of its own, with the vault's key, and for nothing else of its server."""

from __future__ import annotations

import pytest

from tests.vault.stage import SECRET, Client, Line, Said, Stage, stage
from workbench.contracts.acp_agents import MODEL_HOST
from workbench.contracts.vault import NetworkRules, Route
from workbench.vault.proxy.open_routes import opened
from workbench.vault.proxy.routes import Routes

CLOSED = NetworkRules("none", model_route="model")


def with_route(made: Stage, rules: NetworkRules = CLOSED) -> Client:
    """A sandbox of these rules, beside the engine's route to the model at `https://good.test/base`."""
    made.store("model")
    routes = Routes(made.around, made.oauth)
    routes.set(opened(Route("model", "https://good.test/base", "model", "x-api-key")))
    inside = made.way(rules)
    made.ways["sesn_1"]._routes = routes
    return inside


def asked(line: Line, target: str, *, method: str = "POST") -> Said:
    length = "Content-Length: 2\r\n" if method == "POST" else ""
    head = f"{method} {target} HTTP/1.1\r\nHost: {MODEL_HOST}\r\nx-api-key: placeholder\r\n{length}\r\n"
    line.send(head.encode() + (b"{}" if length else b""))
    return line.answer(method)


def test_a_sandbox_without_a_network_asks_its_model_and_never_sees_the_key() -> None:
    with stage(names={"good.test": ["93.184.216.34"]}) as made:
        said = asked(with_route(made).plain(), f"http://{MODEL_HOST}/v1/messages?beta=true")
        assert (said.status, said.body) == (200, b"ok")
        [seen] = made.seen
        assert seen.line == "POST /base/v1/messages?beta=true HTTP/1.1"
        assert seen.headers("x-api-key") == [SECRET]
        assert SECRET.encode() not in said.raw
        [decision] = made.decisions
        assert (decision.session_id, decision.route, decision.host) == ("sesn_1", "model", "good.test")
        assert decision.credential_ids == ("model",)


def test_a_client_that_opens_a_tunnel_for_plain_http_is_heard_there_one_request_after_the_other() -> None:
    with stage(names={"good.test": ["93.184.216.34"]}) as made:
        line, said = with_route(made).connect(f"{MODEL_HOST}:80")
        assert said.status == 200
        assert [asked(line, path).status for path in ("/v1/messages", "/v1/messages/count_tokens")] == [200, 200]
        assert asked(line, "/v1/models", method="GET").status == 200
        assert asked(line, "/v1/files").header("x-egress-reason") == "not_for_models"
        assert line.rest() == b""
        assert len(made.seen) == 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/messages"),
        ("POST", "/v1/messages/batches"),
        ("POST", "/v1/messages/../files"),
        ("POST", "/v1/models"),
        ("GET", "/v1/organizations"),
        ("POST", "/"),
    ],
)
def test_nothing_of_the_models_server_is_reached_but_its_models(method: str, path: str) -> None:
    with stage(names={"good.test": ["93.184.216.34"]}) as made:
        said = asked(with_route(made).plain(), f"http://{MODEL_HOST}{path}", method=method)
        assert (said.status, said.header("x-egress-reason")) == (403, "not_for_models")
        assert made.seen == []


@pytest.mark.parametrize("rules", [NetworkRules("none"), NetworkRules("limited", ("good.test",))])
def test_a_sandbox_of_our_own_agents_has_no_such_host(rules: NetworkRules) -> None:
    with stage(names={"good.test": ["93.184.216.34"]}) as made:
        said = asked(with_route(made, rules).plain(), f"http://{MODEL_HOST}/v1/messages")
        assert said.status == 403
        assert made.seen == []


def test_another_port_of_the_name_is_no_way_to_the_model() -> None:
    with stage(names={"good.test": ["93.184.216.34"]}) as made:
        _, said = with_route(made).connect(f"{MODEL_HOST}:443")
        assert said.status == 403
