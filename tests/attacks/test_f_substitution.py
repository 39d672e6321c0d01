"""F: having a secret put in where it must not be, or somebody else's credential taken along."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import math
from urllib.parse import parse_qs, quote

import pytest

from tests.vault.origin import Seen, ok
from tests.vault.stage import LIMITED, OTHER_SECRET, PUBLIC, SECRET, grant, stage
from workbench.contracts.vault import Grant, NetworkRules, VaultRefused
from workbench.vault.proxy.placeholders import LEAST_RANDOM, minted
from workbench.vault.proxy.policy import policy_of, unreachable_hosts

PLAIN = NetworkRules(hosts=("good.test",), plain_http=("good.test",))


def test_f01_a_placeholder_goes_to_another_allowed_host_as_it_is_and_a_decision_says_so() -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant()
        assert on.way(LIMITED, [mine]).get("other.test", "/", f"Authorization: Bearer {mine.placeholder}").status == 200
        assert on.seen[0].header("authorization") == f"Bearer {mine.placeholder}"
        assert [(one.reason, one.credential_ids) for one in on.decisions] == [("placeholder_elsewhere", ("vcrd_1",))]


def test_f02_each_host_gets_its_own_credential_and_the_other_ones_placeholder() -> None:
    with stage() as on:
        on.store("vcrd_1")
        on.store("vcrd_2", OTHER_SECRET)
        first, second = grant(), grant("vcrd_2", ("other.test",))
        headers = (f"A: {first.placeholder}", f"B: {second.placeholder}")
        assert on.way(LIMITED, [first, second]).get("other.test", "/", *headers).status == 200
        assert (on.seen[0].header("a"), on.seen[0].header("b")) == (first.placeholder, OTHER_SECRET)


def test_f03_another_sessions_placeholder_is_only_text() -> None:
    with stage() as on:
        on.store("vcrd_1")
        theirs = grant()
        on.way(LIMITED, [theirs], "sesn_theirs")
        on.way(LIMITED, [grant()], "sesn_mine").get("good.test", "/", f"A: {theirs.placeholder}")
        assert on.seen[0].header("a") == theirs.placeholder


def test_f04_nothing_is_put_into_plain_http() -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant(body=True)
        raw = f"GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\nA: {mine.placeholder}\r\n\r\n"
        with on.way(PLAIN, [mine]).plain(raw.encode()) as line:
            assert line.answer().status == 200
        assert (on.seen[0].header("a"), on.seen[0].is_encrypted) == (mine.placeholder, False)
        assert on.lines.dialed == [(PUBLIC, 80)]


def test_f05_plain_http_is_refused_where_it_is_off() -> None:
    with stage() as on, on.way(LIMITED).plain(b"GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\n\r\n") as line:
        assert line.answer().status == 403
        assert on.lines.dialed == []


def test_f06_nothing_is_put_into_a_query() -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant(body=True)
        on.way(LIMITED, [mine]).get("good.test", f"/?token={mine.placeholder}")
        assert on.seen[0].line == f"GET /?token={mine.placeholder} HTTP/1.1"
        assert mine.placeholder not in repr(on.decisions)


def test_f07_nothing_is_put_into_a_headers_name() -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant()
        on.way(LIMITED, [mine]).get("good.test", "/", f"{mine.placeholder}: x")
        assert on.seen[0].header(mine.placeholder) == "x"
        assert SECRET not in repr(on.seen)


def test_f08_nothing_is_put_into_a_body_where_that_is_off() -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant()
        on.way(LIMITED, [mine]).post("good.test", mine.placeholder.encode())
        assert on.seen[0].body == mine.placeholder.encode()


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
def test_f09_a_body_gets_the_secret_in_its_own_encoding_and_an_echo_of_it_loses_it(kind: str) -> None:
    secret = 'qu"ote&amp=slash/\\and space é'
    with stage(lambda seen: ok(seen.body)) as on:
        on.store("vcrd_1", secret)
        mine = grant(body=True)
        body = {
            "application/json": json.dumps({"a": mine.placeholder}),
            "application/x-www-form-urlencoded": f"a={mine.placeholder}&b=1",
            "text/plain": f"a {mine.placeholder} b",
        }[kind]
        said = on.way(LIMITED, [mine]).post("good.test", body.encode(), f"Content-Type: {kind}; charset=utf-8")
        sent = on.seen[0].body.decode()
        if kind == "application/json":
            assert json.loads(sent) == {"a": secret}
        elif kind == "text/plain":
            assert sent == f"a {secret} b"
        else:
            assert parse_qs(sent) == {"a": [secret], "b": ["1"]}
        for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1]):
            assert form.encode() not in said.body


def test_f10_a_placeholder_that_comes_byte_by_byte_is_replaced() -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant(body=True)
        body = f"x{mine.placeholder}y".encode()
        chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
        raw = b"POST / HTTP/1.1\r\nHost: good.test\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
        assert on.way(LIMITED, [mine]).ask("good.test", raw).status == 200
        assert on.seen[0].body == f"x{SECRET}y".encode()
        assert [(one.credential_ids, one.where) for one in on.decisions][-1] == (("vcrd_1",), "body")


def test_f11_a_placeholder_inside_basic_is_replaced() -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant()
        coded = base64.b64encode(f"x-access-token:{mine.placeholder}".encode()).decode()
        on.way(LIMITED, [mine]).get("good.test", "/", f"Authorization: Basic {coded}")
        sent = (on.seen[0].header("authorization") or "").removeprefix("Basic ")
        assert base64.b64decode(sent) == f"x-access-token:{SECRET}".encode()


def test_f12_a_compressed_body_goes_out_untouched() -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant(body=True)
        body = gzip.compress(mine.placeholder.encode())
        on.way(LIMITED, [mine]).post("good.test", body, "Content-Encoding: gzip")
        assert on.seen[0].body == body


@pytest.mark.parametrize("value", ["abcdefgh\r\nX: y", "abcdefgh\n", "abcdefgh\0", "", "wbph_" + "a" * 30])
def test_f13_a_value_that_could_break_a_header_is_not_stored(value: str) -> None:
    with stage() as on:
        with pytest.raises(VaultRefused):
            on.store("vcrd_1", value)
        assert on.do(on.around.secrets.get("vcrd_1")) is None


@pytest.mark.parametrize(
    "host",
    [
        "*",
        "*.com",
        "https://good.test",
        "good.test:443",
        "good.test/path",
        "[::1]",
        "*.*.x",
        "a.*.x",
        "",
        "1.2.3",
        "::1",
    ],
)
def test_f14_what_is_no_host_is_a_configuration_error_in_rules_and_in_credentials(host: str) -> None:
    with pytest.raises(VaultRefused):
        policy_of(NetworkRules(hosts=(host,)), [])
    with pytest.raises(VaultRefused):
        policy_of(LIMITED, [grant(hosts=(host,))])


def test_f15_a_redirect_that_carries_the_secret_loses_it_and_is_not_followed() -> None:
    def redirect(seen: Seen) -> bytes:
        token = (seen.header("authorization") or "").removeprefix("Bearer ")
        return f"HTTP/1.1 302 Found\r\nLocation: https://evil.test/?{token}\r\nContent-Length: 0\r\n\r\n".encode()

    with stage(redirect) as on:
        on.store("vcrd_1")
        mine = grant()
        said = on.way(LIMITED, [mine]).get("good.test", "/", f"Authorization: Bearer {mine.placeholder}")
        assert (said.status, said.header("location")) == (302, f"https://evil.test/?{mine.placeholder}")
        assert len(on.seen) == 1


@pytest.mark.parametrize(
    "name", ["authorization", "x-api-key", "x-goog-api-key", "cookie", "private-token", "x-auth-token"]
)
def test_f16_an_exclusive_host_takes_nobody_elses_credential_also_not_beside_our_placeholder(name: str) -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant(exclusive=True)
        client = on.way(LIMITED, [mine])
        assert client.get("good.test", "/", f"{name}: sk-of-the-attacker").status == 403
        assert client.get("good.test", "/", f"{name}: sk-of-the-attacker", f"X-Other: {mine.placeholder}").status == 403
        assert on.seen == []
        assert client.get("good.test", "/", f"{name}: {mine.placeholder}").status == 200


def test_f17_a_sandbox_does_not_reach_the_models_host_unless_its_rules_say_so() -> None:
    with stage() as on:
        assert on.way(LIMITED).connect("api.model.test:443")[1].status == 403
        assert on.lines.dialed == []


def test_f18_placeholders_cannot_be_guessed_and_none_is_part_of_another() -> None:
    assert LEAST_RANDOM * math.log2(62) > 128
    inner = minted()
    outer = Grant("vcrd_2", f"{inner}x", ("good.test",))
    with pytest.raises(VaultRefused):
        policy_of(LIMITED, [Grant("vcrd_1", inner, ("good.test",)), outer])
    with pytest.raises(VaultRefused):
        policy_of(LIMITED, [Grant("vcrd_1", "wbph_short", ("good.test",))])


def test_f19_two_credentials_in_one_header_are_told_apart_by_their_placeholders() -> None:
    with stage() as on:
        on.store("vcrd_1")
        on.store("vcrd_2", OTHER_SECRET)
        first, second = grant(), grant("vcrd_2")
        on.way(LIMITED, [first, second]).get("good.test", "/", f"A: {second.placeholder}; {first.placeholder}")
        assert on.seen[0].header("a") == f"{OTHER_SECRET}; {SECRET}"
    same = grant()
    with pytest.raises(VaultRefused):
        policy_of(LIMITED, [same, Grant("vcrd_2", same.placeholder, ("good.test",))])


def test_f20_a_request_signed_with_a_placeholder_is_refused_in_words_and_one_of_another_key_goes_on() -> None:
    with stage() as on:
        on.store("vcrd_1")
        mine = grant()
        client = on.way(LIMITED, [mine])
        signed = f"AWS4-HMAC-SHA256 Credential={mine.placeholder}/20260101/x/s3/aws4_request, Signature=0"
        said = client.get("good.test", "/", f"Authorization: {signed}")
        assert (said.status, b"signed" in said.body) == (400, True)
        query = f"/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={mine.placeholder}%2F20260101&X-Amz-Signature=0"
        assert client.get("good.test", query).status == 400
        v4a = f"AWS4-ECDSA-P256-SHA256 Credential={mine.placeholder}/20260101, Signature=0"
        assert client.get("good.test", "/", f"Authorization: {v4a}").status == 400
        assert on.seen == []
        foreign = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/x/s3/aws4_request, Signature=0"
        assert client.get("good.test", "/", f"Authorization: {foreign}").status == 200
        assert on.seen[0].header("authorization") == foreign


def test_f21_a_credential_that_the_rules_do_not_reach_is_found_and_one_for_a_tunnel_is_a_configuration_error() -> None:
    assert unreachable_hosts(LIMITED, grant(hosts=("good.test", "far.test", "*.wild.test"))) == ("far.test",)
    assert unreachable_hosts(NetworkRules(type="none"), grant(hosts=("good.test",))) == ("good.test",)
    assert unreachable_hosts(NetworkRules(type="unrestricted"), grant(hosts=("far.test",))) == ()
    tunneled = NetworkRules(hosts=("*.good.test",), tunnel_hosts=("a.good.test",))
    with pytest.raises(VaultRefused):
        policy_of(tunneled, [grant(hosts=("*.good.test",))])


TOKENS = {"token_endpoint": "https://auth.test/token", "token_endpoint_auth": "client_secret_post", "client_id": "me"}
FIELDS = {"access_token": SECRET, "refresh_token": "refresh-token-one", "client_secret": "client-secret-one"}


def granted(number: int) -> bytes:
    body = {"access_token": f"access-token-{number}", "token_type": "Bearer", "expires_in": 3600}
    return ok(json.dumps({**body, "refresh_token": f"refresh-token-{number}"}).encode())


def test_f22_five_refused_requests_at_once_refresh_a_token_once() -> None:
    with stage() as on:
        on.origin.answer = lambda seen: granted(len(on.seen) + 1)
        on.do(on.around.secrets.put("vcrd_1", FIELDS, TOKENS))

        async def five() -> set[str]:
            fresh = await asyncio.gather(*(on.oauth.fresh("vcrd_1", refused=SECRET) for _ in range(5)))
            return {credential.value for credential, _ in fresh if credential}

        assert on.do(five()) == {"access-token-2"}
        assert [seen.line for seen in on.seen] == ["POST /token HTTP/1.1"]
        assert on.notices == ["refreshed"]
        form = parse_qs(on.seen[0].body.decode())
        assert form["refresh_token"] == ["refresh-token-one"]
        assert form["client_secret"] == ["client-secret-one"]


def test_f22_a_new_token_is_stored_before_it_is_used() -> None:
    with stage() as on:
        on.origin.answer = lambda seen: granted(2)
        on.do(on.around.secrets.put("vcrd_1", FIELDS, TOKENS))
        assert on.do(on.oauth.refresh("vcrd_1")).status == "succeeded"
        raw = on.do(on.keeper.read("vcrd_1")) or ""
        assert "access-token-2" in raw
        assert "refresh-token-2" in raw
        assert SECRET not in raw


@pytest.mark.parametrize("wrong", ["redirect", "too long", "another kind", "refused", "not JSON"])
def test_f22_a_token_endpoint_that_answers_otherwise_changes_nothing_and_its_words_are_not_shown(wrong: str) -> None:
    answers = {
        "redirect": b"HTTP/1.1 302 Found\r\nLocation: https://evil.test/\r\nContent-Length: 0\r\n\r\n",
        "too long": ok(b"[" + b" " * 10_000_000 + b"]"),
        "another kind": ok(json.dumps({"access_token": "other-access-token", "token_type": "mac"}).encode()),
        "refused": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 6\r\n\r\nsecret",
        "not JSON": ok(b"<html>"),
    }
    with stage(lambda seen: answers[wrong]) as on:
        on.do(on.around.secrets.put("vcrd_1", FIELDS, TOKENS))
        outcome = on.do(on.oauth.refresh("vcrd_1"))
        assert (outcome.status, on.notices) == ("failed", ["refresh_failed"])
        assert "secret" not in repr(outcome)
        credential = on.do(on.around.secrets.get("vcrd_1"))
        assert credential is not None
        assert credential.value == SECRET
        assert len(on.seen) == 1
