"""Dependencies of every egress proxy: secrets, authority, dialer, and the listeners of its decisions."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from workbench.contracts.vault import NetDecision
from workbench.vault.keeping.secrets import Secrets
from workbench.vault.proxy.addresses import Dialer
from workbench.vault.proxy.authority import Authority
from workbench.vault.proxy.wire import Limits

Tell = Callable[[NetDecision], Awaitable[None]]


@dataclass(frozen=True)
class ProxyDependencies:
    """What all ways out share."""

    secrets: Secrets
    authority: Authority
    dialer: Dialer
    trusted: ssl.SSLContext
    tell: Tell
    limits: Limits
