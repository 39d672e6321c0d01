"""Which server answers for a model: the offline one, the configured one, or one found on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2

from workbench.contracts.brain import Forwarded, ModelFault, ModelRequest, ReplyPart
from workbench.contracts.values import Json, Progress
from workbench.light import unix_http
from workbench.models import offline
from workbench.models.bounded import PLAIN, bound
from workbench.models.messages import MessagesModel, is_loopback, load_client
from workbench.settings import Endpoint

LOCAL_SERVERS = (("Ollama", 11434), ("LM Studio", 1234), ("llama.cpp", 8080), ("vLLM", 8000))
"""Servers that speak the Messages API and the port each has unless told otherwise."""

PROBE_S = 0.5
LIST_S = 5.0
PREPARED_AFTER_S = 0.3
"""Whoever started the engine has asked by then what it was started for."""
FALLBACK_MODEL = "claude-opus-5-5"
"""What the configured endpoint is asked for when it does not list its models."""

_TOLD = (
    "capabilities",
    "max_input_tokens",
    "max_tokens",
    "line",
    "allowed_fallback_models",
    "deprecated_at",
    "retires_at",
)


class Endpoints:
    """Finds the endpoint of a model id: `offline` here, then local servers' own models, then the configured endpoint."""

    def __init__(
        self,
        configured: Endpoint | None,
        *,
        offline_socket: Path | None,
        default_model: str | None = None,
        probe: bool = True,
        trouble: Callable[[], str | None] = lambda: None,
        transport: httpx2.AsyncBaseTransport | None = None,
        progress: Progress = lambda _: None,
        is_settled: bool = True,
    ) -> None:
        """Until it `is_settled` whether there is a configured endpoint, whoever asks for one waits for `settle`. `trouble` says why the configured endpoint cannot be reached at all now; None where it can be tried. `progress` is told
        what requests wait for."""
        self._progress = progress
        self._windows: dict[str, int] = {}
        self._configured = configured
        self._settled = asyncio.Event()
        if is_settled:
            self._settled.set()
        self._offline = Endpoint("offline", "http://offline.invalid", socket=offline_socket)
        self._default_model = default_model
        self._probe = probe
        self.trouble = trouble
        self._transport = transport
        self._local: dict[str, Endpoint] = {}
        self._connected: dict[Endpoint, MessagesModel] = {}
        self._asking: dict[bool, httpx2.AsyncClient] = {}
        self._looked: set[Endpoint] = set()

    @property
    def configured(self) -> Endpoint | None:
        """The endpoint that is not this machine's own."""
        return self._configured

    def origin(self, model_id: str) -> Json:
        """Where this model is reached (`endpoint`, a URL or null), and where that is named (`source`), as of the last look."""
        if model_id == offline.MODEL_ID:
            return {"endpoint": None, "source": "offline"}
        if (local := self._local.get(model_id)) is not None:
            return {"endpoint": local.base_url, "source": local.name}
        if self._configured is not None:
            return {"endpoint": self._configured.shown or self._configured.base_url, "source": self._configured.name}
        return {"endpoint": None, "source": None}

    def use(self, configured: Endpoint | None) -> None:
        """From now on this is the configured endpoint."""
        self._configured = configured
        self._settled.set()

    def settle(self, configured: Endpoint | None) -> None:
        """This is the configured endpoint, unless another one was named meanwhile."""
        if not self._settled.is_set():
            self.use(configured)

    def model(self, model_id: str) -> Routed:
        """The model under this id; where it is served is settled at each request."""
        return Routed(self, model_id)

    async def endpoint(self, model_id: str) -> Endpoint | None:
        """Where this model is served; None when nothing is configured and no local server has it."""
        if model_id == offline.MODEL_ID:
            return self._offline
        if model_id in self._local:
            return self._local[model_id]
        await self._settled.wait()
        if self._configured is None:
            await self._find_local()
        return self._local.get(model_id) or self._configured

    async def served(self, model_id: str) -> Endpoint | ModelFault:
        """Where a request to this model goes now, or why it can go nowhere."""
        endpoint = await self.endpoint(model_id)
        if endpoint is None:
            return ModelFault(
                kind="model_request_failed_error",
                message=f"no server is known for model {model_id!r}: store a key with `workbench login` (or set "
                "model.base_url in settings.toml and restart the engine), or use the model `offline`",
                retry=False,
            )
        trouble = self.trouble()
        if trouble is not None and endpoint == self._configured:
            return ModelFault(kind="model_request_failed_error", message=trouble, retry=False)
        return endpoint

    async def forward(self, body: Json, betas: str) -> Forwarded | ModelFault:
        """See `contracts.Models`."""
        endpoint = await self.served(str(body.get("model")))
        if isinstance(endpoint, ModelFault):
            return endpoint
        return await (await self.connected(endpoint)).forward(body, betas)

    async def connected(self, endpoint: Endpoint) -> MessagesModel:
        """The one client of this endpoint: its connections are kept open between requests."""
        if endpoint not in self._connected:
            # Beside everything else: it is half a second of importing, once.
            await asyncio.to_thread(load_client)
        if endpoint not in self._connected:
            self._connected[endpoint] = MessagesModel(endpoint, progress=self._progress)
        return self._connected[endpoint]

    async def prepare(self) -> None:
        """Import the client a moment after the start: else the first message waits for it, half a second."""
        await asyncio.sleep(PREPARED_AFTER_S)
        await asyncio.to_thread(load_client)

    async def aclose(self) -> None:
        """Let go of every connection."""
        for model in self._connected.values():
            await model.aclose()
        for client in self._asking.values():
            await client.aclose()

    async def models(self) -> list[Json]:
        """All models that can be used now, as /v1/models lists them; the offline one is always the last."""
        await self._settled.wait()
        configured = [] if self._configured is None or self.trouble() else await self._listed(self._configured, LIST_S)
        found = await self._find_local()
        return [*configured, *found, offline.model_object()]

    async def default(self) -> str:
        """The model of a session that names none: the settings', the configured endpoint's first, a local one, offline."""
        if self._default_model:
            return self._default_model
        await self._settled.wait()
        if self._configured is not None:
            listed = [] if self.trouble() else await self._listed(self._configured, LIST_S)
            return str(listed[0]["id"]) if listed else FALLBACK_MODEL
        found = await self._find_local()
        return str(found[0]["id"]) if found else offline.MODEL_ID

    async def _find_local(self) -> list[Json]:
        if not self._probe:
            return []
        servers = [Endpoint(name, f"http://127.0.0.1:{port}") for name, port in LOCAL_SERVERS]
        listed = await asyncio.gather(*(self._listed(server, PROBE_S) for server in servers))
        found: list[Json] = []
        for server, models in zip(servers, listed, strict=True):
            for model in models:
                self._local[str(model["id"])] = server
                found.append(model | {"display_name": f"{model.get('display_name') or model['id']} ({server.name})"})
        return found

    async def _listed(self, endpoint: Endpoint, seconds: float) -> list[Json]:
        """The models of a server; none when it does not answer as one."""
        key = endpoint.api_key
        headers = {"authorization": f"Bearer {key}", "x-api-key": key} if key else {}
        url = f"{endpoint.base_url.rstrip('/')}/v1/models"
        try:
            response = await self._client(endpoint).get(
                url, headers={**headers, "anthropic-version": "2023-06-01"}, timeout=seconds
            )
            listed = response.json()["data"] if response.status_code == 200 else []
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, RecursionError):
            return []
        models = [_model_object(model) for model in listed if isinstance(model, dict) and model.get("id")]
        self._windows |= {one["id"]: one["max_input_tokens"] for one in models if one["max_input_tokens"]}
        return models

    def window(self, model_id: str) -> int | None:
        """The model's context window in tokens, where its server has told one."""
        return self._windows.get(model_id)

    async def look(self, model_id: str, endpoint: Endpoint) -> None:
        """Ask a server of this machine once for what its models can hold."""
        if model_id not in self._windows and endpoint not in self._looked and is_loopback(endpoint):
            self._looked.add(endpoint)
            await self._listed(endpoint, LIST_S)

    def _client(self, endpoint: Endpoint) -> httpx2.AsyncClient:
        """One for servers of this machine, which no proxy is asked for, and one for the configured endpoint."""
        is_configured = endpoint == self._configured
        if is_configured not in self._asking:
            transport = unix_http.transport(endpoint.socket) if endpoint.socket else self._transport
            self._asking[is_configured] = httpx2.AsyncClient(
                trust_env=is_configured, transport=transport, headers=PLAIN, event_hooks={"response": [bound]}
            )
        return self._asking[is_configured]


class Routed:
    """A model that asks where it is served when a request is made, so that a server may come and go."""

    def __init__(self, endpoints: Endpoints, model_id: str) -> None:
        self._endpoints = endpoints
        self._model_id = model_id

    async def reply(self, request: ModelRequest) -> AsyncIterator[ReplyPart]:
        endpoint = await self._endpoints.served(self._model_id)
        if isinstance(endpoint, ModelFault):
            yield endpoint
            return
        await self._endpoints.look(self._model_id, endpoint)
        model = await self._endpoints.connected(endpoint)
        async for part in model.reply(request):
            yield part


def _window(model: Json) -> int | None:
    """The context window under the name that its server gives it: the public API's, llama.cpp's, vLLM's, LM Studio's."""
    meta = model.get("meta") if isinstance(model.get("meta"), dict) else {}
    names = ("max_input_tokens", "max_model_len", "loaded_context_length", "max_context_length")
    told = [*(model.get(name) for name in names), meta.get("n_ctx") if isinstance(meta, dict) else None]
    return next((one for one in told if isinstance(one, int) and not isinstance(one, bool) and one > 0), None)


def _model_object(model: Json) -> Json:
    """A server's own entry with every field that the public API promises; most local servers leave some out."""
    told = {name: value for name, value in model.items() if name in _TOLD}
    stages = ("active", "deprecated", "retired")
    return {
        "capabilities": None,
        "max_tokens": None,
        **told,
        "max_input_tokens": _window(model),
        "id": str(model["id"]),
        "type": "model",
        "display_name": str(model.get("display_name") or model["id"]),
        "created_at": model["created_at"] if isinstance(model.get("created_at"), str) else "1970-01-01T00:00:00Z",
        "lifecycle": model["lifecycle"] if model.get("lifecycle") in stages else "active",
    }
