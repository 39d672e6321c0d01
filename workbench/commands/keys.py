"""examples:
workbench keys                                 every action of the terminal app, its id and its keys
workbench keys --profile tmux                  as they would be under another profile
workbench keys --json

Your own keys stand in app.toml in the configuration folder, under the actions' ids:

  profile = "vim"                              # direct, tmux, vim or claude
  [keys]
  "board.pin" = "ctrl+t"
  "app.next" = "alt+n,ctrl+b n"                # a comma: another key; a blank: one key after the other
  "board.mute" = "none"
"""

from __future__ import annotations

import argparse
import dataclasses

from workbench import settings
from workbench.commands import surface
from workbench.tui.config import preferences


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", choices=preferences.PROFILES, help="instead of the one in app.toml")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    # Late: Textual is needed for this word's answer and not for its help.
    from workbench.tui.config.keys import mistakes
    from workbench.tui.screens.action_table import actions
    from workbench.tui.widgets.hints import key_name

    chosen = preferences.read(settings.load().app)
    if options.profile:
        chosen = dataclasses.replace(chosen, profile=options.profile)
    listed = actions(chosen)
    for said in (*chosen.wrong, *mistakes(chosen.keys, [one.id for one in listed])):
        surface.complain(said)
    if options.json:
        surface.print_json([dataclasses.asdict(one) for one in listed])
        return 0
    rows = [[one.id, "  ".join(map(key_name, one.keys)) or "none", one.says] for one in listed]
    surface.out(surface.table(rows, ["action", "keys", "does"]))
    return 0
