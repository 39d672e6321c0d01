"""The environment variables of what runs in a sandbox: its way out, and the authority that it trusts."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.settings import Settings

BUNDLE_NAME = "bundle.pem"
JAVA_NAME = "bundle.p12"
TRUST_INSIDE = "/run/trust"
"""Where a container has the folder of the authority and its bundle."""
BUNDLE_INSIDE = f"{TRUST_INSIDE}/{BUNDLE_NAME}"

# No one variable reaches all programs.
_TRUST = (
    *("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS", "PIP_CERT"),
    *("AWS_CA_BUNDLE", "CARGO_HTTP_CAINFO", "DENO_CERT", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"),
)


def environment(
    settings: Settings, variables: Mapping[str, str], *, home: str, bundle: str, egress_port: int
) -> dict[str, str]:
    """The session's own `variables`, and over them what is not theirs to say; `bundle` is its path as the sandbox sees it."""
    proxy = f"http://127.0.0.1:{egress_port}"
    return {
        "LANG": "C.UTF-8",
        **(dict.fromkeys(_TRUST, bundle) if has_authority(settings) else {}),
        **variables,
        "HOME": home,
        **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), proxy),
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), proxy),
        **dict.fromkeys(("no_proxy", "NO_PROXY"), "localhost,127.0.0.1,::1"),
        "NODE_USE_ENV_PROXY": "1",
        # The Python of a sandbox is its agent's: what pip installs goes into its home.
        "PIP_BREAK_SYSTEM_PACKAGES": "1",
        # A project that is a folder of a repository is a file system of its own in it.
        "GIT_DISCOVERY_ACROSS_FILESYSTEM": "1",
        # Yarn 2 and later heed no other variables.
        **dict.fromkeys(("YARN_HTTP_PROXY", "YARN_HTTPS_PROXY"), proxy),
    }


def has_authority(settings: Settings) -> bool:
    """Whether the vault has made its authority; before that nothing is trusted."""
    return (settings.trust / BUNDLE_NAME).exists()
