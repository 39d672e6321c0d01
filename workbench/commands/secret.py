"""Takes a secret from a person or a pipe, never from an argument: arguments stand in every list of processes."""

from __future__ import annotations

import getpass
import sys

from workbench.commands.surface import Wrong


def asked(prompt: str, *, again: bool = False) -> str:
    """The secret, typed without being shown, or all that a pipe has; `again` has it typed twice.

    Raises:
        Wrong: nothing was given, or two different things.
    """
    if not sys.stdin.isatty():
        given = sys.stdin.read().rstrip("\r\n")
    else:
        given = getpass.getpass(f"{prompt}: ")
        if again and getpass.getpass("once more: ") != given:
            raise Wrong("these were two different ones; nothing was changed")
    if not given:
        raise Wrong("nothing was given; type it, or send it through a pipe")
    return given
