"""`workbench mcp login`, with a server that wants a sign-in: a browser's consent, and the token in the vault and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.line.installation import WAIT_S, Installation, installation
from tests.line.test_credentials import SERVER, engine_of

TOKEN = "canary-oauth-6a5b4c3d-SECRET"

# In place of the guard with a bearer alone: the same server with its own authorization server beside it.
SIGNING_IN = (
    SERVER.partition("async def guarded")[0]
    + """
import base64, hashlib, json
from urllib.parse import parse_qs, urlencode
from starlette.requests import Request

known = {}

async def guarded(scope, receive, send):
    if scope["type"] != "http":
        return await app(scope, receive, send)
    request = Request(scope, receive)
    here = f"http://{request.headers['host']}"
    given = dict(request.query_params) if request.method == "GET" else {}
    if request.url.path == "/mcp":
        if request.headers.get("authorization") == "Bearer " + bearer:
            return await app(scope, receive, send)
        where = f'Bearer resource_metadata="{here}/.well-known/oauth-protected-resource/mcp", scope="tools"'
        answer = Response("no", 401, {"www-authenticate": where})
    elif request.url.path == "/.well-known/oauth-protected-resource/mcp":
        answer = Response(json.dumps({"resource": f"{here}/mcp", "authorization_servers": [here]}))
    elif request.url.path == "/.well-known/oauth-authorization-server":
        ends = {f"{word}_endpoint": f"{here}/{path}" for word, path in
            (("authorization", "authorize"), ("token", "token"), ("registration", "register"))}
        answer = Response(json.dumps({"issuer": here, **ends, "code_challenge_methods_supported": ["S256"]}))
    elif request.url.path == "/register":
        answer = Response(json.dumps(json.loads(await request.body()) | {"client_id": "c1"}), 201)
    elif request.url.path == "/authorize":
        known.update(given)
        answer = Response("", 302, {"location": given["redirect_uri"] + "?" + urlencode({"code": "once", "state": given["state"]})})
    else:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        assert (form["code"], proof, known["scope"]) == ("once", known["code_challenge"], "tools more"), (form, known)
        answer = Response(json.dumps({"access_token": bearer, "token_type": "bearer", "expires_in": 3600}))
    await answer(scope, receive, send)

class Told"""
    + SERVER.rpartition("class Told")[2]
)


def test_a_sign_in_in_the_browser_puts_the_token_into_the_vault_and_the_server_is_usable() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", SIGNING_IN], stdin=pipe, stdout=pipe, text=True) as server:
        try:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(TOKEN + "\n")
            server.stdin.flush()
            url = f"http://127.0.0.1:{int(server.stdout.readline())}/mcp"
            with installation(offline=True) as here:
                used_after_a_login(here, url)
        finally:
            server.terminate()


def used_after_a_login(here: Installation, url: str) -> None:
    body = {
        "name": "near",
        "config": {"type": "cloud", "networking": {"type": "limited", "allow_mcp_servers": True}},
        "metadata": {"workbench.private_hosts": "127.0.0.1"},
    }
    engine_of(here).post("/v1/environments", body)
    here.told("mcp", "add", "adder", url)
    before = here.say("mcp", "test", "adder", "--environment", "near")
    assert (before.code, "workbench mcp login adder" in before.err) == (1, True), before
    with here.start("mcp", "login", "adder", "--scope", "more") as login:
        assert login.stdout is not None
        address = login.stdout.readline().strip()
        [back] = parse_qs(urlsplit(address).query)["redirect_uri"]
        assert httpx2.get(f"{back}?code=foreign&state=guessed").status_code == 404
        assert "can be closed" in httpx2.get(address, follow_redirects=True).text
        out, err = login.communicate(timeout=WAIT_S)
        assert (login.returncode, "signed in at" in out) == (0, True), err
    [tool] = here.json("mcp", "test", "adder", "--environment", "near")["tools"]
    assert tool["name"] == "add"
    [stored] = here.json("vault", "list")["credentials"]
    assert (stored["auth"]["type"], stored["auth"]["mcp_server_url"]) == ("mcp_oauth", url)
    told = [address, out, err, *(file.read_text(errors="replace") for file in here.home.rglob("*") if file.is_file())]
    assert not any(TOKEN in one for one in told)
