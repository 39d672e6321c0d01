"""A proxy that puts real entities in the place of the placeholders in the SDK's generated tests, a fresh one for each request."""

from __future__ import annotations

import hashlib
import http.client
import http.server
import itertools
import json
import re
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from workbench.contracts.values import Json

_KIND = re.compile(r"(agent|env|sesn|sthr|sesrsc|vlt|vcrd|file|depl|skill)_01\w{10,}$")
_WORDS = {
    "memory_store_id": "memstore",
    "memory_id": "mem",
    "memory_version_id": "memver",
    "dream_id": "dream",
    "file_id": "file",
    "skill_id": "skill",
    "deployment_id": "depl",
    "deployment_run_id": "drun",
    "webhook_endpoint_id": "webhook",
    "environment_id": "env",
    "agent_id": "agent",
    "work_id": "work",
}
_OF_WORKERS = re.compile(r"/v1/environments/[^/]+/work(?:/poll|/[^/]+/ack|/[^/]+/heartbeat)?$")
"""What a key of the environment is for, and no owner's."""
_SAMPLES = {
    *(("desired_ttl_seconds", "0"), ("expected_last_heartbeat", "expected_last_heartbeat")),
    *(
        ("limit", "0"),
        ("page", "page"),
        ("version", "0"),
        ("agent_version", "0"),
        ("after_id", "after_id"),
        ("before_id", "before_id"),
    ),
    ("path_prefix", "path_prefix"),
    ("ids[]", "string"),
    *(("source", "source"), ("name", "name")),
}
"""Query values that the generator made up and that no server takes."""
_FITTED = {"inference_geo": "us", "expires_at": "2099-12-31T23:59:59Z"}
"""Fields of bodies whose samples the public rules refuse: a word that is no place, a moment in the past."""
MADE = "made"
BOUNDARY = "made"
MADE_HASH = hashlib.sha256(MADE.encode()).hexdigest()
ENDS_S = 30
TOOLSET = {"type": "agent_toolset_20260401"}


class Engine:
    """Requests to the served engine."""

    def __init__(self, base_url: str, token: str) -> None:
        self._host = urlsplit(base_url).netloc
        self._headers = {"authorization": f"Bearer {token}"}

    def send(
        self, method: str, path: str, body: bytes, headers: dict[str, str], key: str = ""
    ) -> http.client.HTTPResponse:
        own = {"authorization": f"Bearer {key}"} if key else self._headers
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request(method, path, body, {**headers, **own, "host": self._host})
        return connection.getresponse()

    def post(self, path: str, body: Json) -> Json:
        return self._json(self.send("POST", path, json.dumps(body).encode(), {"content-type": "application/json"}))

    def upload(self, path: str, form: bytes, boundary: str) -> Json:
        return self._json(self.send("POST", path, form, {"content-type": f"multipart/form-data; boundary={boundary}"}))

    def get(self, path: str, key: str = "") -> Json:
        return self._json(self.send("GET", path, b"", {}, key))

    def _json(self, response: http.client.HTTPResponse) -> Json:
        answer: Json = json.loads(response.read())
        if response.status != http.client.OK:
            raise AssertionError(f"a fixture could not be made: {answer}")
        return answer


class Entities:
    """What one request needs, each made once when it is first named."""

    numbers = itertools.count()

    def __init__(self, engine: Engine, method: str = "GET", path: str = "") -> None:
        self._engine = engine
        self._step = path.rpartition("/")[2] if "/work" in path else ""
        self.key = ""
        """Of the environment, where workers are meant."""
        # A token is changed of a repository, and taken away is a file.
        self._resource = "file" if method == "DELETE" else "github_repository"
        self._made: dict[str, str] = {}
        self.skill = f"made-{next(self.numbers)}"

    def named(self, kind: str) -> str | None:
        """The id of an entity of this kind; None where the engine has no such noun."""
        makers: dict[str, Callable[[], Json]] = {
            "agent": self._agent,
            "coworker": self._agent,
            "env": self._environment,
            "work": self._item,
            "sesn": self._session,
            "sthr": lambda: self._first(f"/v1/sessions/{self.named('sesn')}/threads"),
            "sesrsc": lambda: self._first(f"/v1/sessions/{self.named('sesn')}/resources", type=self._resource),
            "file": self._file,
            "vlt": lambda: self._engine.post("/v1/vaults", {"display_name": "made"}),
            "vcrd": self._credential,
            "memstore": lambda: self._engine.post("/v1/memory_stores", {"name": f"made-{next(self.numbers)}"}),
            "mem": self._memory,
            "memver": self._version,
            "dream": self._dream,
            "skill": lambda: self._engine.upload("/v1/skills", skill_form(self.skill), BOUNDARY),
            "skillver": self._skill_version,
            "depl": self._deployment,
            "drun": lambda: self._engine.post(f"/v1/deployments/{self.named('depl')}/run", {}),
            "webhook": self._webhook,
        }
        if kind not in makers:
            return None
        if kind not in self._made:
            self._made[kind] = str(makers[kind]()["id"])
        return self._made[kind]

    def _first(self, path: str, **fields: str) -> Json:
        every: list[Json] = self._engine.get(path)["data"]
        return next(one for one in every if all(one[name] == value for name, value in fields.items()))

    def _environment(self) -> Json:
        name = f"made-{next(self.numbers)}"
        if not self._step:
            return self._engine.post("/v1/environments", {"name": name})
        made = self._engine.post("/v1/environments", {"name": name, "config": {"type": "self_hosted"}})
        body = {"name": name, "role": "worker", "environment_id": made["id"]}
        self.key = str(self._engine.post("/workbench/v1/tokens", body)["token"])
        # The queue has an item to be polled and listed.
        self._engine.post("/v1/sessions", {"agent": self.named("agent"), "environment_id": made["id"]})
        return made

    def _item(self) -> Json:
        """A work item that has come as far as the step needs it."""
        work = f"/v1/environments/{self.named('env')}/work"
        item = self._engine.get(f"{work}/poll", self.key)
        if self._step == "heartbeat":
            self._engine.send("POST", f"{work}/{item['id']}/ack", b"", {}, self.key).read()
        return item

    def _file(self) -> Json:
        return self._engine.upload("/v1/files", _form("file", "made.txt", MADE), BOUNDARY)

    def _skill_version(self) -> Json:
        """A second one: the only version of a skill is not deleted alone."""
        return self._engine.upload(f"/v1/skills/{self.named('skill')}/versions", skill_form(self.skill), BOUNDARY)

    def _deployment(self) -> Json:
        message = {"type": "user.message", "content": [{"type": "text", "text": MADE}]}
        agent = {"type": "agent", "id": self.named("agent")}
        body = {"name": MADE, "agent": agent, "environment_id": self.named("env"), "initial_events": [message]}
        return self._engine.post("/v1/deployments", body)

    def _webhook(self) -> Json:
        """A new endpoint, of which there may be few at once."""
        path = "/v1/organizations/webhooks"
        for known in self._engine.get(path)["data"]:
            self._engine.send("DELETE", f"{path}/{known['id']}", b"", {}).read()
        # The SDK's strict client knows those of an organisation only.
        body = {"url": "https://example.com/made", "enabled_events": ["external_key.failed"]}
        return self._engine.post(path, body)

    def _agent(self) -> Json:
        return self._engine.post("/v1/agents", {"name": "made", "model": "offline", "tools": [TOOLSET]})

    def _session(self) -> Json:
        repository = {
            "type": "github_repository",
            "url": "https://github.com/example-org/example-repo",
            "authorization_token": "ghp_exampletoken",
        }
        body = {
            "agent": self.named("agent"),
            "environment_id": self.named("env"),
            "resources": [repository, {"type": "file", "file_id": self._file()["id"]}],
            # One can be raised later only where there is one from the beginning.
            "budget": {"type": "limit", "max_list_cost": {"amount": "1000", "currency": "USD"}},
        }
        return self._engine.post("/v1/sessions", body)

    def _credential(self) -> Json:
        refresh = {
            "client_id": "made",
            "refresh_token": "made-made-made",
            "token_endpoint": "https://mcp.example.com/token",
            "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": "made-made-made"},
        }
        url = "https://mcp.example.com/mcp"
        auth = {"type": "mcp_oauth", "access_token": "made-made-made", "mcp_server_url": url, "refresh": refresh}
        return self._engine.post(f"/v1/vaults/{self.named('vlt')}/credentials", {"auth": auth})

    def _memory(self) -> Json:
        body = {"path": "/made", "content": MADE}
        return self._engine.post(f"/v1/memory_stores/{self.named('memstore')}/memories", body)

    def _version(self) -> Json:
        """An earlier version, which may be redacted as the newest may not."""
        memory = self.named("mem")
        store = f"/v1/memory_stores/{self.named('memstore')}"
        self._engine.post(f"{store}/memories/{memory}", {"content": "made again"})
        found: Json = self._engine.get(f"{store}/memory_versions")["data"][-1]
        return found

    def _dream(self) -> Json:
        return self._engine.post("/v1/dreams", {"model": "offline", "inputs": self.inputs()})

    def end_dream(self) -> None:
        """Wait for the end of the dream, after which it may be archived."""
        path = f"/v1/dreams/{self.named('dream')}"
        pause = threading.Event()
        for _ in range(ENDS_S * 10):
            if self._engine.get(path)["ended_at"]:
                return
            pause.wait(0.1)

    def inputs(self) -> list[Json]:
        """What a dream is made of: the generator names a store alone."""
        sessions = {"type": "sessions", "session_ids": [self.named("sesn")]}
        return [{"type": "memory_store", "memory_store_id": self.named("memstore")}, sessions]


def skill_form(name: str) -> bytes:
    """A skill of this name as a form: what the generator uploads is none."""
    return _form("files[]", f"{name}/SKILL.md", f"---\nname: {name}\ndescription: Made.\n---\nmade\n")


def _form(field: str, filename: str, text: str) -> bytes:
    head = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{field}"; filename="{filename}"\r\n\r\n'
    return f"{head}{text}\r\n--{BOUNDARY}--\r\n".encode()


def put_in(entities: Entities, value: Any, key: str = "") -> Any:
    """A body with real ids, and without the generator's samples."""
    if key in ("content_sha256", "expected_content_sha256"):
        return MADE_HASH
    if key in _FITTED:
        return _FITTED[key]
    if key == "agent" and isinstance(value, dict) and value.get("version") == 0:
        value = value | {"version": 1}
    if isinstance(value, dict) and value.get("type") == "anthropic" and "skill_id" in value:
        # The hosted service's own skills are not here, which the refusal says.
        return {"type": "custom", "skill_id": entities.named("skill")}
    if isinstance(value, dict):
        return {name: put_in(entities, one, name) for name, one in value.items()}
    if key == "inputs":
        return entities.inputs()
    if isinstance(value, list):
        return [] if key == "vault_ids" else [put_in(entities, one, key) for one in value]
    if not isinstance(value, str):
        return value
    if key == "memory_store_id":
        return entities.named("memstore")
    if key == "agents":
        # Another one than that of the path, which stands there too, as `self`.
        return entities.named("coworker")
    if (key, value) == ("agent", "string"):
        return entities.named("agent")
    if (key, value) == ("environment_id", "x"):
        return entities.named("env")
    if (key, value) == ("url", "x"):
        return "https://example.com/x"
    return _real(entities, value)


def fitted(target: str, body: Json) -> Json:
    """A body that the public rules take: environments have names of their own, and a session keeps its vaults."""
    path = urlsplit(target).path
    if path.startswith("/v1/environments") and "name" in body:
        body["name"] = f"{body['name']}-{next(Entities.numbers)}"
    if path.startswith("/v1/sessions/"):
        body.pop("vault_ids", None)
    agent = body["agent"] if isinstance(body.get("agent"), dict) else body
    for server in agent.get("mcp_servers", ()):
        # The generator's example names a server that no toolset offers.
        agent.setdefault("tools", []).append({"type": "mcp_toolset", "mcp_server_name": server["name"]})
    return body


def _real(entities: Entities, word: str) -> str:
    kind = _WORDS.get(word) or ((found := _KIND.match(word)) and found[1])
    return (entities.named(kind) if kind else None) or word


def real_path(entities: Entities, target: str) -> str:
    """A request's target with real ids, and without the generator's samples in the query."""
    split = urlsplit(target)
    named = {"model_id": "offline"}
    if "/versions/version" in split.path:
        named["version"] = entities.named("skillver") or "version"
    path = "/".join(named.get(part) or _real(entities, part) for part in split.path.split("/"))
    pairs = [pair for pair in parse_qsl(split.query, keep_blank_values=True) if pair not in _SAMPLES]
    pairs = [(name, MADE_HASH if name.endswith("sha256") else value) for name, value in pairs]
    query = [(name, _real(entities, value)) for name, value in pairs if not value.endswith("_id")]
    return f"{path}?{urlencode(query)}" if query else path


class Proxy:
    """Serves on a free port of 127.0.0.1 while the block lasts."""

    def __init__(self, engine: Engine) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """Silent."""

            def _carried(self) -> None:
                asked = self.path.partition("?")[0]
                entities = Entities(engine, self.command, asked)
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if self.path.partition("?")[0].endswith("/archive") and "/dreams/" in self.path:
                    entities.end_dream()
                if body and "json" in (self.headers.get("content-type") or ""):
                    body = json.dumps(fitted(self.path, put_in(entities, json.loads(body)))).encode()
                kind = self.headers.get("content-type") or ""
                if self.command == "POST" and self.path.startswith("/v1/skills") and "multipart" in kind:
                    boundary = kind.partition("boundary=")[2].encode()
                    body = skill_form(entities.skill).replace(b"--" + BOUNDARY.encode(), b"--" + boundary)
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _OWN}
                target = real_path(entities, self.path)
                key = entities.key if _OF_WORKERS.match(asked) else ""
                answer = engine.send(self.command, target, body, headers, key)
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in _OWN:
                        self.send_header(name, value)
                if "event-stream" in (answer.getheader("content-type") or ""):
                    # Its test reads nothing and hangs up.
                    self.close_connection = True
                    self.send_header("connection", "close")
                    self.end_headers()
                    self.wfile.write(answer.fp.readline() if answer.fp else b"")
                    answer.close()
                    return
                raw = answer.read()
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_DELETE = _carried  # noqa: N815 - names of the library's

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


_OWN = (
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "authorization",
    "x-api-key",
    "content-encoding",
    "accept-encoding",
)
