"""Takes a secret from a prompt that does not show it, or from a pipe, to the vault and to nobody else."""

from __future__ import annotations

import getpass
import sys

from workbench import settings
from workbench.commands import surface
from workbench.commands.surface import Wrong


def deposited(field: str, what: str) -> str:
    """Ask for a secret and hand it to the running vault; the id under which the engine can have it used once.

    Raises:
        Wrong: nothing was given, or the vault does not take it.
    """
    # Late: these are the engine's own packages, and only a word that stores a secret needs them.
    from workbench.contracts.vault import VaultRefused
    from workbench.vault.control.deposits import deposit

    try:
        return deposit(settings.load(), {field: asked(what)})
    except VaultRefused as refused:
        raise Wrong(str(refused)) from None


def asked(what: str, *, again: bool = False) -> str:
    """The secret, typed without being shown, or all that a pipe has; `again` has it typed twice.

    Raises:
        Wrong: nothing was given, or two different things.
    """
    if sys.stdin.isatty():
        secret = getpass.getpass(surface.visible(f"{what} (it is not shown): "))
        if again and getpass.getpass("once more: ") != secret:
            raise Wrong("these were two different ones; nothing was changed")
    else:
        secret = sys.stdin.read().rstrip("\r\n")
    if not secret:
        raise Wrong(f"no {what} was given; type it at the prompt, or pipe it in")
    return secret
