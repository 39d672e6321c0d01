"""Where things are, which model endpoint answers, and how much is allowed: one frozen value."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SETTINGS_FILE_NAME = "settings.toml"
LONGEST_SOCKET = "v/deposit.sock"
MOST_SOCKET_BYTES = 107
"""What Linux takes for the path of a Unix socket."""
DEFAULT_BASE_URL = "https://api.anthropic.com"
DEFAULT_BACKEND = "podman"
"""What runs the sandboxes of an environment that names nothing else."""

FIELDS: Final = {
    "model.base_url": "The server that speaks the Messages API; in place of `ANTHROPIC_BASE_URL`.",
    "model.api_key": "Its key; better kept by `workbench login`.",
    "model.default": "The model of sessions that name none.",
    "model.context_window": "Tokens that a request and its answer may have together, in place of what is known of the model.",
    "model.compact_at": "The share of the window at which a conversation is summarised; 0.8 by default.",
    "vault.keep_in": "Where secrets are stored: `keyring`, `file` or `memory`.",
    "vault.key_file": "A file whose content opens the vault file, so that it opens by itself.",
    "project.instructions": "`none`: AGENTS.md and its like are not read; `read` by default.",
    "sandbox.backends": 'The backends that an environment may choose; `["podman"]` by default. `process` confines nothing.',
    "web.searxng": "The SearXNG that searches where no search service has a key, as in `http://127.0.0.1:8080`.",
    "web.private_hosts": 'Private hosts that `web_fetch` may read, as in `["wiki.intranet", "127.0.0.1:8000"]`; none by default.',
    "sandbox.tools": "`none`: the sandbox image stays small, without make, compilers, Node and uv; `add` by default.",
}
"""What `settings.toml` may say."""


class SettingsError(Exception):
    """The settings file cannot be used; the text names the file, the field and what to write instead."""


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
    home = Path(environ.get("HOME") or Path.home())
    if own := environ.get("WORKBENCH_HOME"):
        data, config, runtime, state = (Path(own).absolute() / name for name in ("data", "config", "run", "state"))
    else:
        data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "workbench"
        config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "workbench"
        runtime = _runtime(environ)
        state = Path(environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "workbench"
    if odd := next((sign for sign in "?\\" if sign in str(data)), None):
        raise SettingsError(
            f"{data}: no part of this path may have a {odd} in its name, which the database cannot open"
        )
    file = config / SETTINGS_FILE_NAME
    content = _content(file)
    tables = ("model", "vault", "sandbox", "project", "web")
    model, vault, sandbox, project, web = (_table(content, name, file) for name in tables)
    _refuse_unknown(content, file)
    for key in ("base_url", "api_key", "default"):
        _text(model, f"model.{key}", file)
    key_file = _text(vault, "vault.key_file", file)
    return Settings(
        data=data,
        config=config,
        runtime=runtime,
        state=state,
        endpoint=_endpoint(model, environ, keyless=keyless),
        default_model=_text(model, "model.default", file),
        podman=environ.get("WORKBENCH_PODMAN") or "podman",
        containers=_usual_containers(environ),
        compact_at=_share(model, "compact_at", 0.8, file),
        context_window=_count(model, "context_window", file),
        keep_secrets_in=_choice(vault, "vault.keep_in", ("keyring", "file", "memory"), file),
        vault_key_file=Path(key_file).expanduser() if key_file else None,
        backends=_names(sandbox, "sandbox.backends", (DEFAULT_BACKEND,), file),
        searxng=_text(web, "web.searxng", file),
        private_hosts=_names(web, "web.private_hosts", (), file),
        tools=_choice(sandbox, "sandbox.tools", ("add", "none"), file) != "none",
        reads_instructions=_choice(project, "project.instructions", ("read", "none"), file) != "none",
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


def _content(file: Path) -> Mapping[str, object]:
    if not file.exists():
        return {}
    # Late: most have no file, and every command would wait for the parser.
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: {error}; mend the file or remove it") from error


def _table(content: Mapping[str, object], name: str, file: Path) -> Mapping[str, object]:
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: {name} must be a table: write [{name}] and its fields below it")
    return table


def _refuse_unknown(content: Mapping[str, object], file: Path) -> None:
    named = [f"{table}.{field}" for table, fields in content.items() if isinstance(fields, dict) for field in fields]
    named += [name for name, value in content.items() if not isinstance(value, dict)]
    if unknown := next((name for name in named if name not in FIELDS), None):
        raise SettingsError(f"{file}: there is no {unknown}; there are {', '.join(FIELDS)}")


def _text(table: Mapping[str, object], field: str, file: Path) -> str | None:
    key = field.rpartition(".")[2]
    value = table.get(key)
    if value is None or isinstance(value, str):
        return value
    raise SettingsError(f'{file}: {field} must be text in quotes, as in {key} = "…"')


def _choice(table: Mapping[str, object], field: str, choices: tuple[str, ...], file: Path) -> str | None:
    value = _text(table, field, file)
    if value is None or value in choices:
        return value
    raise SettingsError(f"{file}: {field} must be one of {', '.join(choices)}, not {value!r}")


def _names(table: Mapping[str, object], field: str, default: tuple[str, ...], file: Path) -> tuple[str, ...]:
    key = field.rpartition(".")[2]
    value = table.get(key, list(default))
    if isinstance(value, list) and (value or not default) and all(isinstance(name, str) for name in value):
        return tuple(value)
    example = default[0] if default else "example.com"
    raise SettingsError(f'{file}: {field} must be a list of names, as in {key} = ["{example}"]')


def _share(model: Mapping[str, object], key: str, default: float, file: Path) -> float:
    value = model.get(key, default)
    if isinstance(value, float) and 0 < value < 1:
        return value
    raise SettingsError(f"{file}: model.{key} must be a share between 0 and 1, as in {key} = 0.8")


def _count(model: Mapping[str, object], key: str, file: Path) -> int | None:
    value = model.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise SettingsError(f"{file}: model.{key} must be a whole number above 0, as in {key} = 32000")


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


def check_sockets(place: Settings) -> None:
    """See that sockets can lie in the runtime folder.

    Raises:
        SettingsError: its path is too long for them.
    """
    if len(os.fsencode(place.runtime / LONGEST_SOCKET)) > MOST_SOCKET_BYTES:
        most = MOST_SOCKET_BYTES - len(LONGEST_SOCKET) - 1
        raise SettingsError(
            f"{place.runtime} is too long for sockets; name a folder of at most {most} bytes with XDG_RUNTIME_DIR or "
            "WORKBENCH_HOME"
        )


def make_private(folder: Path) -> Path:
    """Make the folder, and its parents, readable by this user only.

    Raises:
        SettingsError: it cannot be made or written to, or belongs to somebody else (a folder under /tmp that another user
            made first).
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise SettingsError(f"{folder} belongs to another user; set XDG_RUNTIME_DIR to a folder of your own")
        folder.chmod(0o700)
    except OSError as error:
        raise SettingsError(
            f"{folder} cannot be used ({error.strerror or error}): give yourself the right to write there, or set "
            "WORKBENCH_HOME to a folder of your own"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(f"{folder} cannot be written to; set WORKBENCH_HOME to a folder of your own")
    return folder


def project_root(folder: Path) -> Path | None:
    """The nearest folder with a `.git`, at or above a resolved one; None where there is none that is the user's own project.

    Neither the root nor the home folder is a project. Nor is a folder of somebody else's, as git has it (`safe.directory`):
    whoever may write to /tmp would else speak to every project below it.
    """
    for candidate in (folder, *folder.parents):
        if candidate in (Path(candidate.anchor), Path.home()):
            return None
        try:
            owners = {os.lstat(candidate / ".git").st_uid, os.lstat(candidate).st_uid}
        except OSError:
            continue
        return candidate if owners == {os.getuid()} else None
    return None
