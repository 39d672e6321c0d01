"""Which new files of a session git would ignore, by its own rules, without running git in a folder that others write."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from workbench.hands.files.changes import Change, found_at
from workbench.hands.files.git_index import is_untracked
from workbench.hands.files.safe_paths import Beneath

RULES_NAME = ".gitignore"
OWN_RULES = ".git/info/exclude"
MOST_BYTES = 64 << 10
MOST_RULES = 1000
"""Of one file; every one more is left out of account."""


@dataclass(frozen=True)
class Rule:
    """One line of a file of rules: `parts` are matched from the file's folder, or a single one at any depth below it."""

    parts: tuple[str, ...]
    anchored: bool
    only_folders: bool
    ignores: bool

    def fits(self, path: Sequence[str], *, is_folder: bool) -> bool:
        if self.only_folders and not is_folder:
            return False
        return _fits(self.parts, tuple(path)) if self.anchored else _fits_name(self.parts[0], path[-1])


@dataclass(frozen=True)
class Outer:
    """Rules from above the project, in a repository that it is a folder of: `inside` is the project's path from there."""

    inside: tuple[str, ...]
    rules: tuple[Rule, ...]


def ignored(changes: Sequence[Change], upper: Beneath, project: Beneath, outer: Sequence[Outer] = ()) -> frozenset[str]:
    """The paths that the session added or changed and git would ignore; what the project's git knows is never among them.

    `outer` are the rules of the folders above, the nearest first.
    """
    reading = _Reading(upper, project, outer)
    found = {
        change.path
        for change in changes
        if reading.is_ignored(change) and (change.before is None or is_untracked(project, change.path))
    }
    inside: dict[str, list[str]] = {}
    for change in changes:
        inside.setdefault(change.path.rpartition("/")[0], []).append(change.path)
    # Deepest first: a new folder in which nothing else is goes with what is in it.
    for change in reversed(changes):
        within = inside.get(change.path)
        if change.before is None and change.what == "folder" and within and found.issuperset(within):
            found.add(change.path)
    return frozenset(found)


@dataclass
class _Reading:
    upper: Beneath
    project: Beneath
    outer: Sequence[Outer] = ()
    rules: dict[str, tuple[Rule, ...]] = field(default_factory=dict)
    folders: dict[str, bool] = field(default_factory=dict)

    def is_ignored(self, change: Change) -> bool:
        return self._decided(change.path, is_folder=change.what == "folder")

    def _decided(self, path: str, *, is_folder: bool) -> bool:
        if is_folder and path in self.folders:
            return self.folders[path]
        above = path.rpartition("/")[0]
        decided = bool(above) and self._decided(above, is_folder=True)
        if not decided:
            decided = self._by_rules(path, is_folder=is_folder)
        if is_folder:
            self.folders[path] = decided
        return decided

    def _by_rules(self, path: str, *, is_folder: bool) -> bool:
        """The last rule that fits decides, and the deeper file before the higher one."""
        parts = path.split("/")
        for depth in range(len(parts) - 1, -1, -1):
            for rule in reversed(self._rules_of("/".join(parts[:depth]))):
                if rule.fits(parts[depth:], is_folder=is_folder):
                    return rule.ignores
        above = (rule.ignores for one in self.outer for rule in _fitting(one, parts, is_folder=is_folder))
        return next(above, False)

    def _rules_of(self, folder: str) -> tuple[Rule, ...]:
        if folder not in self.rules:
            name = f"{folder}/{RULES_NAME}" if folder else RULES_NAME
            own = () if folder else rules_in(_text(self.project, OWN_RULES))
            root = self.project if found_at(self.upper, name) is None else self.upper
            self.rules[folder] = (*own, *rules_in(_text(root, name)))
        return self.rules[folder]


def _fitting(outer: Outer, parts: Sequence[str], *, is_folder: bool) -> Iterator[Rule]:
    for rule in reversed(outer.rules):
        if rule.fits((*outer.inside, *parts), is_folder=is_folder):
            yield rule


def _text(root: Beneath, path: str) -> str:
    try:
        return root.content(path, MOST_BYTES).decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def rules_in(text: str) -> tuple[Rule, ...]:
    """The rules of a file."""
    return tuple(_rules(text.split("\n")[:MOST_RULES]))


def _rules(lines: Sequence[str]) -> Iterator[Rule]:
    for line in lines:
        rule = re.sub(r"(?<!\\) +$", "", line.rstrip("\r"))
        if not rule or rule.startswith("#"):
            continue
        ignores = not rule.startswith("!")
        rule = rule if ignores else rule[1:]
        only_folders = rule.endswith("/")
        rule = rule.rstrip("/")
        anchored = "/" in rule
        parts = tuple(part for part in rule.split("/") if part)
        if parts:
            yield Rule(parts, anchored, only_folders, ignores)


def _fits(rule: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """`**` is any number of folders; decided from the end for every pair of places once, so that no rule costs more."""
    fits = {(len(rule), len(path))}
    for one in range(len(rule) - 1, -1, -1):
        for other in range(len(path), -1, -1):
            if rule[one] == "**":
                is_last = one == len(rule) - 1
                skips = other < len(path) and ((one, other + 1) in fits or is_last)
                if skips or (not is_last and (one + 1, other) in fits):
                    fits.add((one, other))
            elif other < len(path) and (one + 1, other + 1) in fits and _fits_name(rule[one], path[other]):
                fits.add((one, other))
    return (0, 0) in fits


def _fits_name(rule: str, name: str) -> bool:
    """A part with `*`, `?` and sets against a name: back to the last star only, so that it takes their product at most."""
    tokens = _tokens(rule)
    at = place = 0
    star, mark = -1, 0
    while place < len(name):
        if at < len(tokens) and tokens[at] == "*":
            star, mark = at, place
            at += 1
        elif at < len(tokens) and _fits_letter(tokens[at], name[place]):
            at, place = at + 1, place + 1
        elif star >= 0:
            mark += 1
            at, place = star + 1, mark
        else:
            return False
    return all(token == "*" for token in tokens[at:])


def _fits_letter(token: str, letter: str) -> bool:
    if token.startswith("["):
        return fnmatch.fnmatchcase(letter, token)
    return token in ("?", f"\\{letter}")


@lru_cache(maxsize=4096)
def _tokens(rule: str) -> tuple[str, ...]:
    """`*`, `?`, a set as fnmatch has it, or a letter behind a backslash."""
    found: list[str] = []
    place = 0
    while place < len(rule):
        letter = rule[place]
        closing = rule.find("]", place + 2) if letter == "[" else -1
        if letter == "\\" and place + 1 < len(rule):
            found.append(f"\\{rule[place + 1]}")
            place += 2
        elif closing > 0:
            content = rule[place + 1 : closing]
            found.append(f"[{'!' + content[1:] if content[0] in '!^' else content}]")
            place = closing + 1
        else:
            found.append(letter if letter in "*?" else f"\\{letter}")
            place += 1
    return tuple(found)
