"""What a person is told of the model endpoint: where a session's model is reached, and what this shell has that the engine lacks."""

from __future__ import annotations

from workbench.commands.surface import Json
from workbench.contracts.own_port import without_own_port
from workbench.settings import DEFAULT_BASE_URL, Settings

_SOURCES = {
    "environment": "ANTHROPIC_* of the engine's environment",
    "settings": "settings.toml",
    "keyring": "workbench login",
}
OFFLINE = "offline: fixed rules and no language model; `workbench login` or ANTHROPIC_API_KEY brings one"


def described(status: Json, model: str | None = None) -> str:
    """The model (a new session's, unless another is named), its address and where that is configured."""
    model = model or status["default_model"]
    if model == "offline":
        # What brings a model is no news where there is one.
        return OFFLINE.partition(";")[0] if status.get("has_key") or status["default_model"] != "offline" else OFFLINE
    if not status["endpoint"]:
        return f"{model}: no endpoint is known; `workbench login`, or set model.base_url in settings.toml"
    source = status.get("endpoint_source") or ""
    return f"{model} at {status['endpoint']} ({_SOURCES.get(source, source)})"


def lacking(place: Settings, status: Json) -> str | None:
    """What this shell's endpoint has that the running engine was started without; None where they agree."""
    ours = without_own_port(place)
    if ours is None:
        return None
    configured = status["endpoint"] if status.get("endpoint_source") in _SOURCES else None
    names = "settings.toml" if ours.name == "settings" else "ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY of this shell"
    if configured is None or configured.rstrip("/") != ours.base_url.rstrip("/"):
        has = f"uses {configured}" if configured else "was started without them"
        return f"{names} name {ours.base_url or DEFAULT_BASE_URL}, and the running engine {has}; {RESTART}"
    if ours.api_key and not status.get("has_key"):
        return f"the running engine has no key for {configured}, and this shell has one; {RESTART}"
    return None


RESTART = "to use what is here: workbench down && workbench up (sessions go on), or keep the key with workbench login"
