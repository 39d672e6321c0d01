"""Every command that a bash line may run, wherever it stands in it, and how much of each word is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

HOLE: Final = "\0"
"""Stands in a word for text that depends on more than the line; no word of bash can hold it."""

_BASH: Final = Language(tree_sitter_bash.language())
_MOST_CHARACTERS: Final = 400_000
_MOST_COMMANDS: Final = 4_000
_DEEPEST: Final = 400
_COMMANDS: Final = frozenset({"command", "declaration_command", "unset_command", "test_command"})
_UNQUOTED_EXPANSIONS: Final = frozenset({"simple_expansion", "expansion", "command_substitution", "brace_expression"})
_SEVERAL_WORDS: Final = re.compile(r"\$[@*]|\$\{[^}]*\[@\][^}]*\}|\$\{[@!]")
_ANSI_C: Final = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL
)
_ANSI_C_LETTERS: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "v": "\v",
}
_RUNS_ITS_VALUE: Final = re.compile(r".*(PAGER|EDITOR|VISUAL|COMMAND|BROWSER|ASKPASS|SSH|PS4|ENV)$")


@dataclass(frozen=True)
class Word:
    """A word with holes; `is_many` stands for any number of such words."""

    text: str
    is_many: bool = False

    @property
    def is_known(self) -> bool:
        return not self.is_many and HOLE not in self.text


ANYTHING: Final = Word(HOLE, is_many=True)


@dataclass
class BashLine:
    """What was found in a line: commands in their order, files of redirections, and the texts that go to a standard input."""

    commands: list[tuple[Word, ...]] = field(default_factory=list)
    reads: list[Word] = field(default_factory=list)
    writes: list[Word] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    """Values of variables whose text some program runs."""
    has_pipe: bool = False
    is_sure: bool = True


def bash_line(text: str) -> BashLine:
    """The line as it may run; what the grammar does not take, and what is too long, is one command of which nothing is known."""
    found = BashLine()
    raw = text.replace("\\\n", "").encode("utf-8", "replace")
    if len(raw) > _MOST_CHARACTERS or b"\0" in raw:
        found.commands.append((ANYTHING,))
        return found
    root = Parser(_BASH).parse(raw).root_node
    if root.has_error:
        found.commands.append((ANYTHING,))
        found.is_sure = False
    for node in _nodes(root):
        if node.type in _COMMANDS:
            found.commands.append(_words(node))
        elif node.type in {"file_redirect", "herestring_redirect", "heredoc_body"}:
            _redirected(node, found)
        elif node.type == "pipeline":
            found.has_pipe = True
        elif node.type == "variable_assignment":
            _assigned(node, found)
        if len(found.commands) > _MOST_COMMANDS:
            found.commands.append((ANYTHING,))
            break
    return found


def _nodes(root: Node) -> Iterator[Node]:
    """All nodes, outer ones first; without recursion, since a line may nest as deep as it likes."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _words(command: Node) -> tuple[Word, ...]:
    if command.type == "test_command":
        return (Word(_text(command.children[0])), ANYTHING)
    words: list[Word] = []
    around = command.parent
    behind = around.children[1:] if around is not None and around.type == "redirected_statement" else []
    for child in [*command.children, *behind]:
        if child.type.endswith("_redirect"):
            # The grammar counts words behind a redirection as more of its files.
            more = [*child.children_by_field_name("destination")[1:], *child.children_by_field_name("argument")]
            words += [_word(one) for one in more]
        elif child.type == "$":
            continue  # of $"…"
        elif child.type == "variable_assignment" and command.type == "command" and not words:
            continue
        elif child.type == "variable_assignment":
            words.append(Word(_text(child)) if child.named_child_count < 3 and "$" not in _text(child) else ANYTHING)
        elif child.type != "subshell":
            words.append(_word(child))
    return tuple(words)


def _redirected(node: Node, found: BashLine) -> None:
    if node.type == "heredoc_body":
        found.inputs.append(_text(node))
        return
    if node.type == "herestring_redirect":
        found.inputs += [_word(one).text for one in node.named_children]
        return
    operator = next((child.type for child in node.children if not child.is_named), "")
    for target in node.children_by_field_name("destination")[:1]:
        word = _word(target)
        if operator in {">&", "<&", ">&-", "<&-"} and re.fullmatch(r"[0-9]*-?", word.text):
            continue
        if operator.startswith("<"):
            found.reads.append(word)
        if ">" in operator:
            found.writes.append(word)


def _assigned(node: Node, found: BashLine) -> None:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is not None and value is not None and _RUNS_ITS_VALUE.match(_text(name)):
        found.scripts.append(_word(value).text)


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _word(node: Node, depth: int = 0) -> Word:  # noqa: PLR0911 -- one a kind of node
    """What a node stands for after bash's expansions, as far as the line tells it."""
    if depth > _DEEPEST:
        return ANYTHING
    text = _text(node)
    match node.type:
        case "command_name" | "concatenation":
            parts = [child for child in node.children if not (child.type == "$" and _is_string(child.next_sibling))]
            return _joined([_word(child, depth + 1) for child in parts], text)
        case "raw_string":
            return Word(text[1:-1])
        case "ansi_c_string":
            return Word(_ANSI_C.sub(_ansi_c, text[2:-1]))
        case "translated_string":
            return _word(node.named_children[0], depth + 1) if node.named_children else ANYTHING
        case "string":
            return _quoted(node)
        case "arithmetic_expansion" | "process_substitution":
            return Word(HOLE)
        case one if one in _UNQUOTED_EXPANSIONS:
            return ANYTHING
        case "extglob_pattern" | "regex":
            return Word(HOLE, is_many=True)
        case "word" | "number" | "test_operator" | "variable_name" | "special_character" if not node.named_child_count:
            return _bare(text)
        case _ if not node.is_named:
            return _bare(text)
        case _:
            return ANYTHING


def _is_string(node: Node | None) -> bool:
    return node is not None and node.type == "string"


def _joined(parts: list[Word], text: str) -> Word:
    if ANYTHING in parts:
        return ANYTHING
    joined = "".join(part.text for part in parts)
    if len(parts) > 1 and "{" in text and joined != "{}":
        return ANYTHING
    if len(parts) > 1 and "[" in joined and "]" in joined:
        # The grammar takes a set of characters apart.
        return Word(f"{joined.partition('[')[0]}{HOLE}{joined.rpartition(']')[2]}", is_many=True)
    return Word(joined, any(part.is_many for part in parts))


def _bare(text: str) -> Word:
    """An unquoted word: its backslashes are taken out, its wildcards are holes."""
    made: list[str] = []
    is_many, place = False, 0
    while place < len(text):
        character = text[place]
        if character == "\\" and place + 1 < len(text):
            made.append(text[place + 1])
            place += 2
            continue
        if character in "*?[" and len(text) > 1:
            place = max(place, text.find("]", place + 2)) if character == "[" else place
            character, is_many = HOLE, True
        elif character == "*":
            character, is_many = HOLE, True
        elif character == "~" and not place:
            character = HOLE
        elif character == "{" and text[place:] not in {"{}", "{"} and ("," in text or ".." in text):
            return ANYTHING
        made.append(character)
        place += 1
    return Word("".join(made), is_many)


def _quoted(node: Node) -> Word:
    """A string in double quotes: expansions in it are holes, and some of them several words."""
    raw = node.text or b""
    begin = raw.index(b'"') + 1
    parts: list[str] = []
    place = begin
    for child in node.named_children:
        if child.type == "string_content":
            continue
        parts.append(_unescaped(raw[place : child.start_byte - node.start_byte]))
        place = child.end_byte - node.start_byte
        parts.append(HOLE)
        if _SEVERAL_WORDS.match(_text(child)):
            return ANYTHING
    parts.append(_unescaped(raw[place : raw.rindex(b'"')] if raw.rindex(b'"') >= place else raw[place:]))
    return Word("".join(parts))


def _unescaped(raw: bytes) -> str:
    return re.sub(r'\\(["\\$`])', r"\1", raw.decode("utf-8", "replace"))


def _ansi_c(match: re.Match[str]) -> str:
    hexadecimal, short, long, octal, control, letter = match.groups()
    number = hexadecimal or short or long
    if number:
        code = int(number, 16)
        return chr(code) if 0 < code < 0x110000 else HOLE
    if octal:
        return chr(int(octal, 8) & 0xFF) if int(octal, 8) & 0xFF else HOLE
    if control:
        return HOLE
    return _ANSI_C_LETTERS.get(letter, letter)
