"""Moves what `git mv` could not rename: files by `mv`, which copies, and the index as git itself would have written it."""

import os
import subprocess
import sys
from typing import NoReturn


def main() -> None:
    """`git_mv.py GIT mv [OPTION]... SOURCE... TARGET`, after git's own try has failed."""
    git, _, *given = sys.argv[1:]
    options = [word for word in given if word.startswith("-") and word != "--"]
    *sources, target = [word for word in given if not word.startswith("-")]
    prefix = _said(git, "rev-parse", "--show-prefix").rstrip(b"\n")
    is_folder = os.path.isdir(target)
    if len(sources) > 1 and not is_folder:
        _stop(f"destination '{target}' is not a directory")
    entries = []
    for source in sources:
        moved = os.path.join(target, os.path.basename(source.rstrip("/"))) if is_folder else target
        old, new = (os.path.normpath(os.path.join(os.fsdecode(prefix), path)) for path in (source, moved))
        listed = _said(git, "ls-files", "--stage", "--full-name", "-z", "--", source)
        if not listed:
            _stop(f"source directory is empty, source={source}, destination={moved}")
        # What was named before it has been renamed already, though not in the index.
        if os.path.lexists(source) and subprocess.run(["mv", "-T", "--", source, moved], check=False).returncode:
            _stop(f"renaming '{source}' failed")
        for entry in listed.split(b"\0")[:-1]:
            about, _, path = entry.partition(b"\t")
            entries.append(b"0 " + b"0" * len(about.split()[1]) + b"\t" + path)
            entries.append(about + b"\t" + os.fsencode(new) + path.removeprefix(os.fsencode(old)))
        if "-v" in options or "--verbose" in options:
            sys.stdout.write(f"Renaming {source} to {moved}\n")
    top = os.fsdecode(_said(git, "rev-parse", "--show-toplevel").rstrip(b"\n"))
    words = [git, "-C", top, "update-index", "-z", "--index-info"]
    sys.exit(subprocess.run(words, input=b"".join(entry + b"\0" for entry in entries), check=False).returncode)


def _said(git: str, *words: str) -> bytes:
    return subprocess.run([git, *words], capture_output=True, check=True).stdout


def _stop(reason: str) -> NoReturn:
    sys.stderr.write(f"fatal: {reason}\n")
    sys.exit(128)


main()
