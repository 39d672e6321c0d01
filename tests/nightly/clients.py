"""Programs that know of no proxy, each on its way out of a real sandbox: package managers and HTTP clients of many languages."""

from __future__ import annotations

import json
import random
import shlex
from typing import Final

from tests.line.installation import installation
from tests.messages_server import call, text
from tests.nightly.summary import Summary

PACKAGES: Final = {
    "apt": ["default-jdk-headless", "golang-go", "libwww-perl", "liblwp-protocol-https-perl"],
    "npm": ["yarn@1", "deno", "bun", "pnpm"],
    "pip": ["aiohttp", "httpx", "niquests", "playwright", "requests", "urllib3"],
}
WHOLE_S: Final = 1800
"""The image with all of these packages is made first."""
_AIOHTTP: Final = """
import asyncio, sys, aiohttp
async def main():
    async with aiohttp.ClientSession() as session, session.get(sys.argv[1]) as answer:
        print(answer.status)
asyncio.run(main())"""
_PLAYWRIGHT: Final = """
import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as one:
    print(one.request.new_context().get(sys.argv[1]).status)"""
_GO: Final = """package main
import ("fmt"; "net/http"; "os")
func main() { answer, err := http.Get(os.Args[1]); if err != nil { fmt.Println(err); return }; fmt.Println(answer.StatusCode) }"""
_JAVA: Final = """import java.net.URI; import java.net.http.*;
class Ask { public static void main(String[] given) throws Exception { System.out.println(HttpClient.newHttpClient().send(
HttpRequest.newBuilder(URI.create(given[0])).build(), HttpResponse.BodyHandlers.ofString()).statusCode()); } }"""
_PACKAGE: Final = '{"name": "a", "version": "1.0.0", "dependencies": {"is-odd": "3.0.1"}}'


def _python(program: str) -> str:
    return f"python3 -c {shlex.quote(program)} $URL"


CLIENTS: Final = {
    "urllib": _python("import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)"),
    "aiohttp": _python(_AIOHTTP),
    "urllib3": _python("import sys, urllib3; print(urllib3.PoolManager().request('GET', sys.argv[1]).status)"),
    "requests": _python("import sys, requests; print(requests.get(sys.argv[1]).status_code)"),
    "httpx": _python("import sys, httpx; print(httpx.get(sys.argv[1]).status_code)"),
    "niquests": _python("import sys, niquests; print(niquests.get(sys.argv[1]).status_code)"),
    "playwright": _python(_PLAYWRIGHT),
    "curl": "curl -sS -o /dev/null -w '%{http_code}' $URL",
    "wget": "wget -q -O /dev/null $URL && echo 200",
    "node": "node -e 'fetch(process.argv[1]).then(one => console.log(one.status))' $URL",
    "deno": "deno eval 'console.log((await fetch(Deno.args[0])).status)' $URL",
    "bun": "bun -e 'console.log((await fetch(process.argv[1])).status)' $URL",
    "lwp": "perl -MLWP::UserAgent -e 'print LWP::UserAgent->new->get($ARGV[0])->code' $URL",
    "go": f"mkdir -p go; echo {shlex.quote(_GO)} > go/main.go; go run go/main.go $URL",
    "java": f"echo {shlex.quote(_JAVA)} > Ask.java; java Ask.java $URL",
    "npm": "npm install --silent > /dev/null && echo 200",
    "yarn 1": "rm -rf node_modules; yarn install --silent > /dev/null && echo 200",
    "yarn 4": "rm -rf node_modules yarn.lock; touch yarn.lock; corepack yarn@4 install > /dev/null && echo 200",
    "pnpm": "rm -rf node_modules yarn.lock; pnpm install --silent > /dev/null && echo 200",
    "uv": "uv pip install -q --target /tmp/uv six && echo 200",
}


def run(count: int, chance: random.Random) -> Summary:
    """Each of the first `count` clients; the address is that of a package which pip's own index has."""
    summary = Summary()
    named = dict(list(CLIENTS.items())[:count])
    steps = "; ".join(f'echo "@{name}@$(({one}) 2>&1 | tail -1)"' for name, one in named.items())
    unset = "for name in $(env | cut -d= -f1 | grep -i _proxy$); do unset $name; done; unset NODE_USE_ENV_PROXY"
    index = "$(python3 -c 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)')"
    command = f"{unset}; URL=${{PIP_INDEX_URL:-{index}}}/six/; echo {shlex.quote(_PACKAGE)} > package.json; {steps}"
    with installation([call("bash", {"command": command, "timeout_ms": 600_000}), text("Done.")]) as here:
        networking = {"type": "limited", "allow_package_managers": True}
        config = {"type": "cloud", "networking": networking, "packages": PACKAGES}
        (here.home / "clients.yaml").write_text(json.dumps({"name": "clients", "config": config}))
        here.told("environments", "apply", "-f", str(here.home / "clients.yaml"))
        session_id = here.run_detached("--environment", "clients", "Ask")
        here.until(session_id, "session.status_idle", within_s=WHOLE_S)
        results = [one for one in here.events(session_id) if one["type"] == "agent.tool_result"]
        said = "".join(block["text"] for one in results for block in one["content"] if block["type"] == "text")
    answers = dict(line[1:].split("@", 1) for line in said.splitlines() if line.startswith("@"))
    for name in named:
        if not answers.get(name, "").strip().startswith(("200", "301")):
            summary.faults.append(f"{name}: {answers.get(name, 'said nothing')[:200]}")
    summary.figures["clients"] = len(named)
    return summary
