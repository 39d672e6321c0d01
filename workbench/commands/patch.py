"""examples:
workbench patch 3fK9aZ > fix.mbox              its commits as mails, for git am
workbench patch 3fK9aZ | git apply --check -   without commits, its changes as a diff
"""

from __future__ import annotations

import argparse
from urllib.parse import quote

from workbench.client import paths
from workbench.commands import diff, surface


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument(
        "--from", dest="ref", metavar="BRANCH", help="a branch of the sandbox's, not what is checked out"
    )


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    ref = f"?ref={quote(options.ref, safe='')}" if options.ref else ""
    diff.show_text(engine.get(paths.own(session["id"], f"patch{ref}"))["text"])
    return 0
