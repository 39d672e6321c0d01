"""examples:
  workbench login                                asks for the model's key without showing it
  pass show anthropic | workbench login          takes it from a pipe
  workbench login --forget                       removes it

The key goes from this command straight to the vault's own process, which keeps it in the keyring: the engine, sandboxes
and the log never have it.
"""

from __future__ import annotations

import argparse

from workbench import settings
from workbench.commands import surface
from workbench.commands.secret import asked
from workbench.contracts import VaultRefused
from workbench.vault.deposits import log_in


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--forget", action="store_true", help="remove the key")


def run(options: argparse.Namespace) -> int:
    key = None if options.forget else asked("the model's key (it is not shown)")
    surface.client()
    try:
        name = log_in(settings.load(), key)
    except VaultRefused as refused:
        raise surface.Wrong(str(refused)) from None
    surface.say(f"forgotten by {name}" if key is None else f"kept by {name}")
    return 0
