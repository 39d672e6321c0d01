"""examples:
workbench allow 3fK9aZ                         every call that this session waits for
"""

from __future__ import annotations

import argparse

from workbench.commands import approvals


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")


def run(options: argparse.Namespace) -> int:
    return approvals.answered(options.session, allow=True)
