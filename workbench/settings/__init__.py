"""Where things are, which model endpoint answers, and how much is allowed: one frozen value."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.settings.fields import (
    FIELDS,
    SettingsError,
    address,
    choice,
    content,
    count,
    flag,
    names,
    refuse_unknown,
    share,
    table,
    text,
)
from workbench.settings.folders import LONGEST_SOCKET, MOST_SOCKET_BYTES, check_sockets, make_private, project_root

__all__ = [
    "DEFAULT_BACKEND",
    "DEFAULT_BASE_URL",
    "FIELDS",
    "LONGEST_SOCKET",
    "MOST_SOCKET_BYTES",
    "SETTINGS_FILE_NAME",
    "Endpoint",
    "Settings",
    "SettingsError",
    "check_sockets",
    "load",
    "make_private",
    "project_root",
]

SETTINGS_FILE_NAME = "settings.toml"
DEFAULT_BASE_URL = "https://api.anthropic.com"
DEFAULT_BACKEND = "podman"
"""What runs the sandboxes of an environment that names nothing else."""


@dataclass(frozen=True)
class Endpoint:
    """One server that speaks the Messages API.

    `base_url` is what the SDK would take; `socket` is set where the server is reached over a Unix socket instead of TCP, and
    `shown` is then what people are told of it. `repr` never shows the key.
    """

    name: str
    base_url: str
    api_key: str | None = None
    socket: Path | None = None
    shown: str = ""

    def __repr__(self) -> str:
        return f"Endpoint(name={self.name!r}, base_url={self.base_url!r})"


@dataclass(frozen=True)
class Settings:
    """Folders (all the user's own, mode 0700), the chosen endpoint and limits."""

    data: Path
    config: Path
    runtime: Path
    state: Path
    endpoint: Endpoint | None = None
    default_model: str | None = None
    podman: str = "podman"
    containers: Path = field(default_factory=lambda: _usual_containers(os.environ))
    """Podman's storage for the workbench; one for each user, as images are large and named by their content."""
    compact_at: float = 0.8
    context_window: int | None = None
    keep_secrets_in: str | None = None
    vault_key_file: Path | None = None
    backends: tuple[str, ...] = (DEFAULT_BACKEND,)
    """The backends that an environment may choose: only this file's owner can say so, never a client of the API."""
    searxng: str | None = None
    private_hosts: tuple[str, ...] = ()
    """What `web_fetch` may read of this machine and its network: `host` on the usual ports, or `host:port`."""
    resumes: bool = False
    """Whether a session goes on by itself when a model's limit has passed."""
    rests_on_battery: bool = False
    rests_on_metered: bool = False
    stop_stuck_minutes: int | None = None
    """After how long a session that gets nowhere is stopped; None for never."""
    reviews_kept_days: int = 7
    """How long the session of a review by agents stays before it is archived."""
    notices_when: tuple[str, ...] = ("needs you", "failed")
    notices_command: tuple[str, ...] = ()
    notices_push: str | None = None
    notices_desktop: bool = False
    answer_address: tuple[str, int] | None = None
    """Where the page listens that takes answers; None for nowhere."""
    answer_url: str | None = None
    """How a telephone reaches that page."""
    telemetry_endpoint: str | None = None
    telemetry_key: str | None = None
    telemetry_content: bool = False
    reads_instructions: bool = True
    """Whether AGENTS.md and its like reach the agents that work on a project."""
    tools: bool = True
    """Whether the sandbox image gets, behind the first work, the tools that most projects call."""

    @property
    def permissions(self) -> Path:
        """The user's own rules for the permission policy `auto`; the file need not be there."""
        return self.config / "permissions.toml"

    @property
    def app(self) -> Path:
        """What a person chose for the terminal app; the file need not be there."""
        return self.config / "app.toml"

    @property
    def log(self) -> Path:
        """The journal, the DuckDB file and what was put aside."""
        return self.data / "log"

    @property
    def sandboxes(self) -> Path:
        """Per session: the overlay's upper and work directory, and what the session's tools left."""
        return self.data / "sandboxes"

    @property
    def contents(self) -> Path:
        """What files hold, each content once under its hash."""
        return self.data / "contents"

    @property
    def images(self) -> Path:
        """Built image archives, keyed by their package list."""
        return self.data / "images"

    @property
    def demos(self) -> Path:
        """The small projects that the demo repairs, a folder each; kept as long as their sessions."""
        return self.data / "demos"

    @property
    def drafts(self) -> Path:
        """What was typed in the terminal app and not sent yet: a file per session."""
        return self.state / "drafts"

    @property
    def view(self) -> Path:
        """How a person looks at their sessions: what was read, pins, panes."""
        return self.state / "view.json"

    @property
    def vault_file(self) -> Path:
        """Secrets, encrypted, where there is no keyring; there only when its owner made it."""
        return self.data / "vault.json"

    @property
    def trust(self) -> Path:
        """What sandboxes trust, mounted into them read-only: our authority, and a bundle of it and the public roots."""
        return self.data / "trust"

    @property
    def vault_sockets(self) -> Path:
        """The vault's sockets: `routes.sock` for the engine's ways out, `deposit.sock` for secrets that a command brings."""
        return self.runtime / "v"

    @property
    def engine_socket(self) -> Path:
        return self.runtime / "engine.sock"

    @property
    def channels(self) -> Path:
        """One short-named folder per sandbox, with the socket its runner connects to (path ≤ 107 bytes)."""
        return self.runtime / "s"


def load(environ: Mapping[str, str] = os.environ, *, keyless: bool = False) -> Settings:
    """Read the settings of this user; `keyless` leaves the model's key where it is.

    `WORKBENCH_HOME` puts everything under one folder (tests, second installations); else XDG's folders are used. The
    storage of images and containers is the user's one for all of them, unless `WORKBENCH_CONTAINERS` names another.
    What `settings.toml` may say stands in `FIELDS`; an endpoint that it does not name comes from `ANTHROPIC_BASE_URL` and
    `ANTHROPIC_API_KEY` of `environ`.

    Raises:
        SettingsError: the file is not TOML or a field has the wrong type.
    """
    data, config, runtime, state = _folders(environ)
    _refuse_odd(data)
    file = config / SETTINGS_FILE_NAME
    said = content(file)
    tables = ("model", "vault", "sandbox", "project", "web", "nights", "notices", "telemetry")
    model, vault, sandbox, project, web, nights, notices, telemetry = (table(said, name, file) for name in tables)
    refuse_unknown(said, file)
    for key in ("base_url", "api_key", "default"):
        text(model, f"model.{key}", file)
    key_file = text(vault, "vault.key_file", file)
    return Settings(
        data=data,
        config=config,
        runtime=runtime,
        state=state,
        endpoint=_endpoint(model, environ, keyless=keyless),
        default_model=text(model, "model.default", file),
        podman=environ.get("WORKBENCH_PODMAN") or "podman",
        containers=_usual_containers(environ),
        compact_at=share(model, "compact_at", 0.8, file),
        context_window=count(model, "model.context_window", file, 32000),
        keep_secrets_in=choice(vault, "vault.keep_in", ("keyring", "file", "memory"), file),
        vault_key_file=Path(key_file).expanduser() if key_file else None,
        backends=names(sandbox, "sandbox.backends", (DEFAULT_BACKEND,), file),
        searxng=text(web, "web.searxng", file),
        private_hosts=names(web, "web.private_hosts", (), file),
        tools=choice(sandbox, "sandbox.tools", ("add", "none"), file) != "none",
        notices_when=names(notices, "notices.when", ("needs you", "failed"), file),
        notices_command=names(notices, "notices.command", (), file),
        notices_push=text(notices, "notices.push", file),
        answer_address=address(notices, "notices.answer_address", file),
        answer_url=_page_url(notices, file),
        notices_desktop=flag(notices, "notices.desktop", default=False, file=file),
        telemetry_endpoint=text(telemetry, "telemetry.endpoint", file),
        telemetry_key=choice(telemetry, "telemetry.key", ("bearer", "x-api-key"), file),
        telemetry_content=flag(telemetry, "telemetry.content", default=False, file=file),
        resumes=flag(nights, "nights.resume", default=False, file=file),
        rests_on_battery=choice(nights, "nights.on_battery", ("work", "pause"), file) == "pause",
        rests_on_metered=choice(nights, "nights.on_metered", ("work", "pause"), file) == "pause",
        stop_stuck_minutes=count(nights, "nights.stop_stuck", file, 20),
        reviews_kept_days=count(table(said, "reviews", file), "reviews.archive_after", file, 7) or 7,
        reads_instructions=choice(project, "project.instructions", ("read", "none"), file) != "none",
    )


def _refuse_odd(data: Path) -> None:
    """Raises: SettingsError: the database cannot be opened in this folder."""
    if odd := next((sign for sign in "?\\" if sign in str(data)), None):
        raise SettingsError(
            f"{data}: no part of this path may have a {odd} in its name, which the database cannot open"
        )


def _page_url(notices: Mapping[str, object], file: Path) -> str | None:
    """Where the page for answers is reached; None where it listens nowhere."""
    listens, said = address(notices, "notices.answer_address", file), text(notices, "notices.answer_url", file)
    if said is not None and (listens is None or not said.startswith(("https://", "http://"))):
        raise SettingsError(
            f"{file}: notices.answer_url is a http or https address, and goes with notices.answer_address"
        )
    if listens is None or said is not None:
        return said
    host, port = listens
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _folders(environ: Mapping[str, str]) -> tuple[Path, Path, Path, Path]:
    """Of data, configuration, runtime and state."""
    home = Path(environ.get("HOME") or Path.home())
    if own := environ.get("WORKBENCH_HOME"):
        data, config, runtime, state = (Path(own).absolute() / name for name in ("data", "config", "run", "state"))
        return data, config, runtime, state
    return (
        Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "workbench",
        Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "workbench",
        _runtime(environ),
        Path(environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "workbench",
    )


def _usual_containers(environ: Mapping[str, str]) -> Path:
    if named := environ.get("WORKBENCH_CONTAINERS"):
        return Path(named).absolute()
    home = Path(environ.get("HOME") or Path.home())
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "workbench" / "containers"


def _runtime(environ: Mapping[str, str]) -> Path:
    if folder := environ.get("XDG_RUNTIME_DIR"):
        return Path(folder) / "workbench"
    usual = Path(f"/run/user/{os.getuid()}")
    if usual.is_dir() and usual.stat().st_uid == os.getuid():
        return usual / "workbench"
    return Path(tempfile.gettempdir()) / f"workbench-{os.getuid()}"


def _endpoint(model: Mapping[str, object], environ: Mapping[str, str], *, keyless: bool) -> Endpoint | None:
    base_url = model.get("base_url") or environ.get("ANTHROPIC_BASE_URL")
    api_key = model.get("api_key") or environ.get("ANTHROPIC_API_KEY")
    if not base_url and not api_key:
        return None
    return Endpoint(
        name="settings" if model.get("base_url") or model.get("api_key") else "environment",
        base_url=str(base_url or DEFAULT_BASE_URL),
        api_key=str(api_key) if api_key and not keyless else None,
    )
