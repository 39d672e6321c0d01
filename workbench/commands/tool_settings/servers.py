"""MCP servers of other programs as an agent's here: their addresses and commands, and never the secrets beside them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any, Final

from workbench.commands.tool_settings.files import Json
from workbench.commands.tool_settings.plan import Found, Place, Server
from workbench.commands.tool_settings.secrets import arguments_hold_secret, may_hold_secret
from workbench.contracts.servers import STDIO

_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]")
_URL: Final = re.compile(r"https?://[^\s/]+\S*")
_HTTP: Final = frozenset({"http", "sse", "streamable-http", "streamable_http", "streamableHttp"})
_LONGEST_URL: Final = 2048
_LONGEST_NAME: Final = 255
_EXPANDED: Final = re.compile(r"\$\{?\w|~/")
_SECRET: Final = "it may hold a secret, which is shown and copied nowhere"


def server_name(name: str) -> str:
    """The name that a server has here, which is the one that its tools' rules have in either program."""
    return _NOT_IN_NAMES.sub("_", name)


def add_server(found: Found, name: str, given: Any, place: Place) -> None:
    """Add the server of one entry, or say why it is none."""
    what = f"MCP server {name[:80]}"
    if not isinstance(given, dict) or not name or len(name) > _LONGEST_NAME or may_hold_secret(name):
        found.refuse(what if not may_hold_secret(name) else "MCP server", "its entry cannot be read", place)
        return
    if given.get("enabled") is False or given.get("disabled") is True:
        found.refuse(what, "it is switched off there, and stays off", place)
        return
    url = _url(given)
    if isinstance(url, _Refused):
        found.refuse(what, url.why, place)
        return
    only, off = (_names(given.get(field)) for field in ("enabled_tools", "disabled_tools"))
    known = server_name(name)
    found.servers.append(Server(known, url, place, only if "enabled_tools" in given else None, off))
    _say_secrets(found, what, given, url, place)
    _say_rest(found, what, given, place)


class _Refused(str):
    """Not a URL but why there is none."""

    @property
    def why(self) -> str:
        return str(self)


def _url(given: Json) -> str | _Refused:
    address, command, arguments = given.get("url"), given.get("command"), given.get("args", [])
    kind = given.get("type", "stdio" if command is not None else "http")
    if command is None and isinstance(address, str):
        return _address(address, kind)
    words = [command, *arguments] if isinstance(arguments, list) else []
    texts = [word for word in words if isinstance(word, str)]
    if kind != "stdio" or not command or not texts or len(texts) != len(words):
        return _Refused("it has neither a URL nor a command with arguments")
    return _command(texts, given)


def _address(address: str, kind: object) -> str | _Refused:
    if kind not in _HTTP:
        return _Refused("only servers over HTTP, and programs, can be reached")
    if may_hold_secret(address):
        return _Refused(f"its address: {_SECRET}")
    if _EXPANDED.search(address):
        return _Refused("its address has a variable in it, which nothing here fills in")
    return (
        address
        if _URL.fullmatch(address) and len(address) <= _LONGEST_URL
        else _Refused("its address is no URL of http")
    )


def _command(words: Sequence[str], given: Json) -> str | _Refused:
    if arguments_hold_secret(list(words)) or may_hold_secret(" ".join(words)):
        return _Refused(f"its command line: {_SECRET}; name the secret by a variable instead")
    if any(_EXPANDED.search(word) for word in words):
        return _Refused("its command line has a variable or ~ in it, which nothing here fills in")
    if words[0].startswith(("/", ".")) or given.get("cwd"):
        return _Refused("it is a program at a place of your machine, which a sandbox does not have")
    url = STDIO + shlex.join(words)
    return url if len(url) <= _LONGEST_URL and "\0" not in url else _Refused("its command line is too long")


def _say_secrets(found: Found, what: str, given: Json, url: str, place: Place) -> None:
    """What a server is given beside its address is often a secret: named, and never read."""
    for field in ("env", "http_headers", "headers", "env_http_headers"):
        for name in given[field] if isinstance(given.get(field), dict) else ():
            if field == "env":
                why = f"its value is not copied; workbench vault add {_shown(name)} --host HOST gives sandboxes a placeholder"
            elif str(name).lower() == "authorization":
                why = f"its value is not copied; workbench vault add --mcp {url} takes the token"
            else:
                why = "its value is not copied, and the vault gives MCP servers a bearer token and no other header"
            found.refuse(f"{what}: {'variable' if field == 'env' else 'header'} {_shown(name)}", why, place)
    for name in _names(given.get("env_vars")):
        found.refuse(
            f"{what}: variable {_shown(name)}",
            "workbench vault add NAME --host HOST gives sandboxes a placeholder",
            place,
        )
    if any(given.get(field) for field in ("bearer_token_env_var", "bearer_token")):
        found.refuse(f"{what}: its token", f"workbench vault add --mcp {url} takes the token", place)


_KNOWN: Final = frozenset(
    {
        "type",
        "url",
        "command",
        "args",
        "cwd",
        "env",
        "headers",
        "http_headers",
        "env_http_headers",
        "env_vars",
        "enabled",
    }
    | {"disabled", "enabled_tools", "disabled_tools", "bearer_token_env_var", "bearer_token"}
)
_REASONS: Final = {
    "oauth": "signing in to a server over a browser is not there yet; workbench vault add --mcp URL takes a token",
    "headersHelper": "no program of your machine is run for a server's headers",
}


def _say_rest(found: Found, what: str, given: Json, place: Place) -> None:
    for field in given:
        if field not in _KNOWN:
            why = _REASONS.get(field, "a server has no such setting here")
            found.refuse(f"{what}: {_shown(field)}", why, place)


def _shown(name: Any) -> str:
    return "(a name that may be a secret)" if may_hold_secret(str(name)) else str(name)[:80]


def _names(given: Any) -> tuple[str, ...]:
    return tuple(one for one in given if isinstance(one, str)) if isinstance(given, list) else ()
