"""Codex's rules of commands (`prefix_rule` in *.rules files) in this program's words: read as data, never run."""

from __future__ import annotations

import ast
import itertools
import warnings
from collections.abc import Iterator
from typing import Any, Final

from workbench.commands.tool_settings.claude_rules import command_entry
from workbench.commands.tool_settings.files import Text, Unreadable
from workbench.commands.tool_settings.plan import Decision, Found, Place, Rule
from workbench.commands.tool_settings.secrets import may_hold_secret

_DECISIONS: Final[dict[str, Decision]] = {"allow": "allow", "prompt": "ask", "forbidden": "deny"}
_MOST_ALTERNATIVES: Final = 100


def add_rules(found: Found, text: Text, *, takes_allows: bool) -> None:
    """Add the rules of one file, or say what of it is none.

    Raises:
        Unreadable: it has not the form of such a file.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(text.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unreadable("it has not the form of a file of rules") from None
    for statement in tree.body:
        place = Place(text.file, statement.lineno)
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "prefix_rule"):
            found.refuse("a statement", "only prefix_rule with plain values is read", place)
            continue
        try:
            _add(
                found,
                {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg},
                place,
                takes_allows=takes_allows,
            )
        except (ValueError, TypeError, RecursionError):
            found.unsaid.append("bash")
            found.refuse("prefix_rule", "its values are not plain texts and lists", place)


def _add(found: Found, given: dict[str, Any], place: Place, *, takes_allows: bool) -> None:
    decision = _DECISIONS.get(given.get("decision", "allow"))
    commands = list(itertools.islice(_commands(given.get("pattern")), _MOST_ALTERNATIVES + 1))
    if given.get("decision") != "allow" and (decision is None or len(commands) > _MOST_ALTERNATIVES):
        found.unsaid.append("bash")
    if decision is None or not commands or len(commands) > _MOST_ALTERNATIVES:
        found.refuse("prefix_rule", "it has no decision, no command, or too many alternatives", place)
        return
    said = f"prefix_rule {' '.join(commands[0])}" + (" …" if len(commands) > 1 else "")
    is_secret = any(may_hold_secret(" ".join(one)) for one in commands)
    has_line_end = any("\n" in word or "\0" in word for one in commands for word in one)
    if decision != "allow" and (is_secret or has_line_end):
        found.unsaid.append("bash")
    if is_secret:
        found.refuse("prefix_rule(…)", "it may hold a secret, which is shown and copied nowhere", place)
    elif has_line_end:
        found.refuse("prefix_rule", "it has a line end in a word", place)
    elif decision == "allow" and not takes_allows:
        found.refuse(
            f"{decision} {said}",
            "it would hold for its agent in any project; --project-rules takes it all the same",
            place,
        )
    else:
        found.rules.append(Rule(decision, said, tuple(command_entry(one) for one in commands), place))


def _commands(pattern: Any) -> Iterator[list[str]]:
    """Each command that the pattern, of words and lists of alternatives, stands for."""
    if not isinstance(pattern, list) or not pattern:
        return
    places = [[part] if isinstance(part, str) else part for part in pattern]
    if all(isinstance(one, list) and one and all(isinstance(word, str) for word in one) for one in places):
        yield from (list(words) for words in itertools.product(*places))
