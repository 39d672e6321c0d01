"""What helps where the program of a server is not in its sandbox, or starts too slowly there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

SLOW_START = "one that fetches itself first starts at once where its package is named in the session's environment"

_NODE = "start the session with an environment that has Node (the template `node`: `--environment node`)"
_UV = "name `uv` in the pip packages of the session's environment"
_CURES = {
    **dict.fromkeys(("node", "npm", "npx", "pnpm", "yarn", "corepack"), _NODE),
    **dict.fromkeys(("uv", "uvx"), _UV),
}
_NOT_FOUND = re.compile(r"([\w.+-]+): (?:command )?not found")


def cure(command: Sequence[str], code: object, said: str) -> str:
    """Words for the end of a fault; empty where the program was there. `code` is None where it could not be started."""
    if code is None and "No such file" in said and command:
        missing = PurePosixPath(command[0]).name
    elif code == 127 and (found := _NOT_FOUND.findall(said)):
        missing = found[-1]
    else:
        return ""
    how = _CURES.get(missing, "name the package that has it in the packages of the session's environment")
    return f"; this sandbox has no {missing!r}: {how}"
