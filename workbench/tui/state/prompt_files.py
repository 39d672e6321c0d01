"""Files that go with a message: the pictures and PDFs that its text names, less those that a person took off."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workbench.client import attachments
from workbench.client.attachments import Unusable

_KEPT: Final = 64


@dataclass(frozen=True)
class Chip:
    """A file of the text in a line; `fault` says why it stays a path in the text."""

    path: str
    line: str
    fault: str = ""


@dataclass
class PromptFiles:
    """The files of one prompt; `chips` follow its text."""

    chips: tuple[Chip, ...] = ()
    _off: frozenset[str] = frozenset()
    _known: OrderedDict[tuple[str, int, int], Chip] = field(default_factory=OrderedDict)

    @property
    def paths(self) -> tuple[str, ...]:
        """Those that go with the message."""
        return tuple(chip.path for chip in self.chips if not chip.fault)

    def look(self, text: str, folder: str) -> bool:
        """Find them anew; whether they are others than before."""
        before = self.chips
        found = [str(path) for path in attachments.paths_in(text, folder)]
        # One that is named no more can be named again.
        self._off &= frozenset(found)
        self.chips = tuple(self._chip(path) for path in found if path not in self._off)
        return self.chips != before

    def take_off(self) -> str:
        """Leave the last one out, while the text names it; its path."""
        path = self.chips[-1].path
        self._off |= {path}
        self.chips = self.chips[:-1]
        return path

    def _chip(self, path: str) -> Chip:
        try:
            stands = os.stat(path)
        except OSError as error:
            return Chip(path, path, error.strerror or "cannot be read")
        key = (path, stands.st_mtime_ns, stands.st_size)
        if key not in self._known:
            self._known[key] = _described(path)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return self._known[key]


def _described(path: str) -> Chip:
    try:
        return Chip(path, attachments.described(Path(path)).line)
    except Unusable as unusable:
        return Chip(path, path, str(unusable))
