"""The commands that a bash line may run through other commands: `env`, `sudo`, `bash -c`, `xargs`, `find -exec` and their like."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench.permissions.bash_lines import ANYTHING, HOLE, BashLine, Word, bash_line

Words = tuple[Word, ...]

_DEEPEST: Final = 5
_MOST: Final = 2_000
_SHELLS: Final = frozenset({"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "rbash"})
_PREFIXES: Final[dict[str, tuple[str, int]]] = {
    "env": ("-u -C --unset --chdir", 0),
    "sudo": ("-u -g -p -C -D -h -r -t -U -R -T --user --group --prompt --chdir --host --role --type", 0),
    "doas": ("-u -C", 0),
    "timeout": ("-k -s --kill-after --signal", 1),
    "nice": ("-n --adjustment", 0),
    "ionice": ("-c -n --class --classdata", 0),
    "chrt": ("-T -P -D", 1),
    "taskset": ("", 1),
    "nohup": ("", 0),
    "setsid": ("", 0),
    "stdbuf": ("-i -o -e --input --output --error", 0),
    "time": ("-f -o --format --output", 0),
    "command": ("", 0),
    "builtin": ("", 0),
    "exec": ("-a", 0),
    "coproc": ("", 0),
    "busybox": ("", 0),
    "toybox": ("", 0),
    "chroot": ("", 1),
    "unshare": ("-S -G -R -w", 0),
    "nsenter": ("-t -S -G", 0),
    "setarch": ("", 0),
    "setpriv": ("", 0),
    "fakeroot": ("-l -s -i", 0),
    "strace": ("-e -o -p -s -u -E -a -I -O -S -P", 0),
    "ltrace": ("-e -o -p -s -u", 0),
    "xvfb-run": ("-n -s -e -f", 0),
    "dbus-run-session": ("", 0),
    "systemd-run": ("-p -u --unit --property", 0),
    "flock": ("-w -E --timeout --wait", 1),
    "watch": ("-n -d --interval", 0),
    "xargs": ("-n -I -P -L -d -a -E -s --max-args --replace --max-procs --delimiter --arg-file", 0),
    "parallel": ("-j -I -N -n -L -a -S --jobs --colsep --delay --timeout --results --joblog", 0),
    "unbuffer": ("", 0),
    "catchsegv": ("", 0),
    "caffeinate": ("-t -w", 0),
    "chronic": ("", 0),
    "run-parts": ("", 0),
}
"""Programs that run the command behind their options: which of these take a value, and how many words stand before it."""
_TAKES_MORE: Final = frozenset({"xargs", "parallel"})
_JOINS: Final = frozenset({"eval", "watch", "parallel"})
_TAKES_TEXT: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("su", "script", "flock", "runuser", "sg"), ("-c", "--command")),
    "env": ("-S", "--split-string"),
    "git": ("-x", "--exec"),
}
# fmt: off
_RUNNERS: Final = frozenset(
    {
        "uv", "poetry", "pipenv", "pdm", "hatch", "rye", "conda", "mamba", "micromamba", "bundle", "direnv", "mise",
        "asdf", "nix", "nix-shell", "dotenv", "cross-env", "npx", "bunx", "pnpm", "yarn", "npm", "deno", "bun",
        "docker", "podman", "tox", "nox", "entr", "hyperfine", "perf", "valgrind", "gdb", "screen", "tmux", "expect",
        "script", "ssh-agent", "op", "ssh", "mosh", "tar", "rsync", "vi", "vim", "nvim", "ex", "ed",
        "emacs", "man", "less", "rpm", "zip", "crontab", "at", "batch", "socat", "nc", "ncat",
        "history", "fc", "compgen", "complete", "mapfile", "readarray", "bind",
    }
)
# fmt: on
"""Programs some of whose verbs run a command behind them, at a place that is not known here."""
_LANGUAGES: Final = re.compile(
    r"(python|perl|ruby|node|nodejs|deno|bun|php|lua|awk|gawk|mawk|tclsh|guile|Rscript|osascript)[\d.]*"
)
_CODE_OPTIONS: Final = re.compile(r"-[A-Za-z]*[cerE]|--eval|--execute|--print|-p|eval")
_STARTS_PROGRAMS: Final = re.compile(
    r"system|popen|subprocess|spawn|exec|pty|fork|shell|eval|compile|__import__|import_module|getattr|child_process"
    r"|base64|fromhex|chr\(|codecs|qx|`|\|",
    re.IGNORECASE,
)
_FIND_RUNS: Final = frozenset({"-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch"})
_LOADERS: Final = re.compile(r"ld(-linux|-musl|\.so)")
"""The dynamic loader, which runs the program that it is given."""
_SED_RUNS: Final = re.compile(r"(^|[;{}\n]|\d)\s*e\s+\S|\de$|s([^\w\s\\])(\\.|(?!\2).)*\2(\\.|(?!\2).)*\2[gpiIM\d]*e")
"""The command `e`, or the flag of `s` that runs what it made."""
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*\+?=")
_GIT_RUNS_IT: Final = re.compile(
    r"(alias|core|credential|diff|merge|filter|pager|sequence|gpg|difftool|mergetool|interactive)\."
)


def everything_run(command: str) -> tuple[BashLine, tuple[tuple[Words, bool], ...]]:
    """The line, and each command that it may run with whether it surely stands there as such."""
    search = _Search()
    line = search.line(command, depth=0, is_sure=True)
    return line, tuple(search.found)


@dataclass
class _Search:
    found: list[tuple[Words, bool]] = field(default_factory=list)

    def line(self, text: str, *, depth: int, is_sure: bool) -> BashLine:
        # What depends on more than the line is an expansion again where a second shell reads it.
        line = bash_line(text.replace(HOLE, "$_"))
        if depth > _DEEPEST or len(self.found) > _MOST:
            self.found.append(((ANYTHING,), False))
            return line
        for words in line.commands:
            self._command(words, line, depth=depth, is_sure=is_sure and line.is_sure)
        for script in line.scripts:
            self.line(script.lstrip("!"), depth=depth + 1, is_sure=False)
        return line

    def _command(self, words: Words, line: BashLine, *, depth: int, is_sure: bool) -> None:
        self.found.append((words, is_sure))
        if len(self.found) > _MOST or depth > _DEEPEST:
            self.found.append(((ANYTHING,), False))
            return
        if not words:
            return
        name = words[0].text.rpartition("/")[2]
        if not words[0].is_known:
            # It might be one of those that run the words behind it.
            self._behind(words, depth=depth)
            return
        nested = _Nested(name, words, line)
        for text, sure in nested.texts():
            self.line(text, depth=depth + 1, is_sure=is_sure and sure)
        for more, sure in nested.commands():
            self._command(more, line, depth=depth + 1, is_sure=is_sure and sure)
        if name in _RUNNERS or name in _PREFIXES or _LOADERS.match(name):
            self._behind(words, depth=depth)
        if "/" in words[0].text and name in _made_in(line):
            # The line gives it this name: it may be any program.
            self.found.append(((ANYTHING,), False))
        if name.startswith("git-"):
            self._command((Word("git"), Word(name[4:]), *words[1:]), line, depth=depth + 1, is_sure=is_sure)

    def _behind(self, words: Words, *, depth: int) -> None:
        """Each end of the words may be a command."""
        for place in range(1, min(len(words), 64)):
            text = words[place].text
            if " " in text:
                # Also behind an option's name, and behind the signs by which editors and git tell a command.
                scripts = [text] if not text.startswith("-") else [text[at + 1 :] for at in _places(text, "=")]
                for script in scripts:
                    self.line(script.lstrip("+:!| "), depth=depth + 1, is_sure=False)
            elif not words[place].text.startswith("-"):
                self.found.append((words[place:], False))


@dataclass(frozen=True)
class _Nested:
    """What one command runs: texts that a shell reads, and commands."""

    name: str
    words: Words
    line: BashLine

    def texts(self) -> Iterator[tuple[str, bool]]:
        name, words = self.name, self.words
        if name in _SHELLS:
            yield from self._of_shell()
        elif name in _JOINS:
            start = _behind_options(words, *_PREFIXES.get(name, ("", 0)))
            yield " ".join(word.text for word in start), name == "eval"
        elif name == "trap" and len(words) > 2:
            yield words[1].text, True
        elif name == "alias":
            for word in words[1:]:
                yield f"{word.text.partition('=')[2]} {HOLE}", False
        elif name in {"source", "."} and len(words) > 1 and not words[1].is_known:
            yield HOLE, False
        elif name in {"source", "."} and len(words) > 1 and words[1].text == "/dev/stdin":
            yield from self._of_input()
        if name in _TAKES_TEXT:
            for option in _TAKES_TEXT[name]:
                yield from ((text, True) for text in _values(words, option))
        if name == "git":
            yield from self._of_git()
        yield from self._of_programs()

    def _of_programs(self) -> Iterator[tuple[str, bool]]:
        """What other languages than the shell's start."""
        name, words = self.name, self.words
        if _LANGUAGES.fullmatch(name) and self._starts_programs():
            yield HOLE, False
        if name in {"sed", "gsed"} and any(_SED_RUNS.search(word.text) for word in words[1:]):
            yield HOLE, False
        if name in {"make", "gmake"}:
            # Lines of a makefile that comes through the standard input, or from a file that is not known.
            if any(not word.is_known and before.text in {"-f", "--file"} for before, word in itertools.pairwise(words)):
                yield HOLE, False
            texts = [text for given in self.line.inputs for text in re.split(r"[;\n]", given)]
            yield from ((text.strip(" \t@-"), False) for text in texts)

    def commands(self) -> Iterator[tuple[Words, bool]]:
        name, words = self.name, self.words
        if name in {"find", "fd"}:
            yield from _of_find(words)
        elif name == "hash" and len(words) > 2:
            yield ((words[-2], ANYTHING), False)
        elif name in _PREFIXES and not (name == "command" and any(word.text in {"-v", "-V"} for word in words[1:2])):
            behind = _behind_options(words, *_PREFIXES[name])
            if name in _TAKES_MORE:
                whole = [
                    Word(HOLE) if "{}" in word.text else word for word in behind if word.text not in {":::", "::::"}
                ]
                yield ((*whole, ANYTHING), True)
            elif behind:
                yield (behind, True)

    def _of_shell(self) -> Iterator[tuple[str, bool]]:
        place, takes_text = 1, False
        while place < len(self.words) and self.words[place].text[:1] in {"-", "+"} and self.words[place].is_known:
            option = self.words[place].text
            takes_text = takes_text or (option[0] == "-" and option[1:2] != "-" and "c" in option)
            place += 2 if option in {"-o", "-O", "+o", "+O", "--rcfile", "--init-file"} else 1
        if place < len(self.words) and (takes_text or not self.words[place].is_known):
            yield self.words[place].text, takes_text
        elif place < len(self.words) and self.words[place].text not in {"/dev/stdin", "-"}:
            if any(
                word.text.rpartition("/")[2] == self.words[place].text.rpartition("/")[2] for word in self.line.writes
            ):
                yield HOLE, False
        else:
            yield from self._of_input()

    def _of_input(self) -> Iterator[tuple[str, bool]]:
        yield from ((text, not self.line.has_pipe) for text in self.line.inputs)
        if not self.line.inputs or self.line.has_pipe or self.line.reads:
            yield HOLE, False

    def _of_git(self) -> Iterator[tuple[str, bool]]:
        for value in _values(self.words, "-c"):
            key, _, text = value.partition("=")
            if _GIT_RUNS_IT.match(key) and text:
                yield (
                    (text[1:] if text.startswith("!") else f"git {text}" if key.startswith("alias.") else text)
                    + f" {HOLE}",
                    False,
                )
        verbs = [word.text for word in self.words]
        if "config" in verbs:
            # What is set now runs with a later call.
            for key, value in itertools.pairwise(verbs):
                if key.startswith("alias."):
                    yield f"git {value} {HOLE}", False
            yield from (
                (f"{text.lstrip('!')} {HOLE}", False) for text in verbs[verbs.index("config") + 1 :] if " " in text
            )
        for verb in (("submodule", "foreach"), ("bisect", "run")):
            if all(one in verbs for one in verb):
                yield " ".join(verbs[verbs.index(verb[1]) + 1 :]), True

    def _starts_programs(self) -> bool:
        """Whether code that stands in the line, or comes through a pipe, might start a program."""
        words = self.words[1:]
        is_awk = self.name.endswith("awk")
        code = [word for word in words if is_awk or not word.text.startswith("-")]
        has_code = is_awk or any(_CODE_OPTIONS.fullmatch(word.text) or _CODE_OPTIONS.match(word.text) for word in words)
        if any(word.text == "-m" for word in words):
            # A module that is given code, as timeit is.
            texts = [word.text for word in code if re.search(r"[ ;(]", word.text)]
        else:
            texts = [word.text for word in code] if has_code else []
        texts += self.line.inputs
        return any(HOLE in text or _STARTS_PROGRAMS.search(text) for text in texts)


def _places(text: str, sign: str) -> list[int]:
    return [place for place, letter in enumerate(text) if letter == sign]


def _made_in(line: BashLine) -> set[str]:
    """Names that the line itself gives to files by linking, copying or moving them."""
    makers = {"ln", "cp", "mv", "install"}
    return {
        words[-1].text.rpartition("/")[2]
        for words in line.commands
        if len(words) > 2 and words[0].text.rpartition("/")[2] in makers
    }


def _behind_options(words: Words, with_value: str, operands: int) -> Words:
    """The words behind a program's options, assignments and its own operands."""
    valued = with_value.split()
    place = 1
    while place < len(words):
        text = words[place].text
        if text == "--":
            place += 1
            break
        if text.startswith("-") and len(text) > 1:
            place += 2 if text in valued else 1
        elif _ASSIGNMENT.match(text):
            place += 1
        else:
            break
    place += operands
    while place < len(words) and _ASSIGNMENT.match(words[place].text):
        place += 1
    return words[place:]


def _values(words: Sequence[Word], option: str) -> Iterator[str]:
    """What stands behind an option, as its own word or in the same one."""
    for place, word in enumerate(words[1:], 1):
        if word.text == option and place + 1 < len(words):
            yield words[place + 1].text
        elif word.text.startswith(option) and len(word.text) > len(option):
            yield word.text[len(option) :].removeprefix("=")


def _of_find(words: Words) -> Iterator[tuple[Words, bool]]:
    for place, word in enumerate(words):
        if word.text in _FIND_RUNS:
            behind = words[place + 1 :]
            end = next((at for at, one in enumerate(behind) if one.text in {";", "+"}), len(behind))
            yield tuple(Word(one.text.replace("{}", HOLE)) if one.is_known else one for one in behind[:end]), True
        elif not word.is_known and place:
            yield words[place + 1 :], False
