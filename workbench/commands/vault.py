"""examples:
workbench vault status                         what keeps the secrets, and whether it is open
workbench vault unlock                         unlocks the keyring, or the vault file with its passphrase
workbench vault file                           makes an encrypted file for machines without a keyring
"""

from __future__ import annotations

import argparse
import dataclasses

from workbench import settings
from workbench.commands import surface
from workbench.commands.secret import asked
from workbench.contracts import VaultRefused
from workbench.vault.deposits import standing, unlock


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["status", "unlock", "file"])
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    place = settings.load()
    try:
        match options.verb:
            case "file":
                return _made(place)
            case "unlock":
                surface.client()
                is_file = standing(place).kind == "file"
                surface.say(f"open: {unlock(place, asked('passphrase of the vault file') if is_file else None)}")
                return 0
            case _:
                surface.client()
                return _shown(place, as_json=options.json)
    except VaultRefused as refused:
        raise surface.Wrong(str(refused)) from None


def _shown(place: settings.Settings, *, as_json: bool) -> int:
    found = standing(place)
    if as_json:
        surface.print_json(dataclasses.asdict(found))
    else:
        print(surface.table([[found.kind, found.backend, found.state]], ["kept in", "backend", "state"]))
        if found.words:
            surface.say(found.words)
    return 0 if found.state == "ready" else surface.FAILED


def _made(place: settings.Settings) -> int:
    # Late: only this verb needs the ciphers.
    from workbench.vault.choosing import vault_file_of
    from workbench.vault.stores import StoreFailed

    file = vault_file_of(place)
    if file.exists():
        raise surface.Wrong(f"{place.vault_file} is there already; `workbench vault unlock` opens it")
    try:
        file.create(asked("a passphrase for the vault file", again=True))
    except StoreFailed as failed:
        raise surface.Wrong(str(failed)) from None
    print(place.vault_file)
    surface.say("used from the next start on: workbench down, then workbench vault unlock")
    return 0
