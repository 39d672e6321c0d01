#!/usr/bin/env bash
# tree-sitter-bash 0.25.1 with tree-sitter 0.26.1: a command's words are not where bash has them, in three plain lines.
#
# 1. In `git >log status --short` bash runs `git status --short`; the tree gives the words behind the redirection to the redirection,
#    as three destinations, and the command `git` has no argument.
# 2. In `echo data[1]` the one word (a pattern) is a concatenation of four words.
# 3. In `echo $"hello"` (a translated string, one word) the `$` is an argument of its own, before the string.
# A program that reads a command's arguments from the tree has to put them together again.
#
# Seen on 2026-11-28 with Python 3.11:
#   git >log status --short   arguments: []   destinations: ['log', 'status', '--short']
#   echo data[1]              arguments: ['data[1]'] as ['data', '[', '1', ']']
#   echo $"hello"             arguments: ['$', '"hello"']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check tree-sitter==0.26.1 tree-sitter-bash==0.25.1
"$folder/venv/bin/python" - <<'PY'
import tree_sitter
import tree_sitter_bash

parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def nodes(line, kind):
    """The nodes of a kind, in order."""
    found, waiting = [], [parser.parse(line.encode()).root_node]
    while waiting:
        node = waiting.pop(0)
        found += [node] if node.type == kind else []
        waiting = [*node.children, *waiting]
    return found


def fields(node, name):
    return [child.text.decode() for child in node.children_by_field_name(name)]


line = "git >log status --short"
arguments, destinations = fields(nodes(line, "command")[0], "argument"), fields(nodes(line, "file_redirect")[0], "destination")
print(line, arguments, destinations)
assert (arguments, destinations) == ([], ["log", "status", "--short"])

line = "echo data[1]"
arguments = fields(nodes(line, "command")[0], "argument")
parts = [child.text.decode() for child in nodes(line, "concatenation")[0].children]
print(line, arguments, parts)
assert (arguments, parts) == (["data[1]"], ["data", "[", "1", "]"])

line = 'echo $"hello"'
arguments = fields(nodes(line, "command")[0], "argument")
print(line, arguments)
assert arguments == ["$", '"hello"']
PY
