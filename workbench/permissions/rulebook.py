"""The permission rules as they are now: read again when their file changed, and the person's `[[always]]` written and taken back."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, get_args

from workbench.contracts.values import Json
from workbench.permissions.rules import Always, Decision, Rules, load, parsed
from workbench.settings import SettingsError, make_private
from workbench.text.lines import whole_lines_of

_HEADER: Final = re.compile(r"^\s*\[\[always\]\]")
_ANY_HEADER: Final = re.compile(r"^\s*\[")


@dataclass(frozen=True)
class PermanentRule:
    """One `[[always]]` of the file, under an id made of what it says."""

    id: str
    rule: Always

    def wire(self) -> Json:
        rule = self.rule
        allowed: Json = (
            {"allow": [pattern.entry for pattern in rule.patterns]} if rule.patterns else {"exact": _exact(rule)}
        )
        return {"id": self.id, **allowed, "session": rule.session, "agent": rule.agent}


class Rulebook:
    """One person's rules. Reading never fails after the start: a file that became unusable is `trouble`, and the last good one counts."""

    def __init__(self, own: Path) -> None:
        self.own = own
        self.trouble = ""
        self._stamp = self._stamped()
        self._rules = load(own)

    def current(self) -> Rules:
        """The rules as the file says now."""
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._rules, self.trouble = load(self.own), ""
            except SettingsError as unusable:
                self.trouble = f"{unusable}; until then the rules from before count"
        return self._rules

    def standing(self) -> list[PermanentRule]:
        """Everything that was allowed for good, in the file's order."""
        return [PermanentRule(_id(rule), rule) for rule in self.current().always]

    def add(self, rule: Always, today: date) -> PermanentRule:
        """Write a rule behind what the file holds; one that is there already is not written twice.

        Raises:
            SettingsError: the file cannot be used as it is, or the rule is none.
        """
        known = next((one for one in self.standing() if one.rule == rule), None)
        if known is not None and not self.trouble:
            return known
        text = self.own.read_text(encoding="utf-8") if self.own.exists() else ""
        parsed(self.own, text)
        block = _block(rule, today)
        separated = text + ("" if not text or text.endswith("\n") else "\n") + ("\n" if text else "") + block
        if parsed(self.own, separated).always[-1] != rule:
            raise SettingsError(f"{self.own}: the rule would not read as it was meant, and was not written")
        self._write(separated)
        return PermanentRule(_id(rule), rule)

    def own_entries(self) -> dict[str, list[str]]:
        """What the file's lists allow, ask and deny hold now."""
        return _entries(self.current())

    def restrict(self, entries: Mapping[Literal["ask", "deny"], Sequence[str]]) -> dict[str, list[str]]:
        """Write entries into the file's lists, before what these hold; tells those that were not there yet.

        Raises:
            SettingsError: the file cannot be used as it is, an entry is none, or a person has to write it by hand.
        """
        text = self.own.read_text(encoding="utf-8") if self.own.exists() else ""
        before = parsed(self.own, text)
        had = _entries(before)
        new: dict[str, list[str]] = {
            name: [one for one in dict.fromkeys(given) if one not in had[name]] for name, given in entries.items()
        }
        for name, given in new.items():
            text = _with_entries(text, name, given) if given else text
        after = parsed(self.own, text)
        wanted = {name: sorted([*held, *new.get(name, [])]) for name, held in had.items()}
        if {name: sorted(held) for name, held in _entries(after).items()} != wanted or after.always != before.always:
            raise SettingsError(
                f"{self.own}: its lists cannot be told from their surroundings; write {_told(new)} by hand"
            )
        if any(new.values()):
            self._write(text)
        return new

    def remove(self, rule_id: str) -> PermanentRule | None:
        """Take a rule out of the file; the rest of it stays as it is, byte for byte. None when there is none of this id.

        Raises:
            SettingsError: the file cannot be used as it is, or is written in a way that a person has to change by hand.
        """
        text = self.own.read_text(encoding="utf-8") if self.own.exists() else ""
        before = parsed(self.own, text).always
        place = next((place for place, rule in enumerate(before) if _id(rule) == rule_id), None)
        if place is None:
            return None
        without = _without(text, place)
        if parsed(self.own, without).always != (*before[:place], *before[place + 1 :]):
            raise SettingsError(
                f"{self.own}: this [[always]] cannot be told from its surroundings; take it out by hand"
            )
        self._write(without)
        return PermanentRule(rule_id, before[place])

    def _write(self, text: str) -> None:
        file = self.own.resolve()
        if not file.parent.exists():
            make_private(file.parent)
        new = file.with_suffix(".new")
        with new.open("w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(new, file)
        self._stamp = None
        self.current()

    def _stamped(self) -> tuple[int, int, int] | None:
        try:
            found = self.own.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_size, found.st_ino)


def always_of(allow: Sequence[str] | None, exact: Json | None, session: str | None, agent: str | None) -> Always:
    """The rule that a client describes.

    Raises:
        SettingsError: it is none; the text says what to write instead.
    """
    lines = ["[[always]]"]
    if allow is not None:
        lines.append(f"allow = {_toml_list(allow)}")
    if exact is not None:
        lines.append(f"exact = {_toml(_exact(Always(exact=(exact['tool'], exact['input']))))}")
    lines += [
        f"{name} = {_toml(value)}" for name, value in (("session", session), ("agent", agent)) if value is not None
    ]
    [rule] = parsed(Path("the rule"), "\n".join(lines)).always
    return rule


def _block(rule: Always, today: date) -> str:
    allowed = (
        f"allow = {_toml_list([one.entry for one in rule.patterns])}"
        if rule.patterns
        else f"exact = {_toml(_exact(rule))}"
    )
    scope = (
        f"session = {_toml(rule.session)}\n" if rule.session else f"agent = {_toml(rule.agent)}\n" if rule.agent else ""
    )
    return (
        f"[[always]]  # said on {today.isoformat()}; workbench rules rm {_id(rule)} takes it back\n{allowed}\n{scope}"
    )


def _without(text: str, place: int) -> str:
    """The text without its nth `[[always]]` and the empty line before it."""
    lines = whole_lines_of(text)
    starts = [number for number, line in enumerate(lines) if _HEADER.match(line)]
    first = starts[place]
    end = next((number for number in range(first + 1, len(lines)) if _ANY_HEADER.match(lines[number])), len(lines))
    while end < len(lines) and end > first + 1 and not lines[end - 1].strip():
        end -= 1
    if first and not lines[first - 1].strip():
        first -= 1
    return "".join(lines[:first] + lines[end:])


def _entries(rules: Rules) -> dict[str, list[str]]:
    every = [found for layer in rules.layers for found in layer]
    return {name: [pattern.entry for decision, pattern in every if decision == name] for name in get_args(Decision)}


def _told(entries: Mapping[Any, Sequence[str]]) -> str:
    return "; ".join(f"{name} = {_toml_list(given)}" for name, given in entries.items() if given)


def _with_entries(text: str, name: str, entries: Sequence[str]) -> str:
    """The text with more entries at the beginning of one list, which is made where there is none."""
    lines = whole_lines_of(text)
    head = next((number for number, line in enumerate(lines) if _ANY_HEADER.match(line)), len(lines))
    written = "".join(f"\n    {_toml(one)}," for one in entries)
    for number, line in enumerate(lines[:head]):
        if opened := re.match(rf"{name}\s*=\s*\[", line):
            return "".join([*lines[:number], opened[0], written, "\n    ", line[opened.end() :], *lines[number + 1 :]])
    # A comment stays above what it speaks of.
    while head and lines[head - 1].lstrip().startswith("#") and head < len(lines):
        head -= 1
    before, behind = "".join(lines[:head]), "".join(lines[head:])
    separated = before + ("" if not before or before.endswith("\n") else "\n")
    return f"{separated}{name} = [{written}\n]\n" + ("\n" if behind else "") + behind


def _id(rule: Always) -> str:
    said = [[pattern.entry for pattern in rule.patterns], rule.exact, rule.session, rule.agent]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:8]


def _exact(rule: Always) -> str:
    tool, tool_input = rule.exact or ("", {})
    return f"{tool} {_json(tool_input)}"


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _toml(value: str | None) -> str:
    # JSON's escapes are TOML's too, but for the one control character that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_list(values: Sequence[str]) -> str:
    return "[" + ", ".join(_toml(value) for value in values) + "]"
