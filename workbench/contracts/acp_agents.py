"""Agents of others that can be the brain of a session: which are known, how each is started, and told of its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

ACP_KEY: Final = "workbench.acp"
"""Metadata of an agent: a name of `KNOWN`, or a command line."""
ACP_ENVIRONMENT_KEY: Final = "workbench.acp.env"
"""Metadata of such an agent: a JSON object of more environment variables."""
PREFIX: Final = "acp:"
"""How `--agent` names one of them."""
MODEL_HOST: Final = "model.workbench.internal"
"""Where a sandbox finds the configured endpoint, over plain HTTP by its own way out."""
MODEL_KEY: Final = "placeholder-the-vault-has-the-key"


@dataclass(frozen=True)
class KnownAgent:
    """One that is started by name.

    In `environment` stand `$WORKBENCH_MODEL_URL`, `$WORKBENCH_MODEL_KEY` and `$WORKBENCH_MODEL` for what the session has.
    One without them asks a vendor of its own at `hosts`, with the credential that a vault has for the variable `credential`.
    """

    command: str
    about: str
    licence: str
    environment: Mapping[str, str] = field(default_factory=dict)
    credential: str = ""
    hosts: tuple[str, ...] = ()


_OPENCODE: Final = (
    '{"provider": {"anthropic": {"options": {"baseURL": "$WORKBENCH_MODEL_URL/v1", "apiKey": "$WORKBENCH_MODEL_KEY"},'
    ' "models": {"$WORKBENCH_MODEL": {}}}}, "model": "anthropic/$WORKBENCH_MODEL", "small_model":'
    ' "anthropic/$WORKBENCH_MODEL", "autoupdate": false, "share": "disabled", "permission": "ask"}'
)
KNOWN: Final[Mapping[str, KnownAgent]] = {
    "claude": KnownAgent(
        "npx -y @agentclientprotocol/claude-agent-acp",
        "Claude Code, by its adapter; your endpoint's Messages API",
        "Apache-2.0; what it runs has Anthropic's own terms",
        {
            "ANTHROPIC_BASE_URL": "$WORKBENCH_MODEL_URL",
            "ANTHROPIC_API_KEY": "$WORKBENCH_MODEL_KEY",
            "ANTHROPIC_MODEL": "$WORKBENCH_MODEL",
            "CLAUDE_CONFIG_DIR": "$XDG_DATA_HOME/claude",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION": "false",
        },
    ),
    "opencode": KnownAgent(
        "npx -y opencode-ai acp",
        "opencode; your endpoint's Messages API",
        "MIT",
        {
            "OPENCODE_CONFIG_CONTENT": _OPENCODE,
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
        },
    ),
    "codex": KnownAgent(
        "npx -y @agentclientprotocol/codex-acp",
        "Codex, by its adapter; OpenAI's API",
        "Apache-2.0",
        {"CODEX_HOME": "$XDG_DATA_HOME"},
        credential="OPENAI_API_KEY",
        hosts=("api.openai.com",),
    ),
    "gemini": KnownAgent(
        "npx -y @google/gemini-cli --acp",
        "Gemini CLI; Google's API",
        "Apache-2.0",
        {"GEMINI_CLI_HOME": "$XDG_DATA_HOME"},
        credential="GEMINI_API_KEY",
        hosts=("generativelanguage.googleapis.com",),
    ),
    "vibe": KnownAgent(
        "uvx --from mistral-vibe vibe-acp",
        "Mistral Vibe; Mistral's API; wants Python 3.12",
        "Apache-2.0",
        {"VIBE_HOME": "$XDG_DATA_HOME/vibe"},
        credential="MISTRAL_API_KEY",
        hosts=("api.mistral.ai",),
    ),
}


@dataclass(frozen=True)
class AcpAgent:
    """What runs in a session's sandbox in place of our own brain, settled when the session begins."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    credential: str = ""
    hosts: tuple[str, ...] = ()

    @property
    def record(self) -> dict[str, Any]:
        """As the session's record keeps it."""
        own = {"name": self.name, "command": list(self.command), "environment": dict(self.environment)}
        return own | {"credential": self.credential, "hosts": list(self.hosts)}

    @classmethod
    def of(cls, record: dict[str, Any] | None) -> AcpAgent | None:
        """What a session's record keeps; None for one that thinks by itself."""
        if record is None:
            return None
        command, hosts = tuple(record["command"]), tuple(record["hosts"])
        return cls(record["name"], command, record["environment"], record["credential"], hosts)
