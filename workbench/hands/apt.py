"""Where this machine gets its Debian packages from, read from its own apt sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ONE_LINE = re.compile(
    r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)(?P<components>(?:\s+\S+)*)\s*$"
)


@dataclass(frozen=True)
class Source:
    """One archive of binary packages."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str | None = None

    @property
    def line(self) -> str:
        """As one line of a sources.list."""
        options = f"[signed-by={self.signed_by}] " if self.signed_by else ""
        return " ".join((f"deb {options}{self.uri} {self.suite}", *self.components))


def sources(folder: Path = Path("/etc/apt")) -> list[Source]:
    """All enabled sources, of both formats, in the order of their files."""
    found: list[Source] = []
    for file in (folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))):
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if file.suffix == ".list":
            found += _one_line(text)
        elif file.suffix == ".sources":
            found += _deb822(text)
    return found


def base_sources(all_sources: list[Source], codename: str) -> list[Source]:
    """Those of the distribution itself: its release, updates and security, never a third party's."""
    suites = re.compile(rf"{re.escape(codename)}(-updates|-security)?(/updates)?")
    return [source for source in all_sources if suites.fullmatch(source.suite) and "main" in source.components]


def _one_line(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        if (match := _ONE_LINE.match(line.split("#")[0].strip())) is None:
            continue
        options = dict(option.split("=", 1) for option in (match["options"] or "").split() if "=" in option)
        yield Source(match["uri"], match["suite"], tuple(match["components"].split()), options.get("signed-by"))


def _deb822(text: str) -> Iterator[Source]:
    for paragraph in re.split(r"\n\s*\n", text):
        fields = _fields(paragraph)
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        signed_by = fields.get("signed-by", "")
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                components = tuple(fields.get("components", "").split())
                # A key may stand in the file itself; the machine's key rings then have to do.
                yield Source(uri, suite, components, signed_by if signed_by.startswith("/") else None)


def _fields(paragraph: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace():
            fields[name] = f"{fields.get(name, '')} {line.strip()}".strip()
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields
