"""examples:
workbench attach 3fK9aZ                        its transcript and a prompt; leaving (Ctrl+Z) stops nothing;
                                               F1 has all keys, Alt+D its changes, !command runs in its sandbox
"""

from __future__ import annotations

import argparse

from workbench.commands import opening, surface


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")


def run(options: argparse.Namespace) -> int:
    opening.need_terminal(f"workbench logs -f {options.session}")
    return opening.app(session_id=surface.session(surface.client(), options.session)["id"])
