"""examples:
workbench answer 3fK9aZ Rome                   what an MCP server asks in this session, where that is one thing
workbench answer 3fK9aZ "city: Rome" "nights: 3"    a form, field by field; fields that are left out have their defaults
workbench answer 3fK9aZ '{"city": "Rome"}'     the same as JSON
workbench answer 3fK9aZ                        nothing to say: you have opened the page, or all defaults are right

`workbench deny` declines. Give a server no secret this way: the answer is in the log, and the server reads it.
"""

from __future__ import annotations

import argparse

from workbench.commands import approvals


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("text", nargs="*", default=[], help="the answer, a line each")


def run(options: argparse.Namespace) -> int:
    return approvals.replied(options.session, "\n".join(options.text))
