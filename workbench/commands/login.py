"""examples:
workbench login                                asks for the model's key and keeps it in the keyring
pass show anthropic | workbench login
workbench login --forget                       take it away

The key goes to the vault's own process, which puts it into requests to the model; the engine, its log and the sandboxes never
have it. Another server than the vendor's: model.base_url in settings.toml.
"""

from __future__ import annotations

import argparse

from workbench.client import paths
from workbench.commands import surface
from workbench.commands.secret import deposited
from workbench.commands.vault import where


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--forget", action="store_true", help="take the stored key away")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    key = None if options.forget else deposited("value", "the model's key")
    used = engine.post("/workbench/v1/model-key", {"workbench_deposit": key})
    standing = engine.get(paths.VAULT)
    if options.json:
        surface.print_json({**used, "standing": standing})
    elif options.forget:
        surface.out("the key is forgotten")
    else:
        surface.out(f"the key is stored for {used['endpoint']}; {where(standing)}")
    return 0
