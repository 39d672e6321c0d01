"""What the settings file may say, and how each of its fields is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

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
    "nights.resume": "`true`: a session that a model's limit has stopped goes on by itself when the limit has passed; `false` by default.",
    "nights.on_battery": "`pause`: no model is asked while this machine runs on its battery; `work` by default.",
    "nights.on_metered": "`pause`: no model is asked while NetworkManager says that this machine's network is metered; `work` by default.",
    "nights.stop_stuck": "Minutes after which a session is stopped that makes the same calls again and again, or hears nothing of its model; never by default.",
    "reviews.archive_after": "Days after which the session of a review by agents is archived; 7 by default. What it found stays.",
    "notices.when": 'What is told while nobody looks: of `needs you`, `failed` and `done`; `["needs you", "failed"]` by default.',
    "notices.command": 'A command of yours that tells it, as in `["/home/me/bin/tell"]`; title and session are its last arguments, and behind them the link to answer, where there is one.',
    "notices.push": "An address that takes a text by POST, as a topic of ntfy does, such as `https://ntfy.sh/TOPIC`.",
    "notices.desktop": "`true`: by `notify-send`.",
    "notices.answer_address": "Where a page listens that takes your answer to a question, for links in notices: `127.0.0.1:4183`, or an address of your own network such as your tailnet's; nowhere by default.",
    "notices.answer_url": "That page's address as your telephone reaches it, where a proxy of yours stands before it, such as `https://desk.example.ts.net`.",
    "telemetry.endpoint": "An OTLP receiver over HTTP that gets spans of sessions, as in `http://127.0.0.1:4318`; none by default.",
    "telemetry.key": "`bearer` or `x-api-key`: how the key goes along that a vault has for the endpoint's host; none by default.",
    "telemetry.content": "`true`: arguments and results of calls, and what agents say, stand on spans too; `false` by default.",
    "sandbox.tools": "`none`: the sandbox image stays small, without make, compilers, Node and uv; `add` by default.",
}
"""What `settings.toml` may say."""


class SettingsError(Exception):
    """The settings file cannot be used; the text names the file, the field and what to write instead."""


def content(file: Path) -> Mapping[str, object]:
    """What the file says; nothing where there is none."""
    if not file.exists():
        return {}
    # Late: most have no file, and every command would wait for the parser.
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: {error}; mend the file or remove it") from error


def table(content: Mapping[str, object], name: str, file: Path) -> Mapping[str, object]:
    """One of its tables; empty where it is not there."""
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: {name} must be a table: write [{name}] and its fields below it")
    return table


def refuse_unknown(content: Mapping[str, object], file: Path) -> None:
    """Raises: SettingsError: a field that nobody reads."""
    named = [f"{table}.{field}" for table, fields in content.items() if isinstance(fields, dict) for field in fields]
    named += [name for name, value in content.items() if not isinstance(value, dict)]
    if unknown := next((name for name in named if name not in FIELDS), None):
        raise SettingsError(f"{file}: there is no {unknown}; there are {', '.join(FIELDS)}")


def text(table: Mapping[str, object], field: str, file: Path) -> str | None:
    """Raises: SettingsError: it is no text."""
    key = field.rpartition(".")[2]
    value = table.get(key)
    if value is None or isinstance(value, str):
        return value
    raise SettingsError(f'{file}: {field} must be text in quotes, as in {key} = "…"')


def choice(table: Mapping[str, object], field: str, choices: tuple[str, ...], file: Path) -> str | None:
    """Raises: SettingsError: it is another word."""
    value = text(table, field, file)
    if value is None or value in choices:
        return value
    raise SettingsError(f"{file}: {field} must be one of {', '.join(choices)}, not {value!r}")


def names(table: Mapping[str, object], field: str, default: tuple[str, ...], file: Path) -> tuple[str, ...]:
    """Raises: SettingsError: it is no list of names."""
    key = field.rpartition(".")[2]
    value = table.get(key, list(default))
    if isinstance(value, list) and (value or not default) and all(isinstance(name, str) for name in value):
        return tuple(value)
    example = default[0] if default else "example.com"
    raise SettingsError(f'{file}: {field} must be a list of names, as in {key} = ["{example}"]')


def address(table: Mapping[str, object], field: str, file: Path) -> tuple[str, int] | None:
    """Host and port to listen on. Raises: SettingsError: it is none, or all addresses of the machine."""
    said = text(table, field, file)
    if said is None:
        return None
    host, _, port = said.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingsError(f"{file}: {field} must be an address with a port, as 127.0.0.1:4183, not {said!r}")
    if host in ("0.0.0.0", "::", "*"):
        raise SettingsError(f"{file}: {field}: name the one address to listen on, not all of them")
    return host, int(port)


def share(model: Mapping[str, object], key: str, default: float, file: Path) -> float:
    """Raises: SettingsError: it is no share between 0 and 1."""
    value = model.get(key, default)
    if isinstance(value, float) and 0 < value < 1:
        return value
    raise SettingsError(f"{file}: model.{key} must be a share between 0 and 1, as in {key} = 0.8")


def count(table: Mapping[str, object], field: str, file: Path, example: int) -> int | None:
    """Raises: SettingsError: it is no whole number above 0."""
    key = field.rpartition(".")[2]
    value = table.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise SettingsError(f"{file}: {field} must be a whole number above 0, as in {key} = {example}")


def flag(table: Mapping[str, object], field: str, default: bool, file: Path) -> bool:
    """Raises: SettingsError: it is neither true nor false."""
    key = field.rpartition(".")[2]
    value = table.get(key, default)
    if isinstance(value, bool):
        return value
    raise SettingsError(f"{file}: {field} must be true or false, as in {key} = true")
