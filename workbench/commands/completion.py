"""examples:
eval "$(workbench completion bash)"            in ~/.bashrc
workbench completion zsh > ~/.zfunc/_workbench
workbench completion fish > ~/.config/fish/completions/workbench.fish

Words, options, and the values after them: sessions, agents, environments, memory stores, vaults, groups, models. Values come from
the engine that runs; the Tab key starts none.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from workbench.commands import surface
from workbench.commands.candidates import candidates, parser_of
from workbench.commands.words import WORDS


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=["bash", "zsh", "fish", "candidates"])
    # What the scripts ask: the words of the line so far, the last one perhaps begun.
    parser.add_argument("words", nargs="*", default=[], help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    if options.shell == "candidates":
        for value, what in candidates(options.words):
            surface.out(f"{value}\t{what}" if what else value)
        return 0
    writers = {"bash": _bash, "zsh": _zsh, "fish": _fish}
    surface.data(writers[options.shell]() + "\n")
    return 0


def _options(word: str) -> list[str]:
    """The options of a word and of what it can be followed by."""
    return sorted({option for parser in _parsers(parser_of(word)) for option in _named(parser)})


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _parsers(below)


def _named(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if action.help != argparse.SUPPRESS:
            yield from (option for option in action.option_strings if option.startswith("--"))


def _bash() -> str:
    cases = "\n".join(f"      {word}) words='{' '.join(_options(word))}' ;;" for word in WORDS)
    return f"""_workbench() {{
  local word="${{COMP_WORDS[1]}}" begun="${{COMP_WORDS[COMP_CWORD]}}" words='{" ".join(WORDS)}'
  if (( COMP_CWORD > 1 )) && [[ "$begun" == -* ]]; then
    case "$word" in
{cases}
    esac
  elif (( COMP_CWORD > 1 )); then
    words=$(workbench completion candidates -- "${{COMP_WORDS[@]:1:COMP_CWORD}}" 2>/dev/null | cut -f1)
  fi
  COMPREPLY=($(compgen -W "$words" -- "$begun"))
}}
complete -o default -F _workbench workbench"""


def _zsh() -> str:
    words = "\n".join(f"    '{word}:{_quoted(what)}'" for word, what in WORDS.items())
    cases = "\n".join(f"    {word}) compadd -- {' '.join(_options(word))} ;;" for word in WORDS)
    return f"""#compdef workbench
_workbench() {{
  local -a known=(
{words}
  )
  local -a found
  if (( CURRENT == 2 )); then
    _describe 'word' known
  elif [[ "$PREFIX" == -* ]]; then
    case "$words[2]" in
{cases}
    esac
  else
    found=("${{(@f)$(workbench completion candidates -- "${{(@)words[2,CURRENT]}}" 2>/dev/null | sed 's/:/\\\\:/g; s/\t/:/')}}")
    if [[ -n "$found[1]" ]]; then
      _describe 'value' found
    else
      _files
    fi
  fi
}}
compdef _workbench workbench"""


def _fish() -> str:
    lines = [
        f"complete -c workbench -n __fish_use_subcommand -f -a {word} -d '{_quoted(what)}'"
        for word, what in WORDS.items()
    ]
    for word in WORDS:
        seen = f"__fish_seen_subcommand_from {word}"
        lines += [f"complete -c workbench -n '{seen}' -l {option[2:]}" for option in _options(word)]
    asked = "workbench completion candidates -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null"
    lines.append(f"complete -c workbench -n 'not __fish_use_subcommand' -a '({asked})'")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return text.replace("'", "'\\''").replace(":", "\\:")
