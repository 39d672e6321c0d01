"""What was applied of a session, kept in its folder: each apply as the project was before it and after it."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.hands.files.base_files import BaseFiles, version_of
from workbench.hands.files.changes import Change, found_at
from workbench.hands.files.overlay import below
from workbench.hands.files.safe_paths import Beneath
from workbench.hands.git.began import Version

FOLDER: Final = "applied"
BEFORE, AFTER = "before", "after"
MOST_APPLIES: Final = 20


@dataclass
class Apply:
    """One apply while it is made: `note` before and after the project is written."""

    place: Path

    def note(self, side: str, project: Beneath, changes: Sequence[Change]) -> None:
        """Copy what the project has at these paths; what cannot be read, or is very large, is not kept."""
        (self.place / side).mkdir(mode=0o700, parents=True)
        with Beneath(self.place / side) as root:
            copies = BaseFiles(root)
            for change in changes:
                found = found_at(project, change.path)
                if found is not None and found.kind in ("file", "link"):
                    copies.keep(project, found)


@dataclass(frozen=True)
class Applies:
    """The applies of one session, oldest first; the last ones of very many."""

    folder: Path

    def begin(self) -> Apply:
        """Room for one more."""
        kept = self._numbers()
        for number in kept[: max(0, len(kept) + 1 - MOST_APPLIES)]:
            shutil.rmtree(self._place(number), ignore_errors=True)
        return Apply(self._place(kept[-1] + 1 if kept else 1))

    def _numbers(self) -> list[int]:
        with suppress(FileNotFoundError):
            return sorted(int(one.name) for one in (self.folder / FOLDER).iterdir())
        return []

    def _place(self, number: int) -> Path:
        return self.folder / FOLDER / f"{number:06d}"

    def each(self) -> Iterator[tuple[Beneath, Beneath, list[Change]]]:
        """Before, after, and the changes from one to the other, while it is looked at."""
        for number in self._numbers():
            with ExitStack() as opened:
                try:
                    before, after = (
                        opened.enter_context(Beneath(self._place(number) / side)) for side in (BEFORE, AFTER)
                    )
                except FileNotFoundError:
                    # The engine ended in the middle of it.
                    continue
                paths = {one.path for root in (before, after) for one in below(root) if one.kind in ("file", "link")}
                yield (
                    before,
                    after,
                    [Change(path, found_at(before, path), found_at(after, path)) for path in sorted(paths)],
                )

    def versions(self) -> dict[str, list[tuple[Version, Version]]]:
        """By path, what it was before and after each apply; applies between which nobody changed it are one."""
        found: defaultdict[str, list[tuple[Version, Version]]] = defaultdict(list)
        for before, after, changes in self.each():
            for change in changes:
                with suppress(OSError):
                    was, own = version_of(before, change.before), version_of(after, change.after)
                    steps = found[change.path]
                    steps.append((steps.pop()[0] if steps and steps[-1][1] == was else was, own))
        return found
