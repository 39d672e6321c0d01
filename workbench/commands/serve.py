"""examples:
eval "$(workbench serve)"                      then any program of the anthropic SDK runs here
workbench serve --port 5000
workbench serve --stop                         closes the port; the token is void
"""

from __future__ import annotations

import argparse
import os

from workbench.client.errors import ApiError, EngineAway
from workbench.commands import surface
from workbench.contracts.own_port import NOWHERE
from workbench.settings import SettingsError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=int, help="on 127.0.0.1 (default 4181, or a free one where that is taken; 0: a free one)"
    )
    parser.add_argument("--stop", action="store_true", help="close the port and forget the token")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    try:
        return _served(options)
    except (ApiError, EngineAway, SettingsError):
        if not options.stop and not options.json:
            # `eval` goes on after a failure, and an unset URL means the hosted service to a program of the SDK.
            surface.out(f"export ANTHROPIC_BASE_URL={NOWHERE}")
        raise


def _served(options: argparse.Namespace) -> int:
    engine = surface.client()
    if options.stop:
        engine.delete("/workbench/v1/serve")
        surface.say("not serving any more")
        return 0
    served = engine.post("/workbench/v1/serve", {"port": options.port} if options.port is not None else {})
    if options.json:
        surface.print_json(served)
        return 0
    surface.out(f"export ANTHROPIC_BASE_URL={served['base_url']}")
    surface.out(f"export ANTHROPIC_API_KEY={served['token']}")
    if any(os.environ.get(name) for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")):
        surface.out('export NO_PROXY="127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}"')
    surface.say("programs with these two lines in their environment talk to this engine; the token is yours alone")
    return 0
