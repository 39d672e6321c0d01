"""examples:
eval "$(workbench completion bash)"            in ~/.bashrc
workbench completion zsh > ~/.zfunc/_workbench
workbench completion fish > ~/.config/fish/completions/workbench.fish
"""

from __future__ import annotations

import argparse
import importlib
import re

from workbench.commands import surface
from workbench.commands.words import WORDS


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=["bash", "zsh", "fish"])


def run(options: argparse.Namespace) -> int:
    writers = {"bash": _bash, "zsh": _zsh, "fish": _fish}
    surface.data(writers[options.shell]() + "\n")
    return 0


def _options(word: str) -> list[str]:
    parser = argparse.ArgumentParser(prog=word)
    importlib.import_module(f"workbench.commands.{word}").arguments(parser)
    return sorted(set(re.findall(r"--[a-z][a-z-]*", parser.format_help())))


def _bash() -> str:
    cases = "\n".join(f"    {word}) words='{' '.join(_options(word))}' ;;" for word in WORDS)
    return f"""_workbench() {{
  local word="${{COMP_WORDS[1]}}" words='{" ".join(WORDS)}'
  if (( COMP_CWORD > 1 )); then
    case "$word" in
{cases}
    esac
    [[ "${{COMP_WORDS[COMP_CWORD]}}" == -* ]] || return
  fi
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
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
  if (( CURRENT == 2 )); then
    _describe 'word' known
  elif [[ "$PREFIX" == -* ]]; then
    case "$words[2]" in
{cases}
    esac
  else
    _files
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
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return text.replace("'", "'\\''").replace(":", "\\:")
