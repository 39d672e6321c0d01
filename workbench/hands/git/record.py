"""What a session's repository was when the session first saw it: kept in the session's folder, which no sandbox sees."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from workbench.contracts.values import Json

FILE_NAME: Final = "git.json"


@dataclass(frozen=True)
class View:
    """One repository in the sandbox: `at` is its `.git` below the project, "" where the project is a folder of it.

    `lfs` is where git-lfs keeps contents, "" where it keeps none.
    """

    at: str
    root: str
    objects: tuple[str, ...]
    lfs: str = ""


@dataclass(frozen=True)
class GitRecord:
    """`project` is the project's path in its repository; `tips` are the commits that branches and tags stood at.

    `uncommitted` are the paths that differed from HEAD, `applied` what was brought over since, by its change time on disk, and
    `marked` what came with lines of both sides between markers, by the commit that was checked out then.
    """

    views: tuple[View, ...] = ()
    project: str = ""
    head: str = ""
    branch: str = ""
    tips: tuple[str, ...] = ()
    began_ns: int = 0
    uncommitted: tuple[str, ...] = ()
    applied: Mapping[str, int] = field(default_factory=dict)
    marked: Mapping[str, str] = field(default_factory=dict)

    @property
    def main(self) -> View | None:
        """The project's own repository."""
        return next((view for view in self.views if view.at in ("", ".git")), None)

    def save(self, folder: Path) -> None:
        """Write it into the session's folder, in one step."""
        beside = folder / f"{FILE_NAME}.new"
        beside.write_text(json.dumps(asdict(self)))
        beside.replace(folder / FILE_NAME)


def load(folder: Path) -> GitRecord | None:
    """What was saved; None before the session's first sandbox."""
    try:
        body: Json = json.loads((folder / FILE_NAME).read_text())
        body["views"] = tuple(View(**{**view, "objects": tuple(view["objects"])}) for view in body["views"])
        fields: Json = {key: tuple(value) if isinstance(value, list) else value for key, value in body.items()}
        return GitRecord(**fields)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def hand_over(source: Path, target: Path) -> None:
    """Give a fork's folder the record of its parent's."""
    if (known := load(source)) is not None:
        known.save(target)
