"""examples:
workbench allow 3fK9aZ                         every call that this session waits for
workbench allow 3fK9aZ --always                such calls from now on, too: exactly these, in this session
workbench allow 3fK9aZ --always agent          the same for the agent that makes the call, also where others start it
workbench allow 3fK9aZ --plan plan.md          the plan that it proposed, changed to this one; - reads it from standard input
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from workbench.commands import approvals
from workbench.commands.rules import SCOPES
from workbench.commands.surface import Wrong


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--plan", metavar="FILE", help="approve this version of the proposed plan")
    what.add_argument(
        "--always",
        choices=SCOPES,
        nargs="?",
        const=SCOPES[0],
        help="write a rule that allows such calls, in this session if nothing else is said; workbench rules rm takes it back",
    )


def run(options: argparse.Namespace) -> int:
    if options.plan is not None:
        return approvals.plan_approved(options.session, _plan(options.plan))
    return approvals.answered(options.session, allow=True, always=options.always)


def _plan(named: str) -> str:
    try:
        text = sys.stdin.read() if named == "-" else Path(named).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"--plan: {named} cannot be read: {error}") from None
    if not text.strip():
        raise Wrong("--plan: the plan is empty")
    return text
