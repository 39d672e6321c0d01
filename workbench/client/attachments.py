"""Pictures and PDFs of messages: files that a text names, as content blocks, and such blocks in words."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from sandboxes.runner import media
from workbench.text.display import content_text, exact, size

Json = dict[str, Any]

MOST: Final = 20
MOST_BYTES: Final = media.LIMIT_BYTES
"""Of one of them."""
MARK: Final = "▣"
"""Before the line of a picture or document."""
_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf")
_WORD: Final = re.compile(r"""(?:^|(?<=\s))(@?)(?:"([^"\n]+)"|'([^'\n]+)'|((?:\\.|[^\s"'\\])+))""")
_BEGINS: Final = ("/", "~/", "./", "../", "file:///")
_ESCAPED: Final = re.compile(r"\\(.)")
_AROUND: Final = ".,;:!?)]}"
_PAGE: Final = re.compile(r"\[page (\d+) of \d+\]")
_SCALED: Final = re.compile(r"\[(scaled down from \d+x\d+) pixels.*\]")
"""What a tool's result says before a picture that was scaled down."""


class Unusable(Exception):
    """A file that no model takes, or that is not there; the words say why."""


@dataclass(frozen=True)
class Attached:
    """A picture or document of a message or result, in a `line`; `source` is the block's own."""

    name: str
    line: str
    source: Json = field(repr=False, compare=False)

    @property
    def content(self) -> bytes | None:
        """What it holds; None where the event does not have it."""
        return base64.b64decode(self.source["data"]) if self.source.get("type") == "base64" else None


def paths_in(text: str, folder: str = "") -> list[Path]:
    """The pictures and PDFs that a text names by path, as typed, pasted or dropped: from a root, or with an @ in a folder."""
    found: dict[Path, None] = {}
    for at, *quoted, plain in _WORD.findall(text):
        named = next(filter(None, quoted), "") or _ESCAPED.sub(r"\1", plain).rstrip(_AROUND)
        if not named.lower().endswith(_SUFFIXES) or not (at or named.startswith(_BEGINS)):
            continue
        path = _path(named, folder)
        if path is not None and len(found) < MOST:
            found[path] = None
    return list(found)


def _path(named: str, folder: str) -> Path | None:
    given = unquote(named.removeprefix("file://")) if named.startswith("file:///") else named
    try:
        path = Path(given).expanduser()
        path = path if path.is_absolute() else Path(folder, path) if folder else path
        return path if path.is_absolute() and path.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


def block_of(path: Path) -> Json:
    """The file as a content block, known by its bytes.

    Raises:
        Unusable: it cannot be read, or no model takes it.
    """
    try:
        if not path.is_file():
            raise Unusable(f"{path} is no file")
        if (size_bytes := path.stat().st_size) > media.LIMIT_BYTES:
            raise Unusable(f"{path.name} is {size_bytes} bytes; a message takes {media.LIMIT_BYTES} at most")
        content = path.read_bytes()
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    if fault := media.fault_of(content):
        raise Unusable(f"{path.name} {fault}")
    source = {
        "type": "base64",
        "media_type": media.kind_of(content),
        "data": base64.standard_b64encode(content).decode(),
    }
    if source["media_type"] == media.PDF:
        return {"type": "document", "source": source, "title": path.name}
    return {"type": "image", "source": source}


def described(path: Path) -> Attached:
    """A file that will go with a message.

    Raises:
        Unusable: as `block_of`.
    """
    block = block_of(path)
    return _attached(path.name, block)


def content(text: str, paths: Sequence[Path]) -> list[Json]:
    """The content of a message with these files.

    Raises:
        Unusable: one of them.
    """
    return [*([{"type": "text", "text": text}] if text.strip() else []), *map(block_of, paths)]


def attached(blocks: Sequence[Mapping[str, Any]] | None, name: str = "") -> tuple[Attached, ...]:
    """The pictures and documents among content blocks; `name` is that of the file that they are of, where it is known."""
    return tuple(_all_attached(blocks or (), name))


def words_of(blocks: Sequence[Mapping[str, Any]] | None, name: str = "") -> str:
    """The text of content blocks, with a line for each picture and document: its name, kind and size."""
    shown = iter(attached(blocks, name))
    parts = []
    for block in blocks or ():
        is_file = block["type"] in ("image", "document")
        parts.append(f"{MARK} {next(shown).line}" if is_file else content_text([block]))
    return "\n".join(parts)


def _all_attached(blocks: Sequence[Mapping[str, Any]], name: str) -> Iterator[Attached]:
    said = "\n".join(block["text"] for block in blocks if block["type"] == "text")
    names = [] if name else list(_names(said))
    page, scaled, count = "", "", 0
    for block in blocks:
        if block["type"] == "text":
            match = _PAGE.fullmatch(block["text"])
            page = f" page {match[1]}" if match else ""
            match = _SCALED.fullmatch(block["text"])
            scaled = match[1] if match else ""
        elif block["type"] in ("image", "document"):
            found = names[count] if count < len(names) else "a picture" if block["type"] == "image" else "a document"
            yield _attached(str(block.get("title") or (f"{name}{page}" if name else found)), block, scaled)
            page, scaled, count = "", "", count + 1


def _names(text: str) -> Iterator[str]:
    for at, *quoted, plain in _WORD.findall(text):
        named = next(filter(None, quoted), "") or _ESCAPED.sub(r"\1", plain).rstrip(_AROUND)
        if named.lower().endswith(_SUFFIXES) and (at or named.startswith(_BEGINS)):
            yield named.rpartition("/")[2]


def _attached(name: str, block: Mapping[str, Any], scaled: str = "") -> Attached:
    source = dict(block.get("source") or {})
    parts = [exact(name).replace("\n", " ")]
    match source.get("type"):
        case "base64":
            held = base64.b64decode(source["data"])
            parts.append(media.name_of(source["media_type"]))
            if sides := media.sides_of(held):
                parts.append(f"{sides[0]}x{sides[1]}")
            parts.append(size(len(held)))
            if sides and media.is_too_large(held):
                parts.append("scaled down for the model")
        case "url":
            parts.append(exact(str(source.get("url"))))
        case "file":
            parts.append(f"the stored file {source.get('file_id')}")
        case "text":
            parts += ["text", size(len(str(source.get("data")).encode("utf-8", errors="replace")))]
    return Attached(name, " · ".join([*parts, scaled] if scaled else parts), source)
