"""What all ways out share: the secrets, the authority, how to reach the outside, and whom to tell."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from workbench.contracts import NetDecision
from workbench.vault.addresses import Dialer
from workbench.vault.authority import Authority
from workbench.vault.secrets import Secrets
from workbench.vault.wire import Limits

Tell = Callable[[NetDecision], Awaitable[None]]


@dataclass(frozen=True)
class Surroundings:
    """What all ways out share."""

    secrets: Secrets
    authority: Authority
    dialer: Dialer
    trusted: ssl.SSLContext
    tell: Tell
    limits: Limits
