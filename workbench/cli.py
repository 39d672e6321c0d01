"""The `workbench` command: finds the word's module, and imports nothing else, so that it answers at once."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from workbench import __version__
from workbench.commands.words import WORDS, module_of

if TYPE_CHECKING:
    import argparse

EXAMPLES: Final = """\
examples:
  workbench                                      the terminal app: all sessions, side by side
  workbench demo                                 an agent repairs a small project; no account, no key
  workbench run "why does the build fail?"       an agent on a copy-on-write view of the git project here
  workbench run --detach "…"                     leave it working; prints the session's id
  workbench ps                                   who is working, who waits for you
  workbench logs -f ID                           follow one; ids may be shortened
  workbench diff ID                              what it changed in the project; workbench apply ID takes it over
  workbench sql "select tool, count(*) from tool_calls group by 1"

exit codes: 0 done · 1 the agent stopped with an error · 2 wrong use or refused · 3 no engine ·
            4 the session waits for an answer · 5 its budget is reached ·
            6 the answer does not fit --json-schema · 7 with --strict: its last call failed · 130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one word; the return value is the exit code (documented in `workbench --help`)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    word = next((argument for argument in given if not argument.startswith("-")), "")
    if given[:1] == ["engine"]:
        return _engine(given[1:])
    if len(given) == 2 and word == "help" and given[1] in WORDS and not _is_topic(given[1]):
        return _run(given[1], ["--help"])
    if given and given[0] == word and word in WORDS:
        return _run(word, given[1:])
    if given == ["--plain"] or (not given and sys.stdin.isatty() and sys.stdout.isatty()):
        return _open(plain=bool(given))
    parser = _parser(
        "workbench",
        "Claude Managed Agents on your own machine.",
        _words() + "\n" + EXAMPLES,
        usage="workbench [--plain] | workbench WORD …",
    )
    parser.add_argument("--version", action="version", version=_version())
    parser.add_argument(
        "--plain", action="store_true", help="the app as plain lines: for screen readers and dumb terminals"
    )
    if not given:
        parser.print_help()
        return 0
    parser.add_argument("word", nargs="?")
    parser.parse_known_args(given)
    # Late: only an error needs it here.
    from workbench.commands import surface
    from workbench.commands.suggestions import meant

    surface.complain(f"there is no word {word!r}{meant(word, WORDS) or '; workbench --help lists them'}")
    return 2


def _is_topic(name: str) -> bool:
    # Late: only `help` needs the manual.
    from workbench import docs

    return name in docs.TOPICS


def _run(word: str, arguments: Sequence[str]) -> int:
    # Late: each word's module is imported for itself only.
    from workbench.commands import surface

    sys.excepthook = surface.told_surprise
    module = importlib.import_module(module_of(word))
    parser = _parser(f"workbench {word}", WORDS[word], module.__doc__)
    module.arguments(parser)
    return surface.guarded(lambda: int(module.run(parser.parse_args(arguments))))


def _parser(program: str, description: str, epilog: str | None, usage: str | None = None) -> argparse.ArgumentParser:
    # Late: the terminal app, which is no word, is painted without it.
    import argparse

    from workbench.commands.parser import Parser

    return Parser(
        prog=program,
        usage=usage,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _open(*, plain: bool) -> int:
    # Late: the terminal app is not needed to print the help.
    from workbench.commands import opening, surface

    sys.excepthook = surface.told_surprise
    return surface.guarded(opening.plain if plain or opening.wants_plain() else opening.board)


def _engine(given: Sequence[str]) -> int:
    # Modules are no garbage: to look for some in between took a fifth of the start. The server begins to collect.
    gc.disable()
    # Late: this is the only word that needs the engine's own packages.
    from workbench import settings
    from workbench.light import late_names

    late_names.late("anthropic")
    from workbench.api import server

    try:
        key = next((int(word.removeprefix("--key=")) for word in given if word.startswith("--key=")), None)
        return server.main(settings.load(keyless=True), key)
    except settings.SettingsError as error:
        # Late: only an error needs it here.
        from workbench.commands import surface

        surface.complain(str(error))
        return 3


def _words() -> str:
    width = max(len(word) for word in WORDS)
    return "words:\n" + "\n".join(f"  {word:<{width}}  {what}" for word, what in WORDS.items()) + "\n"


def _version() -> str:
    return f"workbench {__version__}"
