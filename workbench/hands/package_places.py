"""Where packages come from on this machine: what `allow_package_managers` lets a sandbox reach.

No package registry is named in code. A host is allowed because this machine was told of it (apt's sources, pip's and npm's
configuration), or because a package manager inside the image asks it by default.
"""

from __future__ import annotations

import configparser
import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from workbench.hands.apt import sources
from workbench.settings import Settings, make_private

_PIP_FIELDS = ("index-url", "extra-index-url", "find-links")
_PIP_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX_URL", "UV_DEFAULT_INDEX")
_NPM_VARIABLES = ("npm_config_registry", "NPM_CONFIG_REGISTRY")


@dataclass(frozen=True)
class PackagePlaces:
    """Hosts in lower case; those of them that are asked in plain HTTP; ports beside the usual one; and the variables by
    which pip and npm inside ask the same places as this machine does."""

    hosts: tuple[str, ...] = ()
    plain_http: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


def defaults_file(settings: Settings, image: str) -> Path:
    """Where it is kept which URLs the package managers of an image ask by default: `{"urls": […], "npm": URL or ""}`."""
    return make_private(settings.images) / f"places-{image.rpartition(':')[2].rpartition('/')[2][:64]}.json"


def package_places(
    environ: Mapping[str, str], settings: Settings | None = None, root: Path = Path("/")
) -> PackagePlaces:
    """The places of apt, pip and npm, in this order, then those that images ask by default."""
    home = Path(environ.get("HOME") or root)
    pip, npm = list(_pip_urls(environ, root, home)), list(filter(None, _npm_urls(environ, root, home)))
    defaults = list(_defaults(settings))
    asked = [str(url) for known in defaults for url in known.get("urls", ())]
    npm = npm or [str(known["npm"]) for known in defaults if known.get("npm")]
    urls = [*(source.uri for source in sources(root / "etc/apt")), *pip, *npm, *asked]
    places = [place for url in urls if (place := _place(url))]
    return PackagePlaces(
        hosts=tuple(dict.fromkeys(str(place.hostname) for place in places)),
        plain_http=tuple(dict.fromkeys(str(place.hostname) for place in places if place.scheme == "http")),
        ports=tuple(dict.fromkeys(place.port for place in places if place.port)),
        variables=tuple(_variables(environ, npm)),
    )


def _variables(environ: Mapping[str, str], npm: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        if urls := [clean for url in environ.get(name, "").split() if (clean := _without_login(url))]:
            yield name, " ".join(urls)
    if registries := [clean for url in npm if (clean := _without_login(url))]:
        # Yarn, old and new, and what brings it read npm's registry from their own settings alone.
        for name in ("npm_config_registry", "YARN_REGISTRY", "YARN_NPM_REGISTRY_SERVER", "COREPACK_NPM_REGISTRY"):
            yield name, registries[0].rstrip("/") if name.startswith("COREPACK") else registries[0]
        yield "COREPACK_ENABLE_DOWNLOAD_PROMPT", "0"


def _without_login(url: str) -> str | None:
    """The URL as a sandbox may see it; None when it is none that can be reached from there."""
    place = _place(url)
    if place is None:
        return None
    port = f":{place.port}" if place.port else ""
    return place._replace(netloc=f"{place.hostname}{port}").geturl()


def _place(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _defaults(settings: Settings | None) -> Iterator[Mapping[str, Any]]:
    for file in sorted(settings.images.glob("places-*.json")) if settings else ():
        with contextlib.suppress(OSError, ValueError):
            if isinstance(known := json.loads(file.read_text()), dict):
                yield known


def _pip_urls(environ: Mapping[str, str], root: Path, home: Path) -> Iterator[str]:
    for variable in _PIP_VARIABLES:
        yield from environ.get(variable, "").split()
    for file in (root / "etc/pip.conf", home / ".pip/pip.conf", home / ".config/pip/pip.conf"):
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError):
            continue
        for section in parser.values():
            for field in _PIP_FIELDS:
                yield from section.get(field, "").split()


def _npm_urls(environ: Mapping[str, str], root: Path, home: Path) -> Iterator[str]:
    for variable in _NPM_VARIABLES:
        yield environ.get(variable, "")
    for file in (root / "etc/npmrc", home / ".npmrc"):
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, value = line.partition("=")
            if name.strip() == "registry" or name.strip().endswith(":registry"):
                yield value.strip().strip('"')
