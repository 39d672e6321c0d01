"""From an editor's prompt to a message of a session. Pure."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from workbench.commands.editor.wire import INVALID_PARAMS, RpcError

Json = dict[str, Any]

_PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def message(prompt: object, folder: str | None) -> Json:
    """The `user.message` of a prompt; a file of the project is named as the agent finds it.

    Raises:
        RpcError: a block of a kind that no message has, or nothing at all.
    """
    if not isinstance(prompt, list) or not prompt:
        raise RpcError(INVALID_PARAMS, "prompt: must be a list with at least one block")
    return {"type": "user.message", "content": [_block(one, folder) for one in prompt]}


def command_of(prompt: object) -> tuple[str, str]:
    """The name of the command that a prompt is, and what follows; "" where it is none."""
    first = prompt[0] if isinstance(prompt, list) and prompt and isinstance(prompt[0], dict) else {}
    text = first.get("text") if first.get("type") == "text" else None
    if not isinstance(text, str) or not text.startswith("/"):
        return "", ""
    name, _, rest = text[1:].strip().partition(" ")
    return name, rest.strip()


def _block(block: object, folder: str | None) -> Json:
    given = block if isinstance(block, dict) else {}
    match given.get("type"):
        case "text" if isinstance(given.get("text"), str) and given["text"]:
            return {"type": "text", "text": given["text"]}
        case "resource_link" if isinstance(given.get("uri"), str):
            return {"type": "text", "text": f"[{given.get('name') or 'file'}]({inside(given['uri'], folder)})"}
        case "resource" if isinstance(resource := given.get("resource"), dict) and isinstance(
            resource.get("text"), str
        ):
            source = {"type": "text", "media_type": "text/plain", "data": resource["text"]}
            return {"type": "document", "source": source, "title": inside(str(resource.get("uri", "")), folder)}
        case "image" if given.get("mimeType") in _PICTURES:
            source = {"type": "base64", "media_type": given["mimeType"], "data": given.get("data", "")}
            return {"type": "image", "source": source}
    raise RpcError(INVALID_PARAMS, f"prompt: a block of type {given.get('type')!r} that no message can have")


def inside(uri: str, folder: str | None) -> str:
    """A file of the project as the agent finds it in its sandbox; anything else as it is."""
    split = urlsplit(uri)
    if split.scheme != "file" or folder is None:
        return uri
    path = PurePath(unquote(split.path))
    if not path.is_relative_to(folder):
        return uri
    return str(PurePosixPath("/workspace") / PurePath(folder).name / path.relative_to(folder))
