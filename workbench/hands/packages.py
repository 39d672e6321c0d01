"""The hosts that this machine's own package managers use: what `allow_package_managers` lets a sandbox reach.

No package registry is named in code. A host is allowed because this machine was told of it: in apt's sources, in pip's
configuration or PIP_INDEX_URL and the like, in npm's configuration. A manager that is not configured has no host here; it
is allowed by naming its registry in the environment's `allowed_hosts`.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from workbench.hands.apt import sources

_PIP_FIELDS = ("index-url", "extra-index-url", "find-links")
_PIP_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX_URL", "UV_DEFAULT_INDEX")
_NPM_VARIABLES = ("npm_config_registry", "NPM_CONFIG_REGISTRY")


def package_hosts(environ: Mapping[str, str], root: Path = Path("/")) -> list[str]:
    """Host names in lower case, each once, in the order apt, pip, npm."""
    home = Path(environ.get("HOME") or root)
    urls = [
        *(source.uri for source in sources(root / "etc/apt")),
        *_pip_urls(environ, root, home),
        *_npm_urls(environ, root, home),
    ]
    return list(dict.fromkeys(host for url in urls if (host := _host(url))))


def _host(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.hostname.lower() if parts.scheme in {"http", "https"} and parts.hostname else None


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
