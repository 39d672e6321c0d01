"""Messages with files in them, as words of the command send them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from workbench.client import attachments
from workbench.commands.surface import Json, Wrong


def attach_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--attach",
        action="append",
        default=[],
        metavar="PATH",
        help="a picture (PNG, JPEG, GIF, WebP) or PDF that the model sees in the message itself; can be repeated",
    )


def message(text: str, attached: Sequence[str]) -> Json:
    """The event.

    Raises:
        Wrong: a file that cannot be read, or that no model takes.
    """
    try:
        content = attachments.content(text, [Path(one).expanduser() for one in attached])
    except attachments.Unusable as unusable:
        raise Wrong(f"--attach: {unusable}") from None
    return {"type": "user.message", "content": content}
