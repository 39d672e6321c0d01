"""How programs inside a sandbox come to trust the workbench's authority: no one variable reaches all of them."""

from __future__ import annotations

from typing import Any

from workbench.settings import Settings

FOLDER_INSIDE = "/run/trust"
BUNDLE_INSIDE = f"{FOLDER_INSIDE}/bundle.pem"
SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
"""Where Debian's own programs look; wget, apt, GnuTLS and Go know no variable."""

_VARIABLES = (
    *("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS", "PIP_CERT"),
    *("AWS_CA_BUNDLE", "CARGO_HTTP_CAINFO", "DENO_CERT", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"),
)


def trust_variables(settings: Settings) -> dict[str, str]:
    """Every variable by which a program is told of a bundle; none before there is an authority."""
    return dict.fromkeys(_VARIABLES, BUNDLE_INSIDE) if _is_there(settings) else {}


def trust_mounts(settings: Settings) -> list[dict[str, Any]]:
    """The bundle of the authority and the public roots, under a name of our own and in place of the system's."""
    if not _is_there(settings):
        return []
    return [_read_only(str(settings.trust), FOLDER_INSIDE), _read_only(f"{settings.trust}/bundle.pem", SYSTEM_BUNDLE)]


def _is_there(settings: Settings) -> bool:
    return (settings.trust / "bundle.pem").exists()


def _read_only(source: str, destination: str) -> dict[str, Any]:
    options = ["ro", "rbind", "nosuid", "nodev", "noexec"]
    return {"type": "bind", "source": source, "destination": destination, "options": options}
