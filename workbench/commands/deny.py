"""examples:
workbench deny 3fK9aZ
workbench deny 3fK9aZ "use the staging database"   the agent reads why
"""

from __future__ import annotations

import argparse

from workbench.commands import approvals


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("reason", nargs="?", default="", help="what the agent is told")


def run(options: argparse.Namespace) -> int:
    return approvals.answered(options.session, allow=False, reason=options.reason)
