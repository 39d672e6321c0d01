"""examples:
workbench agents apply -f agents/                 every .yaml file of a folder; again changes nothing
workbench agents apply -f x.yaml --dry-run     only show what would change
workbench agents list
workbench agents show default
"""

from __future__ import annotations

import argparse

from workbench.commands import templates


def arguments(parser: argparse.ArgumentParser) -> None:
    templates.arguments(parser, "agent")


def run(options: argparse.Namespace) -> int:
    return templates.run(options, templates.AGENT)
