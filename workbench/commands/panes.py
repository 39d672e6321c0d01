"""examples:
workbench panes                                the panes of last time; F3 changes how many, Ctrl+N goes to the next
                                               one, Alt+V and Alt+S split, Alt+W closes, Alt+T speaks to all
"""

from __future__ import annotations

import argparse

from workbench.commands import opening


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(options: argparse.Namespace) -> int:
    opening.need_terminal("workbench ps")
    return opening.app("panes")
