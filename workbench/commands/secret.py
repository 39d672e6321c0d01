"""Takes a secret from a prompt that does not show it, or from a pipe, to the vault and to nobody else."""

from __future__ import annotations

import getpass
import sys

from workbench import settings
from workbench.commands.surface import Wrong


def deposited(field: str, what: str) -> str:
    """Ask for a secret and hand it to the running vault; the id under which the engine can have it used once.

    Raises:
        Wrong: nothing was given, or the vault does not take it.
    """
    # Late: these are the engine's own packages, and only a word that stores a secret needs them.
    from workbench.contracts import VaultRefused
    from workbench.vault.deposits import deposit

    try:
        return deposit(settings.load(), {field: _read(what)})
    except VaultRefused as refused:
        raise Wrong(str(refused)) from None


def _read(what: str) -> str:
    secret = getpass.getpass(f"{what}: ") if sys.stdin.isatty() else sys.stdin.read()
    secret = secret.removesuffix("\n").removesuffix("\r")
    if not secret:
        raise Wrong(f"no {what} was given; type it at the prompt, or pipe it in")
    return secret
