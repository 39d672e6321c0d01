"""examples:
workbench environments apply -f environments/                 every .yaml file of a folder; again changes nothing
workbench environments apply -f x.yaml --dry-run     only show what would change
workbench environments apply --shipped                        python, node, data, browser and sealed
workbench environments list
workbench environments show default
"""

from __future__ import annotations

import argparse

from workbench.commands import templates


def arguments(parser: argparse.ArgumentParser) -> None:
    templates.arguments(parser, "environment")


def run(options: argparse.Namespace) -> int:
    return templates.run(options, templates.ENVIRONMENT)
