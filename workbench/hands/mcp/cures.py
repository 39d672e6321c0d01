"""What helps where the program of a server is not in its sandbox, or starts too slowly there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from sandboxes.runner.known_commands import told_of

SLOW_START = "one that fetches itself first starts at once where its package is named in the session's environment"

_PACKAGE = (
    "the user adds the package that has it to the session's image with `workbench set SESSION --package MANAGER:NAME`"
)
_NOT_FOUND = re.compile(r"([\w.+-]+): (?:command )?not found")


def cure(command: Sequence[str], code: object, said: str) -> str:
    """Words for the end of a fault; empty where the program was there. `code` is None where it could not be started."""
    if code is None and "No such file" in said and command:
        missing = PurePosixPath(command[0]).name
    elif code == 127 and (found := _NOT_FOUND.findall(said)):
        missing = found[-1]
    else:
        return ""
    return f"; this sandbox has no {missing!r}: {told_of(missing) or _PACKAGE}"
