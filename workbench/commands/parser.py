"""The parser of each word: what it says goes through the door as everything does, since it repeats arguments as they were given."""

from __future__ import annotations

import argparse
import re
from typing import Any, Final, NoReturn

from workbench.commands import surface
from workbench.commands.suggestions import nearest

_CHOICE: Final = re.compile(r"argument (?P<where>[^:]+): invalid choice: (?P<given>'.*') \(choose from (?P<names>.*)\)")


class Parser(argparse.ArgumentParser):
    """Usage, help and errors as text that cannot steer the terminal."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and what is near to an option, a word or a value that does not exist."""
        if unknown := re.match(r"unrecognized arguments: (--[\w-]+)", message):
            message += nearest(unknown[1], (name for name in self._option_string_actions if name.startswith("--")))
        if choice := _CHOICE.fullmatch(message):
            # The names stand in the parentheses alone: in front of them they would come twice.
            named = [name.strip("'") for name in choice["names"].split(", ")]
            where = "" if set(choice["where"].split("|")) == set(named) else f"{choice['where']}: "
            message = f"{where}there is no {choice['given']}{nearest(choice['given'].strip(chr(39)), named)} (choose from {', '.join(named)})"
        super().error(message)

    def _print_message(self, message: str, file: Any = None) -> None:
        """The one place from which argparse writes."""
        surface.write(file, message)
