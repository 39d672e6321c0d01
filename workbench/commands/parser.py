"""The parser of each word: what it says goes through the door as everything does, since it repeats arguments as they were given."""

from __future__ import annotations

import argparse
from typing import Any

from workbench.commands import surface


class Parser(argparse.ArgumentParser):
    """Usage, help and errors as text that cannot steer the terminal."""

    def _print_message(self, message: str, file: Any = None) -> None:
        """The one place from which argparse writes."""
        surface.write(file, message)
