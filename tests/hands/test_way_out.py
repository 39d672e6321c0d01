"""Programs that know of no proxy reach it all the same: names, TLS and plain requests in a real container."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.hands.places import Notes, new_session, own_settings, podman_only, real_hands
from workbench.contracts.values import Call, Session
from workbench.events import new_id, text_of
from workbench.vault.proxy.authority import Authority, new_authority

WAIT_S = 100.0


@dataclass
class Proxy:
    """Takes what comes to the sandbox's listener; lets `shop.example.com` through, to a server that says hi in TLS."""

    authority: Authority = field(default_factory=lambda: Authority(new_authority()))
    asked: list[str] = field(default_factory=list)

    async def variables(self, session: Session) -> Mapping[str, str]:
        return {}

    async def open(self, session_id: str, listener: socket.socket) -> None:
        own = socket.socket(fileno=socket.dup(listener.fileno()))
        own.setblocking(False)
        self.server = await asyncio.start_server(self._accept, sock=own)

    async def close(self, session_id: str) -> None:
        self.server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, lines = head.split("\r\n")[0], head.lower()
        self.asked.append(line)
        method, target, _ = line.split()
        if method != "CONNECT":
            assert "\r\nconnection: close\r\n" in lines, lines
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nplain")
        elif target.startswith("shop.example.com:"):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.start_tls(self.authority.context(target.partition(":")[0]))
            said = await reader.readuntil(b"\r\n\r\n")
            # More than fits into any buffer on the way.
            body = b"x" * 3_000_000 if b"/big" in said else b"hi"
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        else:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()


ASK = """
import json, os, socket, ssl, urllib.request
for name in [one for one in os.environ if one.lower().endswith("_proxy")]:
    del os.environ[name]
context = ssl._create_unverified_context()
found = {}
def told(name, act):
    try:
        found[name] = act()
    except OSError as error:
        found[name] = str(getattr(error, "reason", error))
def read(url):
    with urllib.request.urlopen(url, context=context, timeout=30) as answer:
        body = answer.read().decode()
        return body if len(body) < 100 else len(body)
told("tls", lambda: read("https://shop.example.com/"))
told("big", lambda: read("https://shop.example.com/big"))
told("other port", lambda: read("https://shop.example.com:8443/"))
told("plain", lambda: read("http://shop.example.com/some?thing=1"))
told("refused", lambda: read("https://other.example.com/"))
told("no web port", lambda: socket.create_connection(("shop.example.com", 25), 5).close())
told("one word", lambda: socket.getaddrinfo("database", 5432))
told("localhost", lambda: socket.gethostbyname("localhost"))
def without_name():
    plain = socket.create_connection(("shop.example.com", 443), 10)
    context.check_hostname = False
    return context.wrap_socket(plain).version()
told("no name", without_name)
print(json.dumps(found))
"""


@podman_only
def test_each_connection_goes_to_the_proxy_by_the_name_it_says_and_a_refusal_is_an_alert() -> None:
    async def story() -> None:
        with own_settings() as settings:
            proxy = Proxy()
            hands = real_hands(settings, Notes(), outlets=proxy)
            session = replace(new_session(), network={"ports": [8443]})

            async def run(command: str) -> str:
                outcome = await hands.execute(session, Call(new_id("sevt"), "bash", {"command": command}))
                return text_of(outcome.content)

            try:
                found = json.loads((await run(f"cat > ask.py <<'E'\n{ASK}\nE\npython3 ask.py")).strip())
                assert {name: found[name] for name in ("tls", "big", "other port", "plain", "localhost")} == {
                    "tls": "hi",
                    "big": 3_000_000,
                    "other port": "hi",
                    "plain": "plain",
                    "localhost": "127.0.0.1",
                }
                assert "alert access denied" in found["refused"].lower().replace("_", " ")
                assert "refused" in found["no web port"]
                assert "not known" in found["one word"]
                assert "unrecognized name" in found["no name"].lower().replace("_", " ")
                assert proxy.asked == [
                    "CONNECT shop.example.com:443 HTTP/1.1",
                    "CONNECT shop.example.com:443 HTTP/1.1",
                    "CONNECT shop.example.com:8443 HTTP/1.1",
                    "GET http://shop.example.com/some?thing=1 HTTP/1.1",
                    "CONNECT other.example.com:443 HTTP/1.1",
                ]
                fetched = "fetch('https://shop.example.com/').then(one => one.text()).then(console.log)"
                bare = "env -u NODE_USE_ENV_PROXY NODE_TLS_REJECT_UNAUTHORIZED=0 node --no-warnings"
                assert await run(f'{bare} -e "{fetched}"') == "hi"
                # A refused host is explained, as the alert says little.
                told = await run("curl --noproxy '*' -sS https://other.example.com/")
                assert "workbench net" in told
            finally:
                await hands.release_all()
                await hands.close()

    asyncio.run(asyncio.wait_for(story(), WAIT_S))
